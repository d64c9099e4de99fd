import BenchHarness

/// Small facts without a payload, so many to a commit.
struct Leaves {
    let peers: Peers
    let store: ((_ batch: Int, _ leafBytes: Int, _ count: Int) throws -> Run)?
    let quick: Bool

    static let leafBytes = 512

    func comparison(batch: Int) -> Comparison {
        let commits = quick ? 8 : 2000
        let count = batch * commits
        var contenders: [Contender] = []
        if let store {
            contenders.append(Contender("ours") { try store(batch, Self.leafBytes, count) })
        }
        contenders.append(
            Contender("append+fdatasync") {
                try peers.leafLoop(batch: batch, leafBytes: Self.leafBytes, count: count)
            })
        return Comparison("\(Self.leafBytes) B leaves, \(batch) to a commit", contenders)
    }
}
