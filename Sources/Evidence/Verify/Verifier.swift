package import Base
internal import Crypto
package import EvidenceFormat
internal import IndexFormat
internal import SegmentFormat
package import Store

/// Reads a whole data directory again and believes nothing in it: every leaf, payload, stored hash,
/// checkpoint, seal and index entry is checked against what the leaves say, and the leaves against
/// each other. It needs no private key and changes nothing.
package struct Verifier {
    package struct Request {
        package var rootKey: VerifierKey
        /// The root key was given from outside, not found in the directory.
        package var rootPinned: Bool
        package var keySetNote: SignedNote
        /// Checkpoints that stand outside this machine.
        package var outside: [SignedNote] = []
        /// Receipts that stand outside this machine, with where each came from.
        package var receipts: [(name: String, receipt: KeptReceipt)] = []
        /// An empty folder for the second index; as large as the first.
        package var scratchPath: String
        package var progress: (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }

        package init(
            rootKey: VerifierKey, rootPinned: Bool, keySetNote: SignedNote, scratchPath: String
        ) {
            self.rootKey = rootKey
            self.rootPinned = rootPinned
            self.keySetNote = keySetNote
            self.scratchPath = scratchPath
        }
    }

    private let engine: EmbeddedEngine
    private let request: Request
    private let keySet: KeySet
    private let index: IndexRebuild
    private let rules: LogRules
    private let hasher: PayloadHasher
    private var result = Verification()
    private var rowCheck: RowCheck
    private var times = LeafTimes()
    private var heads: [RecordedHead] = []
    private var nextHead = 0
    private var expected: UInt64 = 0
    private var segmentCount: UInt32 = 0
    private var scannedBytes: UInt64 = 0
    private var totalBytes: UInt64 = 0
    /// Something is missing: what depends on the leaves in between cannot be judged.
    private var brokenOff = false

    private struct RecordedHead {
        let checkpoint: Checkpoint
        let subject: String
    }

    package init(_ engine: EmbeddedEngine, _ request: Request) throws(Failure) {
        self.engine = engine
        self.request = request
        let claimed = try KeySet(text: request.keySetNote.text)
        keySet = try KeySet(
            opening: request.keySetNote, origin: claimed.origin, root: request.rootKey)
        index = try IndexRebuild(scratchPath: request.scratchPath)
        let rows = TreeRows(engine)
        rules = LogRules(origin: keySet.origin, rootKey: request.rootKey, index: index) {
            position throws(Failure) in try LeafReader(engine, rows).leaf(at: position)
        }
        hasher = PayloadHasher(engine)
        rowCheck = RowCheck(engine, requiredSize: 0)
        result.origin = keySet.origin
        result.rootPinned = request.rootPinned
        result.inUse = engine.isInUse
    }

    package mutating func run() throws(Failure) -> Verification {
        try readCheckpoints()
        try countSegments()
        let signed = heads.map(\.checkpoint.size).max() ?? 0
        rowCheck = RowCheck(engine, requiredSize: signed)
        var digests: [SegmentSeal] = []
        for segment in 0..<segmentCount {
            if let digest = try pass(segment) { digests.append(digest) }
        }
        let hashed = try hasher.finish()
        result.payloadBytes = hashed.bytes
        rowCheck.compare(&result)
        result.leaves = rowCheck.edge.size
        result.root = rowCheck.edge.root
        result.segments = segmentCount
        if !brokenOff { checkHeads() }
        checkAnchors()
        checkReceipts()
        try checkMismatches(hashed.mismatches)
        checkSeals(digests)
        if !result.inUse { rowCheck.checkEnds(&result) }
        try checkNames()
        checkKeySet()
        try compareIndex(signed)
        try index.close()
        return result
    }

    /// After `run`: the leaves that say they were made at another time than `times` grants each.
    /// Its bounds must rise with the index.
    package func forEachLeaf(
        outside times: (UInt64) -> ClosedRange<WallTime>, _ body: (UInt64, Leaf) -> Void
    ) {
        let reader = LeafReader(engine, TreeRows(engine))
        for range in self.times.suspects(times) {
            for index in range where index < result.leaves {
                do throws(Failure) {
                    let leaf = try reader.leaf(at: index)
                    if !times(index).contains(leaf.time) { body(index, leaf) }
                } catch {
                    // A row or a leaf that cannot be read was reported by `run`.
                    continue
                }
            }
        }
    }

    // MARK: Checkpoints

    private mutating func readCheckpoints() throws(Failure) {
        var heads: [RecordedHead] = []
        var result = self.result
        let keySet = self.keySet
        let isBusy = result.inUse
        var previous: UInt64 = 0
        try CheckpointRecord.forEach(engine) { note, offset throws(Failure) in
            let subject = "\(Names.checkpoints) at byte \(offset)"
            guard let note else {
                if !isBusy { result.add(.damage, subject, "not a whole signed checkpoint") }
                return
            }
            do throws(Failure) {
                let checkpoint = try keySet.open(note)
                if checkpoint.size < previous {
                    result.add(.damage, subject, "a smaller tree was recorded after a larger one")
                }
                previous = checkpoint.size
                heads.append(RecordedHead(checkpoint: checkpoint, subject: subject))
            } catch {
                result.add(.damage, subject, error.words)
            }
        }
        for note in request.outside + request.receipts.map(\.receipt.proof.checkpoint) {
            let checkpoint = try keySet.open(note)
            heads.append(
                RecordedHead(
                    checkpoint: checkpoint,
                    subject: "the outside checkpoint of size \(checkpoint.size)"))
            result.anchors += 1
        }
        result.checkpoints = UInt64(heads.count)
        self.heads = heads.sorted { $0.checkpoint.size < $1.checkpoint.size }
        self.result = result
    }

    /// Heads whose size the tree has just reached.
    private mutating func checkHeads() {
        while nextHead < heads.count, heads[nextHead].checkpoint.size <= rowCheck.edge.size {
            let head = heads[nextHead]
            nextHead += 1
            guard head.checkpoint.size == rowCheck.edge.size else { continue }
            if head.checkpoint.root != rowCheck.edge.root {
                result.add(
                    .damage, head.subject,
                    "signs another history: its root at size \(head.checkpoint.size) is not that of"
                        + " the leaves")
            }
        }
    }

    private mutating func checkReceipts() {
        let check = ReceiptCheck(engine, keySet)
        for (name, receipt) in request.receipts {
            do throws(Failure) {
                result.receipts.append(try check.check(receipt, name))
            } catch {
                result.add(.damage, "receipt \(name)", error.words)
            }
        }
    }

    /// That anchors are of this history; their files are for whoever knows what is in them.
    private mutating func checkAnchors() {
        result.anchorLeaves = rules.anchors
        guard !brokenOff else { return }
        let rows = TreeRows(engine)
        for anchor in rules.anchors {
            do throws(Failure) {
                guard try TileProof.root(size: anchor.size, reader: rows) != anchor.root else {
                    continue
                }
                result.add(
                    .damage, "leaf \(anchor.index)",
                    "anchors another history: the root at size \(anchor.size) is not that of the"
                        + " leaves")
            } catch {
                // A row that cannot be read is reported by what compares the rows.
                return
            }
        }
    }

    /// What was signed beyond the end.
    private mutating func checkMissing() {
        guard !brokenOff, nextHead < heads.count, let last = heads.last else { return }
        result.add(
            .damage, last.subject,
            "signs \(last.checkpoint.size) leaves but the log ends at \(rowCheck.edge.size): leaf"
                + " \(rowCheck.edge.size) and later are missing")
    }

    // MARK: Segments

    private mutating func countSegments() throws(Failure) {
        segmentCount = try Recovery.segmentCount(engine)
        for segment in 0..<segmentCount {
            totalBytes += try engine.length(of: Names.segment(segment))
        }
    }

    private mutating func pass(_ segment: UInt32) throws(Failure) -> SegmentSeal? {
        let name = "\(Names.segment(segment))"
        let isLast = segment == segmentCount - 1
        let scanner = try SegmentScanner(engine, segment: segment)
        let open: OpenSegment
        do throws(Failure) {
            let header = try scanner.header()
            if header.origin != SHA256.hash(Array(keySet.origin.utf8).span) {
                result.add(.damage, name, "belongs to another log than \(keySet.origin)")
            }
            if header.firstLeaf != expected {
                result.add(
                    .damage, name,
                    "begins with leaf \(header.firstLeaf); leaf \(expected) should follow here")
                expected = header.firstLeaf
            }
            open = try OpenSegment(engine, segment: segment, first: header.firstLeaf)
        } catch {
            result.add(.damage, name, error.words)
            brokenOff = true
            return nil
        }
        while true {
            switch try scanner.next() {
            case .frame(let frame):
                try take(frame, open)
                request.progress(scannedBytes + scanner.position, totalBytes)
            case .end(let at):
                scannedBytes += scanner.length
                if at < scanner.length && !(isLast && !isClosedCleanly) {
                    result.add(
                        .damage, name, "has \(scanner.length - at) bytes after its last frame")
                }
                return isLast ? nil : open.seal()
            case .broken(let at, let words):
                scannedBytes += scanner.length
                if isLast && result.inUse { return nil }
                result.add(
                    .damage, name,
                    "leaf \(expected) at byte \(at) is damaged (\(words)); what follows in this"
                        + " segment cannot be checked")
                brokenOff = true
                return nil
            }
        }
    }

    /// The last checkpoint covers everything, so space after the end was given back too.
    private var isClosedCleanly: Bool {
        !result.inUse && heads.last?.checkpoint.size == rowCheck.edge.size
    }

    private mutating func take(
        _ frame: SegmentScanner.Frame, _ open: OpenSegment
    ) throws(Failure) {
        let position = frame.header.index
        let subject = "\(Names.segment(frame.place.segment)) at byte \(frame.offset)"
        if position != expected {
            result.add(.damage, subject, "holds leaf \(position) where leaf \(expected) belongs")
        }
        expected = position + 1
        let leaf: Leaf
        do throws(Failure) {
            leaf = try Leaf(parsing: frame.leaf)
        } catch {
            result.add(.damage, subject, "leaf \(position): \(error.words)")
            rowCheck.add(Merkle.leafHash(frame.leaf.span), frame.place, &result)
            return
        }
        if leaf.isRecord { result.records += 1 }
        times.add(leaf.time, at: position)
        if !brokenOff {
            do throws(Failure) {
                try rules.check(leaf, at: position, root: rowCheck.edge.root, &result)
            } catch {
                result.add(.damage, "record \(leaf.id) (leaf \(position))", error.words)
            }
        }
        rowCheck.add(leaf.hash, frame.place, &result)
        if !brokenOff { checkHeads() }
        try takeBytes(frame, leaf)
        open.add(
            frame.header, leaf: frame.leaf.span, secret: leaf.digest("priv"),
            payload: leaf.digest("pay"))
        let personal = try PrivateSection.links(of: leaf, at: frame.place, engine)
        try index.add(leaf, at: frame.place, index: position, personal: personal)
    }

    private mutating func takeBytes(
        _ frame: SegmentScanner.Frame, _ leaf: Leaf
    ) throws(Failure) {
        let place = frame.place
        let object = Names.segment(place.segment)
        let parts = [
            // A delete leaf repeats the hash of what it removes and has nothing beside it.
            (
                place.payloadBytes, place.payloadOffset, leaf.hasPayload ? leaf.digest("pay") : nil,
                false
            ),
            (place.privateBytes, place.privateOffset, leaf.digest("priv"), true),
        ]
        for (count, offset, expected, isPrivate) in parts {
            guard let expected else {
                if count > 0 {
                    result.add(
                        .damage, "record \(leaf.id) (leaf \(frame.header.index))",
                        "has bytes beside it that it does not speak of")
                }
                continue
            }
            guard count > 0 else {
                result.add(
                    .damage, "record \(leaf.id) (leaf \(frame.header.index))",
                    "speaks of bytes that are not beside it")
                continue
            }
            hasher.submit(
                .init(
                    leaf: frame.header.index, object: object, offset: offset, count: count,
                    expected: expected, isPrivate: isPrivate))
        }
    }

    // MARK: After the pass

    private mutating func checkMismatches(_ mismatches: [PayloadHasher.Mismatch]) throws(Failure) {
        checkMissing()
        try index.flush()
        let reader = LeafReader(engine, TreeRows(engine))
        for mismatch in mismatches.sorted(by: { $0.job.leaf < $1.job.leaf }) {
            let job = mismatch.job
            let range = "bytes \(job.offset)..<\(job.offset + UInt64(job.count)) of \(job.object)"
            let leaf: Leaf
            do throws(Failure) {
                leaf = try reader.leaf(at: job.leaf)
            } catch {
                result.add(.damage, "leaf \(job.leaf)", "\(range) are not what was recorded")
                continue
            }
            let subject = "record \(leaf.id) (leaf \(job.leaf))"
            let removal = try index.removal(of: leaf.id, code: job.isPrivate ? 1 : 0)
            if mismatch.isErased, let removal {
                result.removedLawfully += 1
                if removal.deletedLeaf == nil {
                    result.add(.note, subject, "its removal was ordered and done but not confirmed")
                }
            } else if mismatch.isErased {
                result.add(
                    .damage, subject, "MISSING: \(range) were erased without a lawful deletion")
            } else {
                result.add(.damage, subject, "\(range) are not what was recorded")
            }
        }
    }

    private mutating func checkSeals(_ digests: [SegmentSeal]) {
        for digest in digests {
            let name = "\(Names.segment(digest.segment))"
            guard let (seal, leaf) = rules.seals[digest.segment] else {
                // The seal leaf follows a moment after the segment is full.
                let severity: Verification.Finding.Severity =
                    digest.segment + 2 == segmentCount ? .note : .damage
                result.add(severity, name, "is full but no leaf seals it")
                continue
            }
            if seal.digest != digest.digest || seal.bytes != digest.bytes
                || seal.count != digest.count || seal.first != digest.first
            {
                result.add(.damage, name, "is not the file that leaf \(leaf) sealed")
            }
        }
    }

    /// Every object must be one that the log accounts for.
    private mutating func checkNames() throws(Failure) {
        guard !result.inUse else { return }
        var known: Set<String> = ["\(Names.checkpoints)"]
        for segment in 0..<segmentCount { known.insert("\(Names.segment(segment))") }
        let size = rowCheck.edge.size
        for level in 0..<TreeRows.levelMax {
            insertChunks(of: Names.level(level), TreeRows.stored(level, size), &known)
        }
        insertChunks(of: Names.places, size, &known)
        for name in try engine.listObjects() where !known.contains(name) {
            result.add(.damage, "objects/\(name)", "a file that does not belong to the log")
        }
    }

    private func insertChunks(of row: String, _ count: UInt64, _ known: inout Set<String>) {
        guard count > 0 else { return }
        for chunk in 0...((count - 1) / Row.recordsPerChunk) {
            known.insert("\(Names.chunk(of: row, chunk))")
        }
    }

    private mutating func checkKeySet() {
        if let newest = rules.newestKeySet, newest != request.keySetNote, !result.inUse {
            result.add(
                .damage, "keys/keyset.note", "is not the key set that the log recorded last")
        }
    }

    private mutating func compareIndex(_ signed: UInt64) throws(Failure) {
        var result = self.result
        try engine.inspect { finding in
            result.add(finding)
        }
        if !result.inUse && !brokenOff && signed == rowCheck.edge.size {
            var count = 0
            do throws(Failure) {
                try index.compare(with: engine) { words in
                    count += 1
                    if count <= 10 {
                        result.add(
                            .damage, "index", "\(words); run proofreel admin rebuild-index")
                    }
                    return count < 1000
                }
            } catch {
                result.add(
                    .damage, "index", "\(error.words); run proofreel admin rebuild-index")
            }
        } else if !brokenOff {
            result.add(
                .note, "index",
                "not compared entry by entry: the store is in use or was not closed cleanly")
        }
        self.result = result
    }
}
