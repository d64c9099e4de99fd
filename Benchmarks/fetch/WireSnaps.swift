import BenchFetching
import BenchHarness
import BenchPeers

/// Pictures of now, of a camera whose frames are pictures already, asked for over the wire by many;
/// beside it the log's own commit of such a picture by as many writers in the same rhythm.
struct WireSnaps {
    let folder: WorkFolder
    let arguments: Arguments

    private static let clients = 16
    private static let milliseconds = 100

    init(_ folder: WorkFolder, _ arguments: Arguments) {
        self.folder = folder
        self.arguments = arguments
    }

    func run() throws {
        let ours = try OurServer("\(folder.path)/snaps", count: 1, camera: true)
        defer { ours.end() }
        guard let target = ours.target(secret: false) else { return }
        for milliseconds in [Self.milliseconds, 0] {
            var figures = Figures(
                "snap over the wire, \(Self.clients) clients, "
                    + (milliseconds > 0 ? "each every \(milliseconds) ms" : "without a pause"),
                [
                    .init("p50 ms", unit: "ms"), .init("p99 ms", unit: "ms"),
                    .init("p99 beyond the commit, ms", unit: "ms"),
                ])
            for _ in 0..<(arguments.quick ? 1 : 4) {
                try round(ours, target, milliseconds, &figures)
            }
            figures.print(arguments, bench: "fetch")
        }
    }

    private func round(
        _ ours: OurServer, _ target: Target, _ milliseconds: Int, _ figures: inout Figures
    ) throws {
        let load = Target.Load(
            connections: Self.clients, milliseconds: milliseconds,
            seconds: arguments.quick ? 0.3 : 2)
        let answers = try target.ask([ours.snapRequest()], load)
        let each = max(3, answers.latencies.count / Self.clients)
        let words = try ours.child.ask("commit \(Self.clients) \(milliseconds) \(each)")
        let commit = words.split(separator: " ").compactMap { Double($0) }
        guard commit.count == 2 else { throw BenchFailure("no commits were measured: \(words)") }
        let p99 = answers.microseconds(99) / 1e3
        figures.add("ours", [answers.microseconds(50) / 1e3, p99, p99 - commit[1] / 1e3])
        figures.add("the log's commit", [commit[0] / 1e3, commit[1] / 1e3, .nan])
    }
}
