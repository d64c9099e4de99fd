import BenchHarness
import BenchPeers

func peerRemoveTree(_ path: String) -> CInt { peer_remove_tree(path) }

/// The C peers as contenders. Each call works in `folder` and leaves nothing there.
struct Peers {
    let folder: String

    func append(_ batches: [Int], objectBytes: Int) throws -> Run {
        try run(commits: batches.count, operations: batches.reduce(0, +) / objectBytes) {
            peer_append_fdatasync(folder, batches, batches.count, objectBytes, $0, $1)
        }
    }

    func direct(_ batches: [Int], objectBytes: Int, hashed: Bool = false) throws -> Run {
        try run(commits: batches.count, operations: batches.reduce(0, +) / objectBytes) {
            peer_direct_prealloc(folder, batches, batches.count, hashed ? 1 : 0, $0, $1)
        }
    }

    func fileEach(writers: Int, objectBytes: Int, count: Int) throws -> Run {
        try run(commits: count, operations: count) {
            peer_file_each(folder, CInt(writers), objectBytes, count, $0, $1)
        }
    }

    func blobDB(writers: Int, objectBytes: Int, count: Int) throws -> Run {
        try run(commits: count, operations: count) {
            peer_blobdb(folder, CInt(writers), objectBytes, count, $0, $1)
        }
    }

    func leafLoop(batch: Int, leafBytes: Int, count: Int) throws -> Run {
        let whole = count / batch * batch
        return try run(commits: count / batch, operations: whole) {
            peer_leaf_loop(folder, batch, leafBytes, whole, $0, $1)
        }
    }

    private func run(
        commits: Int, operations: Int,
        _ peer: (UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<peer_result>) -> CInt
    ) throws(BenchFailure) -> Run {
        var latencies = [UInt64](repeating: 0, count: commits)
        var result = peer_result()
        guard peer(&latencies, &result) == 0 else {
            throw BenchFailure(
                withUnsafeBytes(of: result.message) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                })
        }
        return Run(result, operations: operations, latencies: latencies)
    }
}

/// What one thread can hash: whatever stores a payload must have hashed it, so on one thread
/// nothing goes faster. No disk is touched.
func hashLimit(objectBytes: Int, quick: Bool) throws -> Run {
    var rate = quick ? -1 : peer_sha256_command()
    if rate <= 0 { rate = peer_sha256_loop(quick ? 0.05 : 1) }
    guard rate > 0 else { throw BenchFailure("no SHA-256, neither as command nor as library") }
    return Run(
        operations: Int(rate) / objectBytes, payloadBytes: Int(rate), wallSeconds: 1, cpuSeconds: 1)
}
