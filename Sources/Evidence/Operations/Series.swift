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
