internal import BenchHarness
package import BenchPeers

/// A server as the client meets it: where it listens, what is said first, and what is asked.
package struct Target {
    package var wire: peer_wire
    package var port: Int
    package var process: Int32
    package var isSecret = false
    /// Said once on each connection, and how many answers end it.
    package var greeting: [UInt8] = []
    package var greetingAnswers = 0

    package init(
        wire: peer_wire, port: Int, process: Int32, isSecret: Bool = false,
        greeting: [UInt8] = [], greetingAnswers: Int = 0
    ) {
        self.wire = wire
        self.port = port
        self.process = process
        self.isSecret = isSecret
        self.greeting = greeting
        self.greetingAnswers = greetingAnswers
    }

    /// How it is asked, and by how many.
    package struct Load {
        package var connections: Int
        package var depth = 1
        /// Between two requests of a connection; 0: the next when the last is answered.
        package var milliseconds = 0
        package var seconds = 1.0
        /// That each answer must have; 0: any.
        package var bodyBytes = 0
        package var isOnce = false
        package var isIdle = false

        package init(
            connections: Int, depth: Int = 1, milliseconds: Int = 0, seconds: Double = 1,
            bodyBytes: Int = 0, isOnce: Bool = false, isIdle: Bool = false
        ) {
            self.connections = connections
            self.depth = depth
            self.milliseconds = milliseconds
            self.seconds = seconds
            self.bodyBytes = bodyBytes
            self.isOnce = isOnce
            self.isIdle = isIdle
        }
    }

    package struct Answers {
        package let raw: peer_fetch_result
        package let latencies: [UInt64]

        package var perSecond: Double { Double(raw.answers) / raw.wall_seconds }
        package var megabytesPerSecond: Double { Double(raw.bytes) / raw.wall_seconds / 1e6 }
        package var cpuMicroseconds: Double { raw.cpu_seconds / Double(raw.answers) * 1e6 }
        package var megabytesPerCPUSecond: Double { Double(raw.bytes) / raw.cpu_seconds / 1e6 }
        package func microseconds(_ percent: Int) -> Double {
            latencies.isEmpty ? .nan : Double(percentile(percent, of: latencies)) / 1e3
        }
    }

    package func ask(_ requests: [[UInt8]], _ load: Load) throws -> Answers {
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
package protocol Answerer {
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
package enum Cores {
    package static var areEnough: Bool { peer_cores() >= 2 }

    package static func server(_ words: [String]) -> [String] {
        areEnough && isInstalled("taskset") ? ["taskset", "-c", "0"] + words : words
    }

    /// All threads of a server that is there already.
    package static func keep(server process: Int32) {
        guard areEnough, isInstalled("taskset") else { return }
        _ = Child.run(["taskset", "-a", "-c", "-p", "0", "\(process)"])
    }

    package static func takeClient() { if areEnough { _ = peer_use_core(peer_cores() - 1) } }
}
