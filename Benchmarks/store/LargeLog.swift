import Base
import BenchHarness
import BenchPeers
import Crypto
import Evidence
import EvidenceFormat
import Glibc
import Linux
import Store

/// What a log of many leaves costs: finding, opening, memory. Fills one once, stopping at powers of
/// ten to ask the same question of a smaller log.
struct LargeLog {
    let folder: String
    let leaves: Int

    private static let writers = 4
    private static let batch = 256
    private static let seed: [UInt8] = Array(repeating: 9, count: 32)

    /// The same keys in this process and in the ones it starts.
    static func identity() throws -> LogIdentity {
        let origin = "bench.example/log/large"
        let root = try NoteSigner(name: "root.bench.example", key: SigningKey(seed: seed))
        let signer = try NoteSigner(
            name: origin, key: SigningKey(seed: Array(repeating: 8, count: 32)))
        let keys = try KeySet(
            origin: origin, ordinal: 1, entries: [.init(key: signer.verifierKey, from: 0)])
        return try LogIdentity(
            origin: origin, rootKey: root.verifierKey, keySetNote: keys.signed(by: root),
            signers: [signer])
    }

    private var path: String { folder + "/large" }

    func run() throws {
        defer { _ = try? RemoveTree.run(path) }
        say("log of \(leaves) leaves (find by check id: the lookup, then the leaf itself)")
        var filled = 0
        while filled < leaves {
            let next = min(leaves, max(100_000, filled * 10))
            try fill(from: filled, to: next)
            filled = next
        }
        try measureOpen("open after a clean stop")
        try crash()
        try measureOpen("open after kill -9")
        try measureMemory()
    }

    private static func value(_ i: UInt64) -> String { "odoo:bench/quality.check/\(i)" }

    private func fill(from start: Int, to end: Int) throws {
        let log = try OurLog.open(path, Self.identity())
        let began = Meter.nanoseconds
        let counter = Monitor<UInt64>(UInt64(start))
        let threads = (0..<Self.writers).map { _ in
            Thread(name: "fill") {
                while true {
                    let first = counter.withLock { next in
                        defer { next += UInt64(Self.batch) }
                        return next
                    }
                    let last = min(first + UInt64(Self.batch), UInt64(end))
                    guard first < last, (try? Self.add(log, first..<last)) != nil else { return }
                }
            }
        }
        for thread in threads { thread.join() }
        let seconds = Double(Meter.nanoseconds - began) / 1e9
        say("  filled to \(log.size): \((Double(end - start) / seconds).fixed(0)) leaves/s")
        try measureFind(log, among: UInt64(end))
        try measureProve(log)
        try log.close()
    }

    /// Any leaf, in the newest tree; every tile that is read is checked up to the signed root.
    private func measureProve(_ log: EvidenceLog) throws {
        var random = SeededRandom(seed: 6)
        var latencies: [UInt64] = []
        for _ in 0..<5000 {
            let index = UInt64.random(in: 0..<log.size, using: &random)
            let start = Meter.nanoseconds
            _ = try log.prove(index)
            latencies.append(Meter.nanoseconds - start)
        }
        say("  prove any leaf at \(log.size): \(Self.text(latencies))")
    }

    private static func add(_ log: EvidenceLog, _ numbers: Range<UInt64>) throws {
        let snapshots = try numbers.map { i in
            var capture = Capture()
            capture.links = [
                try Link(kind: "check", value: value(i)),
                try Link(kind: "work-order", value: "WH/MO/\(i / 50)"),
            ]
            return EvidenceLog.Snapshot(
                camera: "press-\(i % 50)", instant: SystemClock().now, capture,
                payload: [1, 2, 3, 4, 5, 6, 7, 8])
        }
        _ = try log.addSnapshots(snapshots, by: Author(actor: "bench"))
    }

    /// `count` is how many checks there are, numbered from 0.
    private func measureFind(_ log: EvidenceLog, among count: UInt64) throws {
        var random = SeededRandom(seed: 5)
        var latencies: [UInt64] = []
        // The first pass warms the cache with the same keys.
        let keys = (0..<20_000).map { _ in UInt64.random(in: 0..<count, using: &random) }
        for pass in 0..<2 {
            for key in keys {
                var query = Query()
                query.links = [.init(kind: "check", value: Self.value(key))]
                let start = Meter.nanoseconds
                let hits = try log.find(query).hits
                if pass == 1 { latencies.append(Meter.nanoseconds - start) }
                guard hits.count == 1 else {
                    throw BenchFailure("check \(key): \(hits.count) hits")
                }
            }
        }
        say("  find by check id at \(log.size): \(Self.text(latencies))")
    }

    private static func text(_ latencies: [UInt64]) -> String {
        let p50 = Double(percentile(50, of: latencies)) / 1e3
        let p99 = Double(percentile(99, of: latencies)) / 1e3
        return "p50 \(p50.fixed(0)) us, p99 \(p99.fixed(0)) us"
    }

    private func measureOpen(_ name: String) throws {
        let start = Meter.nanoseconds
        let (log, report) = try EvidenceLog.open(
            EmbeddedEngine(path), identity: Self.identity(), clock: SystemClock(),
            options: EvidenceLog.Options())
        let seconds = Double(Meter.nanoseconds - start) / 1e9
        say(
            "  \(name): \(seconds.fixed(2)) s (\(report.takenOver) leaves taken over,"
                + " \(report.reindexed) indexed again)")
        try log.close()
    }

    // MARK: Processes of their own

    /// Another process writes on and is killed while it does.
    private func crash() throws {
        let child = try Child(["--large-append", path, "\(leaves)"])
        usleep(1_500_000)
        child.kill()
    }

    /// Resident memory of a process that has opened the log and answered queries.
    private func measureMemory() throws {
        let child = try Child(["--large-query", path, "\(leaves)"])
        child.waitForEnd()
    }

    /// What the processes started above do. True when this is one of them.
    static func runChild() throws -> Bool {
        let words = CommandLine.arguments
        guard words.count == 4, let count = UInt64(words[3]) else { return false }
        switch words[1] {
        case "--large-append":
            let log = try OurLog.open(words[2], identity())
            var i = count
            while true {
                try add(log, i..<(i + 50))
                i += 50
            }
        case "--large-query":
            let log = try OurLog.open(words[2], identity())
            try LargeLog(folder: "", leaves: 0).measureFind(log, among: count)
            let resident = try memory("VmRSS:")
            let options = EmbeddedEngine.Options()
            let cache = options.mapCacheBytes + 2 * options.mapBufferBytes
            say(
                "  resident memory: \(resident / 1_000_000) MB, configured cache"
                    + " \(cache / 1_000_000) MB"
            )
            try log.close()
            return true
        default: return false
        }
    }

    private static func memory(_ field: String) throws -> Int {
        var buffer: [UInt8] = []
        try RealFileSystem().open("/proc/self/status", .read)
            .read(at: 0, count: 8192, into: &buffer)
        for line in String(decoding: buffer, as: UTF8.self).split(separator: "\n")
        where line.hasPrefix(field) {
            return (Int(line.split(whereSeparator: { $0 == " " || $0 == "\t" })[1]) ?? 0) * 1024
        }
        return 0
    }
}

/// This program again, with other words.
struct Child {
    private let process: pid_t

    init(_ words: [String]) throws {
        var process = pid_t()
        var arguments = (["/proc/self/exe"] + words).map { strdup($0) }
        defer { arguments.forEach { free($0) } }
        arguments.append(nil)
        guard posix_spawn(&process, "/proc/self/exe", nil, nil, arguments, environ) == 0 else {
            throw BenchFailure("could not start a second process")
        }
        self.process = process
    }

    func kill() {
        Glibc.kill(process, SIGKILL)
        waitForEnd()
    }

    func waitForEnd() {
        var status: CInt = 0
        waitpid(process, &status, 0)
    }
}
