import Base
import BenchHarness
import BenchPeers
import WireProtocol

/// A server as the client meets it: where it listens, what is said first, and what is asked.
struct Target {
    var wire: peer_wire
    var port: Int
    var process: Int32
    var isSecret = false
    /// Said once on each connection, and how many answers end it.
    var greeting: [UInt8] = []
    var greetingAnswers = 0

    /// How it is asked, and by how many.
    struct Load {
        var connections: Int
        var depth = 1
        /// Between two requests of a connection; 0: the next when the last is answered.
        var milliseconds = 0
        var seconds = 1.0
        /// That each answer must have; 0: any.
        var bodyBytes = 0
        var isOnce = false
        var isIdle = false
    }

    struct Answers {
        let raw: peer_fetch_result
        let latencies: [UInt64]

        var perSecond: Double { Double(raw.answers) / raw.wall_seconds }
        var megabytesPerSecond: Double { Double(raw.bytes) / raw.wall_seconds / 1e6 }
        var cpuMicroseconds: Double { raw.cpu_seconds / Double(raw.answers) * 1e6 }
        var megabytesPerCPUSecond: Double { Double(raw.bytes) / raw.cpu_seconds / 1e6 }
        func microseconds(_ percent: Int) -> Double {
            latencies.isEmpty ? .nan : Double(percentile(percent, of: latencies)) / 1e3
        }
    }

    func ask(_ requests: [[UInt8]], _ load: Load) throws -> Answers {
        var plan = peer_fetch_plan()
        plan.wire = wire
        plan.port = Int32(port)
        plan.tls = isSecret ? 1 : 0
        plan.server = process
        plan.greeting_answers = Int32(greetingAnswers)
        plan.connections = Int32(load.connections)
        plan.depth = Int32(load.depth)
        plan.interval = UInt64(load.milliseconds) * 1_000_000
        plan.seconds = load.seconds
        plan.body_bytes = load.bodyBytes
        plan.once = load.isOnce ? 1 : 0
        plan.idle = load.isIdle ? 1 : 0
        var result = peer_fetch_result()
        var latencies = [UInt64](repeating: 0, count: 2_000_000)
        // All requests in one stretch that stays where it is.
        let all = greeting + requests.joined()
        let code = all.withUnsafeBufferPointer { all in
            guard let start = all.baseAddress else { return CInt(-1) }
            var at = greeting.count
            let starts: [UnsafePointer<UInt8>?] = requests.map { request in
                defer { at += request.count }
                return start + at
            }
            let counts = requests.map(\.count)
            plan.greeting = start
            plan.greeting_bytes = greeting.count
            plan.request_count = requests.count
            return starts.withUnsafeBufferPointer { starts in
                counts.withUnsafeBufferPointer { counts in
                    plan.requests = starts.baseAddress
                    plan.request_bytes = counts.baseAddress
                    return peer_fetch(&plan, &latencies, latencies.count, &result)
                }
            }
        }
        guard code == 0 else {
            throw BenchFailure(
                withUnsafeBytes(of: &result.message) { words in
                    String(decoding: words.prefix { $0 != 0 }, as: UTF8.self)
                })
        }
        return Answers(raw: result, latencies: Array(latencies.prefix(result.latency_count)))
    }
}

/// One of those that are compared.
protocol Contender {
    var name: String { get }
    /// Nil where it does not speak TLS here.
    func target(secret: Bool) -> Target?
    func pictureRequests(_ count: Int) -> [[UInt8]]
    /// Of a few bytes: for ours, the facts of one check.
    func smallRequests(_ count: Int) -> [[UInt8]]
    func end()
}

/// Which core a server has; the client has the last one. One core each, so that a rate is a core's
/// rate, and nobody gains by taking the client's.
enum Cores {
    static var areEnough: Bool { peer_cores() >= 2 }

    static func server(_ words: [String]) -> [String] {
        areEnough && isInstalled("taskset") ? ["taskset", "-c", "0"] + words : words
    }

    static func takeClient() { if areEnough { _ = peer_use_core(peer_cores() - 1) } }
}
