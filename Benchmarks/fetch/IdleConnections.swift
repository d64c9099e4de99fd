import BenchFetching
import BenchHarness
import BenchPeers

/// What a connection costs that is logged in and says nothing.
struct IdleConnections {
    let folder: WorkFolder
    let arguments: Arguments

    init(_ folder: WorkFolder, _ arguments: Arguments) {
        self.folder = folder
        self.arguments = arguments
    }

    func run() throws {
        let count = arguments.quick ? 20 : 1000
        var figures = Figures(
            "\(count) idle connections", [.init("KiB each", unit: "KiB", digits: 1)])
        // A fresh server each time: memory once used stays with its allocator.
        for round in 0..<(arguments.quick ? 1 : 3) {
            for isSecret in [false, true] {
                let path = "\(folder.path)/idle-\(round)-\(isSecret)"
                let ours = try OurServer(path, count: 20)
                defer { ours.end() }
                guard let target = ours.target(secret: isSecret) else { continue }
                // What is there once only is there before: the first connections warm it.
                _ = try target.ask(
                    ours.pictureRequests(20), Target.Load(connections: 8, seconds: 0.1))
                let raw = try target.ask(
                    ours.pictureRequests(1), Target.Load(connections: count, isIdle: true)
                ).raw
                let each = (raw.memory_after - raw.memory_before) / Double(count) / 1024
                figures.add(isSecret ? "TLS 1.3" : "without TLS", [each])
            }
        }
        figures.print(arguments, bench: "fetch")
    }
}
