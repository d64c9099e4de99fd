import BenchFetching
import BenchHarness
import BenchPeers
import Glibc

/// The same question to both, in turns, several rounds.
struct Getting {
    let name: String
    let isList: Bool
    let connections: Int
    /// Asks for so many different ones.
    var kinds = Int.max

    static let all = [
        Getting(name: "200 KB by address, 64 connections", isList: false, connections: 64),
        Getting(name: "200 KB by address, 1 connection", isList: false, connections: 1),
        Getting(name: "list of a check, 64 connections", isList: true, connections: 64),
        Getting(
            name: "list of a check, a thousand checks, 64 connections", isList: true,
            connections: 64, kinds: 1000),
    ]

    private static let roundsUsual = 5

    static func run(_ measures: [Getting], _ folder: WorkFolder, _ arguments: Arguments) throws {
        let pictures = Pictures(count: arguments.quick ? 20 : 1000)
        let path = realPath(folder.path)
        var contenders: [any Answerer] = [
            try OurGateway("\(path)/ours", count: pictures.count, tiny: arguments.leaves ?? 0)
        ]
        defer { for contender in contenders { contender.end() } }
        if isInstalled(Nginx.program), !arguments.alone {
            contenders.append(try Nginx("\(path)/nginx", pictures, certificate: nil))
        } else {
            say("bench-gateway: nginx-light is not there to be compared with", to: STDERR_FILENO)
        }
        Cores.takeClient()
        for measure in measures { try measure.run(contenders, pictures.count, arguments) }
    }

    private var columns: [Figures.Column] {
        [
            .init("op/s", unit: "1/s", digits: 0, compared: true),
            .init("p50 us", unit: "us", digits: 0), .init("p99 us", unit: "us", digits: 0),
            .init("CPU us/op", unit: "us", digits: 1),
            .init("MB/CPU-s", unit: "MB/s", digits: 0, compared: !isList),
        ]
    }

    private func run(
        _ contenders: [any Answerer], _ count: Int, _ arguments: Arguments
    ) throws {
        var figures = Figures(name, columns)
        let able = contenders.filter { !requests($0, 1).isEmpty }
        let rounds = arguments.choseRounds || arguments.quick ? arguments.rounds : Self.roundsUsual
        var load = Target.Load(connections: connections)
        load.seconds = arguments.quick ? 0.1 : 0.8
        load.bodyBytes = isList ? 0 : Pictures.bytes
        for round in 0...rounds {
            var found: [String: [Double]] = [:]
            for contender in round % 2 == 0 ? able : able.reversed() {
                guard let target = contender.target(secret: false) else { continue }
                let asked = Array(requests(contender, count).prefix(kinds))
                let answers = try target.ask(asked, load)
                found[contender.name] = [
                    answers.perSecond, answers.microseconds(50), answers.microseconds(99),
                    answers.cpuMicroseconds, answers.megabytesPerCPUSecond,
                ]
            }
            // The first round warms everybody's caches.
            for contender in able where round > 0 {
                if let values = found[contender.name] { figures.add(contender.name, values) }
            }
        }
        figures.print(arguments, bench: "gateway")
    }

    private func requests(_ contender: any Answerer, _ count: Int) -> [[UInt8]] {
        isList ? contender.smallRequests(count) : contender.pictureRequests(count)
    }
}
