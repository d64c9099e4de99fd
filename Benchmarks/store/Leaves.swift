import BenchHarness

/// Stores `count` small facts from `writers` threads; also says how many shared a commit.
typealias LeafStore = (_ writers: Int, _ count: Int) throws -> (run: Run, batch: Int)

/// Facts without a payload: many writers, each acknowledged when its own is durable, against a bare
/// loop that writes and syncs as many bytes at a time.
struct Leaves {
    let peers: Peers
    let store: LeafStore
    let quick: Bool

    static let leafBytes = 512

    func comparison(writers: Int) -> Comparison {
        let count = quick ? 4 * writers : 20_000
        let shared = SharedBatch(max(1, writers / 2))
        return Comparison(
            "leaves, \(writers) writers",
            [
                Contender("ours") {
                    let (run, batch) = try store(writers, count)
                    shared.leaves = max(1, batch)
                    return run
                },
                Contender("append+fdatasync") {
                    try peers.leafLoop(
                        batch: shared.leaves, leafBytes: Self.leafBytes,
                        count: count / shared.leaves * shared.leaves)
                },
            ])
    }
}

/// How many leaves shared a commit of ours last; the bare loop repeats that.
private final class SharedBatch {
    var leaves: Int
    init(_ leaves: Int) { self.leaves = leaves }
}
