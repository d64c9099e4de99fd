internal import Base
internal import Crypto
internal import EvidenceFormat
internal import IndexFormat
internal import SegmentFormat
internal import Store

/// Where a log goes on: what opening found out.
struct LogStart {
    let rows: TreeRows
    let edge: TreeEdge
    /// Where the next group will stand.
    let segment: UInt32
    let offset: UInt64
    let segmentExists: Bool
    /// An object with the name of the next segment that a crash left before it held anything.
    let remnant: UInt32?
    let head: SignedHead
    let persisted: UInt64
    let newestTime: WallTime
    let openID: RecordID
    let clock: any Clock
    let openSegment: OpenSegment?
    let report: RecoveryReport

    func takeOpenSegment() -> OpenSegment? { openSegment }
}

/// What recovery did, for the `incident` leaf and for people.
package struct RecoveryReport: Sendable {
    package var isNew = false
    package var checkpointSize: UInt64 = 0
    /// Leaves beyond the last recorded checkpoint, found whole and taken over.
    package var takenOver: UInt64 = 0
    /// Leaves that the index had not seen yet.
    package var reindexed: UInt64 = 0
    /// Bytes of an unfinished last group that were dropped; never acknowledged.
    package var droppedBytes: UInt64 = 0

    package init() {}

    package var clean: Bool { takenOver == 0 && reindexed == 0 && droppedBytes == 0 }
}

/// Brings tree rows and index up to the segments after any kind of stop (`docs/storage-format.md`,
/// "Opening"):
///
/// 1. The last recorded checkpoint must be signed by a valid key and match the stored hashes.
/// 2. Frames after it, and after the index's watermark, are read again from the segments.
/// 3. Only the last group can be torn, because each group was synced before the next was written.
///    Its frames are checked down to the payload; from the first bad one on they are dropped.
/// 4. Damage anywhere else, or fewer leaves than were signed, refuses to open and names the index.
struct Recovery {
    private let engine: any StorageEngine
    private let epoch: Epoch
    private let identity: LogIdentity
    private let rows: TreeRows
    private var edge = TreeEdge()
    private var builder: IndexBuilder
    private var report = RecoveryReport()
    private var signedSize: UInt64 = 0
    private var indexed: UInt64 = 0
    private var growth = RowGrowth(from: 0)
    private var group: [Found] = []
    private var newestTime = WallTime.distantPast
    private var end: (segment: UInt32, offset: UInt64) = (0, UInt64(SegmentHeader.byteCount))
    /// Distrusts the stored rows and makes them again from the first leaf on.
    private let rebuildsRows: Bool
    private var recordedRoot: Digest?
    private var remnant: UInt32?
    private var buffer: [UInt8] = []

    private struct Found {
        let frame: SegmentScanner.Frame
        let place: Place
    }

    private static let batchLeaves = 2048

    init(
        _ engine: any StorageEngine, epoch: Epoch, identity: LogIdentity, rebuildsRows: Bool = false
    ) {
        self.rebuildsRows = rebuildsRows
        self.engine = engine
        self.epoch = epoch
        self.identity = identity
        rows = TreeRows(engine)
        builder = IndexBuilder(engine)
    }

    mutating func run(clock: any Clock) throws(Failure) -> LogStart {
        let recorded = try lastCheckpoint()
        let segments = try Self.segmentCount(engine, from: rebuildsRows ? 0 : signedSegment())
        try requireNoSegment(after: segments)
        if segments == 0 {
            guard signedSize == 0 else { throw shorter(than: 0) }
        } else {
            // A killed process may have left bytes that are not on the disk yet.
            try engine.sync(Names.segment(segments - 1), epoch: epoch)
            try resume(recorded, segments)
        }
        // Also when the very first group never got whole: the log has still to begin.
        report.isNew = edge.size == 0
        let random = try randomBytes(16)
        let openID = RecordID(
            at: clock.now,
            random: (
                random.span.bigEndian(UInt64.self, at: 0), random.span.bigEndian(UInt64.self, at: 8)
            ))
        let checkpoint = Checkpoint(origin: identity.origin, size: edge.size, root: edge.root)
        let head = SignedHead(checkpoint: checkpoint, note: try identity.sign(checkpoint))
        // Before `newestTime` is read: it may be found here.
        let openSegment = segments > 0 ? try digestOfOpenSegment() : nil
        return LogStart(
            rows: rows, edge: edge, segment: end.segment, offset: end.offset,
            segmentExists: segments > 0 && remnant == nil, remnant: remnant, head: head,
            persisted: signedSize, newestTime: try newestLeafTime(),
            openID: openID, clock: clock,
            openSegment: openSegment, report: report)
    }

    /// The segment in which the last recorded checkpoint ends; its last leaf must stand there.
    private func signedSegment() throws(Failure) -> UInt32 {
        guard signedSize > 0 else { return 0 }
        do {
            return try LeafReader(engine, rows).read(signedSize - 1).place.segment
        } catch {
            throw Failure(
                error.kind == .notFound ? .dataLoss : error.kind,
                "leaf \(signedSize - 1), the last one of the newest recorded checkpoint, cannot be"
                    + " read (\(error.words)). Restore the segment if it is missing or damaged; if"
                    + " it is whole, proofreel admin rebuild-index makes the rows again")
        }
    }

    /// Segments are numbered without gaps, so their number is found by asking for names.
    static func segmentCount(
        _ engine: any StorageEngine, from known: UInt32 = 0
    ) throws(Failure) -> UInt32 {
        func exists(_ number: UInt32) throws(Failure) -> Bool {
            try Self.exists(number, engine)
        }
        guard try exists(known) else { return known }
        var low = known
        var step: UInt32 = 1
        while try exists(low + step) {
            low += step
            step *= 2
        }
        var high = low + step
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if try exists(middle) { low = middle } else { high = middle }
        }
        return high
    }

    /// A lost segment in the middle must not be written anew in front of those that follow it.
    private func requireNoSegment(after count: UInt32) throws(Failure) {
        for number in count + 1..<count + 9 where try Self.exists(number, engine) {
            throw Failure(
                .dataLoss,
                "\(Names.segment(count)) is missing, but \(Names.segment(number)) is there;"
                    + " restore the missing one")
        }
    }

    private static func exists(
        _ number: UInt32, _ engine: any StorageEngine
    ) throws(Failure) -> Bool {
        do {
            _ = try engine.length(of: Names.segment(number))
            return true
        } catch {
            guard error.kind == .notFound else { throw error }
            return false
        }
    }

    private mutating func lastCheckpoint() throws(Failure) -> Checkpoint? {
        guard let (note, _) = try CheckpointRecord.last(engine) else { return nil }
        let checkpoint: Checkpoint
        do {
            checkpoint = try identity.keySet.open(note)
        } catch {
            throw Failure(
                error.kind == .refused ? .refused : .corrupt,
                "the last recorded checkpoint does not verify (\(error.words)); run proofreel"
                    + " verify"
            )
        }
        signedSize = checkpoint.size
        report.checkpointSize = checkpoint.size
        return checkpoint
    }

    private mutating func resume(_ recorded: Checkpoint?, _ segments: UInt32) throws(Failure) {
        if rebuildsRows {
            recordedRoot = recorded?.root
        } else if let recorded, recorded.size > 0 {
            edge = try storedEdge(recorded)
        }
        growth = RowGrowth(from: edge.size)
        let mark = try watermark()
        indexed = mark.leaf
        let from = min(edge.size, mark.leaf)
        if from > 0 {
            let place = try rows.place(of: from - 1)
            end = (place.segment, place.end)
            try requireSegment(segments)
        }
        try scan(from: from, segments)
        try flush()
        guard edge.size >= signedSize else { throw shorter(than: edge.size) }
        guard mark.leaf <= edge.size else {
            throw Failure(
                .dataLoss,
                "the index has seen \(mark.leaf) leaves, the log has \(edge.size): segments are"
                    + " missing or from an older copy. Restore them, or see proofreel admin"
                    + " successor; if all are there, run proofreel admin rebuild-index")
        }
        report.takenOver = edge.size - signedSize
        report.reindexed = edge.size - mark.leaf
    }

    /// What was synced before the last checkpoint must still be there.
    private func requireSegment(_ segments: UInt32) throws(Failure) {
        let present =
            end.segment < segments ? try engine.length(of: Names.segment(end.segment)) : 0
        guard present >= end.offset else {
            throw Failure(
                .dataLoss,
                "\(Names.segment(end.segment)) has \(present) bytes where \(end.offset) were"
                    + " recorded:"
                    + " restore it from a copy; do not delete the checkpoints")
        }
    }

    private func storedEdge(_ recorded: Checkpoint) throws(Failure) -> TreeEdge {
        do {
            return try TreeEdge(size: recorded.size, reader: rows, expecting: recorded.root)
        } catch {
            throw Failure(
                .corrupt,
                "\(error.words). The segments are the truth: proofreel verify tells which is wrong,"
                    + " proofreel admin rebuild-index makes the hashes again")
        }
    }

    private func watermark() throws(Failure) -> Watermark {
        guard let bytes = try engine.get(Table.watermarkKey, in: Table.metaShard) else {
            return Watermark(leaf: 0, segment: 0, offset: 0)
        }
        return try Watermark(decoding: bytes)
    }

    private func shorter(than size: UInt64) -> Failure {
        Failure(
            .dataLoss,
            "the log holds \(size) leaves but a checkpoint for \(signedSize) was signed: leaf"
                + " \(size)"
                + " and later are missing. Restore the missing segments; do not delete the"
                + " checkpoint"
        )
    }

    // MARK: Reading frames

    private mutating func scan(from first: UInt64, _ segments: UInt32) throws(Failure) {
        var expected = first
        var segment = end.segment
        var offset = end.offset
        while segment < segments {
            let scanner = try SegmentScanner(engine, segment: segment, from: offset)
            let isLast = segment == segments - 1
            // A segment is begun after the last group of the one before was synced.
            try endGroup(isLast: false)
            if try isRemnant(scanner, isLast: isLast, expected) {
                end = (segment, UInt64(SegmentHeader.byteCount))
                remnant = segment
                return
            }
            guard try scanner.header().origin == SHA256.hash(Array(identity.origin.utf8).span)
            else {
                throw Failure(
                    .corrupt,
                    "\(Names.segment(segment)) belongs to another log than \(identity.origin):"
                        + " files were mixed up")
            }
            expected = try scan(scanner, expected, isLast: isLast)
            segment += 1
            offset = UInt64(SegmentHeader.byteCount)
        }
        try endGroup(isLast: true)
    }

    /// Whether the last segment was just being made. Nothing in it counted, so it is made again
    /// with the next group; until then it stays as it is.
    private func isRemnant(
        _ scanner: SegmentScanner, isLast: Bool, _ expected: UInt64
    ) throws(Failure) -> Bool {
        do {
            _ = try scanner.wholeHeader()
            return false
        } catch {
            guard error.kind == .corrupt, isLast, expected >= signedSize,
                try isTail(scanner, 0, expected)
            else { throw error }
            return true
        }
    }

    private mutating func scan(
        _ scanner: SegmentScanner, _ first: UInt64, isLast: Bool
    ) throws(Failure) -> UInt64 {
        var expected = first
        while true {
            switch try scanner.next() {
            case .frame(let frame):
                guard frame.header.index == expected else {
                    throw damaged(scanner, frame.offset, expected, "a frame has the wrong index")
                }
                if let open = group.first, open.frame.header.group != frame.header.group {
                    try endGroup(isLast: false)
                }
                group.append(Found(frame: frame, place: frame.place))
                expected += 1
            case .end(let at):
                end = (scanner.segment, at)
                return expected
            case .broken(let at, let words):
                guard isLast, expected >= signedSize, try isTail(scanner, at, expected) else {
                    throw damaged(scanner, at, expected, words)
                }
                end = (scanner.segment, at)
                report.droppedBytes += try writtenBytes(scanner, from: at)
                return expected
            }
        }
    }

    /// Whether what follows broken bytes can be the rest of the group that was being written. A
    /// whole frame of a later group means that this one had been synced: then it is damage, not a
    /// tear.
    private func isTail(
        _ scanner: SegmentScanner, _ at: UInt64, _ expected: UInt64
    ) throws(Failure) -> Bool {
        guard let (_, header) = try scanner.resync(after: at) else { return true }
        return header.group <= expected
    }

    private func writtenBytes(_ scanner: SegmentScanner, from: UInt64) throws(Failure) -> UInt64 {
        scanner.length - min(from, scanner.length)
    }

    private func damaged(
        _ scanner: SegmentScanner, _ at: UInt64, _ index: UInt64, _ words: String
    ) -> Failure {
        Failure(
            .corrupt,
            "leaf \(index) in \(Names.segment(scanner.segment)) at byte \(at) is damaged"
                + " (\(words));"
                + " restore the segment from a copy. proofreel verify tells the rest")
    }

    /// Takes over the frames of one group; those of the last one only as far as they are whole.
    private mutating func endGroup(isLast: Bool) throws(Failure) {
        let frames = group
        group.removeAll(keepingCapacity: true)
        for (i, found) in frames.enumerated() {
            if isLast, found.frame.header.index >= signedSize, try !isWhole(found) {
                end = (found.place.segment, found.frame.offset)
                for lost in frames[i...] {
                    report.droppedBytes += UInt64(lost.frame.header.frameBytes)
                }
                return
            }
            try take(found)
        }
    }

    private mutating func isWhole(_ found: Found) throws(Failure) -> Bool {
        let place = found.place
        guard place.payloadBytes > 0 || place.privateBytes > 0 else { return true }
        let leaf = try Leaf(parsing: found.frame.leaf)
        let object = Names.segment(place.segment)
        if place.payloadBytes > 0 {
            try engine.read(
                object, at: place.payloadOffset, count: place.payloadBytes, into: &buffer)
            guard SHA256.hash(buffer.span) == leaf.digest("pay") else { return false }
        }
        if place.privateBytes > 0 {
            try engine.read(
                object, at: place.privateOffset, count: place.privateBytes, into: &buffer)
            guard SHA256.hash(buffer.span) == leaf.digest("priv") else { return false }
        }
        return true
    }

    private mutating func take(_ found: Found) throws(Failure) {
        let index = found.frame.header.index
        if index == edge.size {
            growth.add(Merkle.leafHash(found.frame.leaf.span), found.place, to: &edge)
            if edge.size == signedSize, let recordedRoot, edge.root != recordedRoot {
                throw Failure(
                    .corrupt,
                    "the leaves do not lead to the checkpoint of size \(signedSize): a segment was"
                        + " changed. proofreel verify names the place; restore it from a copy")
            }
        }
        if index >= indexed {
            let leaf = try Leaf(parsing: found.frame.leaf)
            if leaf.time > newestTime { newestTime = leaf.time }
            let personal = try PrivateSection.links(of: leaf, at: found.place, engine)
            try builder.add(leaf, at: index, personal: personal)
            builder.setWatermark(
                Watermark(leaf: index + 1, segment: found.place.segment, offset: found.place.end))
        }
        if builder.writes.count > Self.batchLeaves * 8
            || growth.places.count > Self.batchLeaves * Place.byteCount
        {
            try flush()
        }
    }

    private mutating func flush() throws(Failure) {
        if !growth.places.isEmpty { try rows.append(growth, epoch: epoch) }
        growth = RowGrowth(from: edge.size)
        if !builder.writes.isEmpty { try engine.apply(builder.writes, epoch: epoch) }
        builder.clear()
    }

    // MARK: The digest of the segment that goes on

    private func newestLeafTime() throws(Failure) -> WallTime {
        guard newestTime == .distantPast, edge.size > 0 else { return newestTime }
        return try LeafReader(engine, rows).leaf(at: edge.size - 1).time
    }

    private func digestOfOpenSegment() throws(Failure) -> OpenSegment? {
        guard remnant == nil else { return nil }
        let stored = try storedDigest()
        let open = if let stored { stored } else { try newDigest() }
        let scanner = try SegmentScanner(engine, segment: end.segment, from: open.byteCount)
        while scanner.position < end.offset, case .frame(let frame) = try scanner.next() {
            let hashes = try FrameHashes(frame)
            open.add(
                frame.header, leaf: frame.leaf.span, secret: hashes.secret, payload: hashes.payload)
        }
        return open
    }

    /// What the last run persisted, if it is of this segment and not ahead of it.
    private func storedDigest() throws(Failure) -> OpenSegment? {
        guard let state = try engine.get(Table.digestKey, in: Table.metaShard),
            let open = OpenSegment(state: state), open.segment == end.segment,
            open.byteCount <= end.offset
        else { return nil }
        return open
    }

    private func newDigest() throws(Failure) -> OpenSegment {
        let header = try SegmentScanner(engine, segment: end.segment).header()
        return try OpenSegment(engine, segment: end.segment, first: header.firstLeaf)
    }
}
