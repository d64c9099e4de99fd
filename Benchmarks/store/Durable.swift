import BenchHarness

/// Stores `count` payloads from `writers` threads, each acknowledged only when it is durable. Says
/// what it did, and how many payload bytes each of its commits held, so that the bare peers can
/// write exactly the same batches.
typealias Store = (_ writers: Int, _ payloadBytes: Int, _ count: Int) throws -> (
    run: Run, batchBytes: [Int]
)

/// Durable pictures: one size, several numbers of writers.
struct Durable {
    let peers: Peers
    let store: Store?
    let quick: Bool

    static let pictureBytes = 200 * 1024

    func comparison(writers: Int) -> Comparison {
        let bytes = Self.pictureBytes
        let count = quick ? 4 * writers : 1024
        let batches = Batches(writers: writers, payloadBytes: bytes, count: count)
        var contenders: [Contender] = []
        if let store {
            contenders.append(
                Contender("ours") {
                    let (run, written) = try store(writers, bytes, count)
                    batches.bytes = written
                    return run
                })
        }
        contenders += [
            Contender("append+fdatasync") { try peers.append(batches.bytes, objectBytes: bytes) },
            Contender("direct, allocated") { try peers.direct(batches.bytes, objectBytes: bytes) },
            Contender("direct, hashed first") {
                try peers.direct(batches.bytes, objectBytes: bytes, hashed: true)
            },
            Contender("file each") {
                try peers.fileEach(writers: writers, objectBytes: bytes, count: count)
            },
            Contender("RocksDB BlobDB") {
                try peers.blobDB(writers: writers, objectBytes: bytes, count: count)
            },
            Contender("SHA-256, 1 thread") { try hashLimit(objectBytes: bytes, quick: quick) },
        ]
        let noun = writers == 1 ? "writer" : "writers"
        return Comparison("\(bytes / 1024) KiB, \(writers) \(noun)", contenders)
    }
}

/// The commits that the bare peers repeat: what ours wrote last. Before that, or alone, half of the
/// writers share a commit, for while one commit syncs the other half queues for the next.
private final class Batches {
    var bytes: [Int]

    init(writers: Int, payloadBytes: Int, count: Int) {
        let objects = max(1, writers / 2)
        bytes = [Int](repeating: objects * payloadBytes, count: count / objects)
    }
}
