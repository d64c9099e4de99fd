package import Base
package import EvidenceFormat
internal import IndexFormat
internal import Store

extension EvidenceLog {
    /// The last leaf of a kind in the log that speaks of a camera: where its chain goes on after a
    /// restart. Leaves are found by their times, and where the clock was set back the last one has
    /// not the newest time.
    package func last(_ kind: LeafKind, ofCamera camera: String) throws(Failure) -> Leaf? {
        let series = PostingList.series(.kindOfCamera(kind.rawValue, camera), engine)
        guard var last = try series.page(after: nil, newestFirst: true, limit: 1).first else {
            return nil
        }
        let earliest = last.time.microseconds &- (try setBack(since: last))
        var position = last
        scan: while true {
            let page = try series.page(after: position, newestFirst: true, limit: 1000)
            for posting in page {
                guard posting.time.microseconds >= earliest else { break scan }
                if posting.leaf > last.leaf { last = posting }
            }
            guard page.count == 1000, let end = page.last else { break }
            position = end
        }
        return try LeafReader(engine, rows).leaf(at: last.leaf)
    }

    /// How far before a leaf's time the times of later ones may lie, in microseconds, at most: what
    /// the log tells of the clock, and an hour for what it was set while no server ran.
    private func setBack(since posting: Posting) throws(Failure) -> Int64 {
        let reader = LeafReader(engine, rows)
        var sum: Int64 = 3_600_000_000
        let newest = try reader.leaf(at: size - 1).time
        sum += max(0, posting.time.microseconds - newest.microseconds)
        let steps = try PostingList.series(.kind(LeafKind.clock.rawValue), engine)
            .page(after: nil, newestFirst: true, limit: 1000)
        for step in steps where step.leaf > posting.leaf {
            sum += max(0, -(try reader.leaf(at: step.leaf).int("step_us") ?? 0))
        }
        return sum
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
