internal import Base
internal import EvidenceFormat
internal import IndexFormat
internal import Store

/// A picture that was rendered and the exact stream that it was rendered from are one piece of
/// evidence in two records: what holds one of them holds the other, and they go together. The
/// picture names its stream; the way back is the camera's series, for the picture's instant lies
/// within its stream.
struct PairReader {
    private static let pageCount = 64

    private let engine: any StorageEngine
    private let read: (UInt64) throws(Failure) -> Leaf

    init(_ engine: any StorageEngine, _ read: @escaping (UInt64) throws(Failure) -> Leaf) {
        self.engine = engine
        self.read = read
    }

    /// The records that are one with this one; most have none.
    func partners(of leaf: Leaf) throws(Failure) -> [RecordID] {
        if leaf.kind == .snapshot { return leaf.recordID("clip").map { [$0] } ?? [] }
        guard leaf.kind == .clip, leaf.string("use") == "stream", let camera = leaf.string("cam"),
            let from = leaf.time("t"), let to = leaf.time("to")
        else { return [] }
        let series = PostingList.series(.camera(camera), engine)
        var position = Posting(time: from, leaf: 0).previous
        var found: [RecordID] = []
        while true {
            let page = try series.page(after: position, newestFirst: false, limit: Self.pageCount)
            for posting in page where posting.time <= to {
                let other = try read(posting.leaf)
                if other.kind == .snapshot, other.recordID("clip") == leaf.id {
                    found.append(other.id)
                }
            }
            guard page.count == Self.pageCount, let last = page.last, last.time <= to else {
                return found
            }
            position = last
        }
    }
}

extension EvidenceLog {
    func partners(of leaf: Leaf) throws(Failure) -> [RecordID] {
        let reader = LeafReader(engine, rows)
        return try PairReader(engine) { index throws(Failure) in try reader.leaf(at: index) }
            .partners(of: leaf)
    }

    /// What holds and retention look at, with that of the records that are one with it.
    func facts(of record: Record) throws(Failure) -> RecordFacts {
        var facts = record.facts
        for id in try partners(of: record.leaf) { facts.partners.append(try self.record(id).facts) }
        return facts
    }
}
