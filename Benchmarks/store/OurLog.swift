import Base
import BenchHarness
import Crypto
import Evidence
import EvidenceFormat
import Linux
import Store
import Synchronization

/// The evidence log as a contender: real keys, real files, nothing left out.
enum OurLog {
    static func identity() throws -> LogIdentity {
        let origin = "bench.example/log/e1"
        let root = try NoteSigner(
            name: "root.bench.example", key: SigningKey(seed: randomBytes(32)))
        let signer = try NoteSigner(name: origin, key: SigningKey(seed: randomBytes(32)))
        let keys = try KeySet(
            origin: origin, ordinal: 1, entries: [.init(key: signer.verifierKey, from: 0)])
        return try LogIdentity(
            origin: origin, rootKey: root.verifierKey, keySetNote: keys.signed(by: root),
            signers: [signer])
    }

    static func open(_ folder: String, _ identity: LogIdentity) throws -> EvidenceLog {
        try EvidenceLog.open(
            EmbeddedEngine(folder), identity: identity, clock: SystemClock(),
            options: EvidenceLog.Options()
        ).log
    }

    /// What one writer saw.
    private struct Seen {
        var latencies: [UInt64] = []
        /// Sizes of the trees that its receipts are signed for: one per commit.
        var commits: [UInt64] = []
    }

    private static func inParallel(
        _ writers: Int, _ body: @escaping @Sendable (Int) throws -> Seen
    ) throws -> [Seen] {
        let all = Monitor<([Seen], String?)>(([], nil))
        let threads = (0..<writers).map { writer in
            Thread(name: "writer-\(writer)") {
                do {
                    let seen = try body(writer)
                    all.withLock { $0.0.append(seen) }
                } catch {
                    all.withLock { $0.1 = "\(error)" }
                }
            }
        }
        for thread in threads { thread.join() }
        let (seen, failure) = all.withLock { $0 }
        if let failure { throw BenchFailure(failure) }
        return seen
    }

    /// Pictures with the links that a check gives them.
    static func pictures(in root: String) -> Store {
        { writers, bytes, count in
            let folder = root + "/ours"
            let log = try open(folder, identity())
            defer { _ = try? RemoveTree.run(folder) }
            var random = SeededRandom(seed: 1)
            let picture = random.bytes(bytes)
            var meter = Meter()
            let seen = try inParallel(writers) { writer in
                var seen = Seen()
                for i in 0..<(count / writers) {
                    let start = Meter.nanoseconds
                    var capture = Capture()
                    capture.links = [
                        try Link(kind: "check", value: "odoo:bench/quality.check/\(writer)-\(i)"),
                        try Link(kind: "work-order", value: "WH/MO/\(writer)"),
                    ]
                    let receipt = try log.addSnapshot(
                        camera: "press-\(writer)", instant: SystemClock().now, capture,
                        payload: picture.span, by: Author(actor: "bench"))
                    seen.latencies.append(Meter.nanoseconds - start)
                    seen.commits.append(receipt.size)
                }
                return seen
            }
            meter.acknowledged()
            try log.close()
            let objects = count / writers * writers
            let run = meter.finish(
                operations: objects, payloadBytes: objects * bytes,
                latencies: seen.flatMap(\.latencies))
            var groups: [UInt64: Int] = [:]
            for size in seen.flatMap(\.commits) { groups[size, default: 0] += 1 }
            return (run, groups.keys.sorted().map { (groups[$0] ?? 0) * bytes })
        }
    }

    /// Facts without a payload, each writer waiting for its own.
    static func facts(in root: String) -> LeafStore {
        { writers, count in
            let folder = root + "/ours"
            let log = try open(folder, identity())
            defer { _ = try? RemoveTree.run(folder) }
            var meter = Meter()
            let seen = try inParallel(writers) { writer in
                var seen = Seen()
                for i in 0..<(count / writers) {
                    let start = Meter.nanoseconds
                    let now = SystemClock().now
                    let receipt = try log.addFact(
                        .gap,
                        [
                            ("cam", .string("press-\(writer)")), ("from", .string(now.description)),
                            ("to", .string(now.description)), ("err_us", .int(Int64(i))),
                            ("cause", .string("network")),
                        ])
                    seen.latencies.append(Meter.nanoseconds - start)
                    seen.commits.append(receipt.size)
                }
                return seen
            }
            meter.acknowledged()
            let bytes = try log.leaf(at: log.size - 1).bytes.count
            try log.close()
            let leaves = count / writers * writers
            let run = meter.finish(
                operations: leaves, payloadBytes: leaves * bytes,
                latencies: seen.flatMap(\.latencies))
            return (run, leaves / max(1, Set(seen.flatMap(\.commits)).count))
        }
    }
}

enum RemoveTree {
    static func run(_ path: String) throws {
        if peerRemoveTree(path) != 0 { throw BenchFailure("could not remove \(path)") }
    }
}
