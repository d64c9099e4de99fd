package import Base
package import EvidenceFormat
internal import IndexFormat
internal import Store

extension EvidenceLog {
    /// The newest leaf of a kind that speaks of a camera: where its chain goes on after a restart.
    package func newest(_ kind: LeafKind, ofCamera camera: String) throws(Failure) -> Leaf? {
        let series = PostingList.series(.kindOfCamera(kind.rawValue, camera), engine)
        let found = try series.page(after: nil, newestFirst: true, limit: 1)
        guard let posting = found.first else { return nil }
        return try LeafReader(engine, rows).leaf(at: posting.leaf)
    }

    /// Leaves of a kind, no records, made from an instant on, oldest first; `last` is where an
    /// earlier page ended.
    package func leaves(
        _ kind: LeafKind, from: WallTime, after last: (index: UInt64, leaf: Leaf)?, limit: Int
    ) throws(Failure) -> [(index: UInt64, leaf: Leaf)] {
        let start = last.map { Posting(time: $0.leaf.time, leaf: $0.index) }
        let series = PostingList.series(.kind(kind.rawValue), engine)
        let reader = LeafReader(engine, rows)
        var leaves: [(index: UInt64, leaf: Leaf)] = []
        let page = try series.page(
            after: start ?? Posting(time: from, leaf: 0).previous, newestFirst: false, limit: limit)
        for posting in page {
            leaves.append((posting.leaf, try reader.leaf(at: posting.leaf)))
        }
        return leaves
    }

    /// Leaves of a kind that speak of a camera, made in a stretch of time, oldest first.
    package func leaves(
        _ kind: LeafKind, ofCamera camera: String, from: WallTime, limit: Int
    ) throws(Failure) -> [Leaf] {
        let series = PostingList.series(.kindOfCamera(kind.rawValue, camera), engine)
        let start = Posting(time: from, leaf: 0).previous
        let reader = LeafReader(engine, rows)
        var leaves: [Leaf] = []
        for posting in try series.page(after: start, newestFirst: false, limit: limit) {
            leaves.append(try reader.leaf(at: posting.leaf))
        }
        return leaves
    }
}
