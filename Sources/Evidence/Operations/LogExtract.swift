package import Base
package import EvidenceFormat
internal import IndexFormat
internal import Linux
internal import Store

/// The log as it was at a signed size, for whoever takes a part of it out: what came later is not
/// there, so the same questions get the same answers however often and however late they are asked.
package final class LogExtract: Sendable {
    private static let pageCount = 256

    private let log: EvidenceLog
    private let proofs: Monitor<TileProofs<TreeRows>>
    package let checkpoint: Checkpoint
    package let note: SignedNote

    /// `note`: a checkpoint of this log that somebody was given before; nil for the newest one.
    package init(_ log: EvidenceLog, at note: SignedNote? = nil) throws(Failure) {
        let note = note ?? log.checkpoint
        let checkpoint = try log.keySet.open(note)
        guard checkpoint.size > 0, checkpoint.size <= log.size else {
            throw Failure(
                .refused, "this log has \(log.size) leaves, the checkpoint \(checkpoint.size)")
        }
        self.log = log
        self.note = note
        self.checkpoint = checkpoint
        proofs = Monitor(
            try TileProofs(
                size: checkpoint.size, reader: log.rows, expecting: checkpoint.root))
    }

    package var origin: String { log.origin }
    package var keySetNote: SignedNote { log.identity.keySetNote }
    package var site: String { log.options.site }
    private var size: UInt64 { checkpoint.size }
    private var reader: LeafReader { LeafReader(log.engine, log.rows) }

    package func leaf(at index: UInt64) throws(Failure) -> Leaf {
        precondition(index < size)
        return try reader.leaf(at: index)
    }

    /// Nil for a record that is not in it.
    package func index(of id: RecordID) throws(Failure) -> UInt64? {
        let index = try log.index(of: id)
        return index < size ? index : nil
    }

    package func proof(of index: UInt64) throws(Failure) -> LogProof {
        let path = try proofs.withLock { proofs throws(Failure) in
            try proofs.inclusion(of: index)
        }
        return LogProof(index: index, path: path, checkpoint: note)
    }

    /// That this continues the tree of an older checkpoint. Refused for one of another history.
    package func consistency(from note: SignedNote) throws(Failure) -> (UInt64, [Digest]) {
        let old = try log.keySet.open(note)
        guard old.size > 0, old.size <= size, try log.root(at: old.size) == old.root else {
            throw Failure(
                .refused,
                "this log does not continue the checkpoint of size \(old.size) that was given: one"
                    + " of them is of another history. Keep both and run proofreel verify")
        }
        let proof = try TileProof.consistency(
            from: old.size, to: size, reader: log.rows, expecting: checkpoint.root)
        return (old.size, proof)
    }

    /// What was said of a record, in order.
    package func leavesAbout(
        _ id: RecordID
    ) throws(Failure) -> [(index: UInt64, leaf: Leaf)] {
        try leaves(at: log.indicesAbout(id))
    }

    /// All of a check, in the order of its chain.
    package func chain(of check: String) throws(Failure) -> [(index: UInt64, leaf: Leaf)] {
        try leaves(at: log.chainIndices(of: check))
    }

    private func leaves(
        at indices: [UInt64]
    ) throws(Failure) -> [(index: UInt64, leaf: Leaf)] {
        let reader = self.reader
        return try indices.filter { $0 < size }.map { index throws(Failure) in
            (index, try reader.leaf(at: index))
        }
    }

    /// Leaves of a kind, no records, made from an instant on, oldest first, until `body` says
    /// false; with `camera`, those that concern it.
    package func forEach(
        _ kind: LeafKind, ofCamera camera: String? = nil, from: WallTime = .distantPast,
        _ body: (UInt64, Leaf) throws(Failure) -> Bool
    ) throws(Failure) {
        let term: Term =
            camera.map { .kindOfCamera(kind.rawValue, $0) } ?? .kind(kind.rawValue)
        let series = PostingList.series(term, log.engine)
        let reader = self.reader
        var position = Posting(time: from, leaf: 0).previous
        while true {
            let page = try series.page(
                after: position, newestFirst: false, limit: Self.pageCount)
            for posting in page where posting.leaf < size {
                guard try body(posting.leaf, reader.leaf(at: posting.leaf)) else { return }
            }
            guard page.count == Self.pageCount, let last = page.last else { return }
            position = last
        }
    }

    /// Records that a query finds, in its order, some at a time.
    package func forEachPage(
        _ query: Query, _ body: ([QueryPage.Hit]) throws(Failure) -> Void
    ) throws(Failure) {
        var query = query
        query.limit = Self.pageCount
        repeat {
            let page = try log.find(query)
            try body(page.hits.filter { $0.index < size })
            query.cursor = page.cursor
        } while query.cursor != nil
    }

    /// The exact bytes of a record, compared with the hash in its leaf.
    package func payload(of id: RecordID) throws(Failure) -> [UInt8] { try log.payload(of: id) }

    /// The log's word for something that is no leaf, by a key that may sign at this size.
    package func sign(_ text: String) throws(Failure) -> SignedNote {
        try log.identity.sign(text, at: size)
    }
}
