import BenchFetching
import BenchHarness
import BenchPeers
import Glibc

/// The same question to all that can answer it, in turns, several rounds.
struct Fetching {
    enum Question { case picture, small }

    let name: String
    let question: Question
    let isSecret: Bool
    let connections: Int
    let depth: Int

    static let all = [
        Fetching(name: "200 KB, 64 connections", .picture, connections: 64),
        Fetching(name: "200 KB, 1 connection", .picture, connections: 1),
        Fetching(name: "200 KB, TLS 1.3, 64 connections", .picture, secret: true, connections: 64),
        Fetching(name: "small, 64 connections, 16 at a time", .small, connections: 64, depth: 16),
    ]

    private init(
        name: String, _ question: Question, secret: Bool = false, connections: Int, depth: Int = 1
    ) {
        self.name = name
        self.question = question
        isSecret = secret
        self.connections = connections
        self.depth = depth
    }

    private static let roundsUsual = 5

    /// Starts everybody once, asks, and ends everybody.
    static func run(_ measures: [Fetching], _ folder: WorkFolder, _ arguments: Arguments) throws {
        let pictures = Pictures(count: arguments.quick ? 20 : 1000)
        let path = realPath(folder.path)
        // PostgreSQL's user has to come in.
        chmod(path, 0o711)
        let ours = try OurServer("\(path)/ours", count: pictures.count)
        var contenders: [any Answerer] = [ours]
        defer { for contender in contenders { contender.end() } }
        if !arguments.alone {
            contenders += try peers(path, pictures)
            folder.settle()
        }
        Cores.takeClient()
        for measure in measures {
            try measure.run(contenders, pictures.count, arguments)
        }
    }

    private static func peers(_ folder: String, _ pictures: Pictures) throws -> [any Answerer] {
        var peers: [any Answerer] = []
        func missing(_ package: String) {
            say("bench-fetch: \(package) is not installed and not compared", to: STDERR_FILENO)
        }
        if isInstalled(Nginx.program) {
            peers.append(
                try Nginx(
                    "\(folder)/nginx", pictures,
                    certificate: ServerRole.certificateFiles("\(folder)/ours")))
        } else {
            missing("nginx-light")
        }
        if isInstalled(Redis.program) {
            peers.append(try Redis("\(folder)/redis", pictures))
        } else {
            missing("redis-server")
        }
        if let programs = Postgres.programs {
            peers.append(try Postgres("\(folder)/postgres", pictures, programs: programs))
        } else {
            missing("postgresql")
        }
        return peers
    }

    private var columns: [Figures.Column] {
        let isSmall = question == .small
        return [
            .init("op/s", unit: "1/s", digits: 0, compared: true),
            .init("p50 us", unit: "us", digits: 0, compared: connections == 1),
            .init("p99 us", unit: "us", digits: 0, compared: connections == 1),
            .init("CPU us/op", unit: "us", digits: 1),
            .init("MB/CPU-s", unit: "MB/s", digits: 0, compared: !isSmall),
            .init("client, %", unit: "%", digits: 0),
        ]
    }

    private func run(
        _ contenders: [any Answerer], _ count: Int, _ arguments: Arguments
    ) throws {
        var figures = Figures(name, columns)
        let able = contenders.filter {
            $0.target(secret: isSecret) != nil && !requests($0, 1).isEmpty
        }
        let rounds = arguments.choseRounds || arguments.quick ? arguments.rounds : Self.roundsUsual
        var load = Target.Load(connections: connections, depth: depth)
        load.seconds = arguments.quick ? 0.1 : 0.8
        load.bodyBytes = question == .picture ? Pictures.bytes : 0
        for round in 0...rounds {
            var found: [String: [Double]] = [:]
            for contender in round % 2 == 0 ? able : able.reversed() {
                guard let target = contender.target(secret: isSecret) else { continue }
                do {
                    found[contender.name] = values(
                        try target.ask(requests(contender, count), load))
                } catch {
                    throw BenchFailure("\(name), \(contender.name): \(error)")
                }
            }
            // The first round warms everybody's caches.
            for contender in able where round > 0 {
                if let values = found[contender.name] { figures.add(contender.name, values) }
            }
        }
        figures.print(arguments, bench: "fetch")
    }

    private func requests(_ contender: any Answerer, _ count: Int) -> [[UInt8]] {
        question == .picture
            ? contender.pictureRequests(count) : contender.smallRequests(count)
    }

    private func values(_ answers: Target.Answers) -> [Double] {
        [
            answers.perSecond, answers.microseconds(50), answers.microseconds(99),
            answers.cpuMicroseconds,
            answers.raw.bytes > 0 ? answers.megabytesPerCPUSecond : .nan,
            answers.raw.client_cpu_seconds / answers.raw.wall_seconds * 100,
        ]
    }
}
