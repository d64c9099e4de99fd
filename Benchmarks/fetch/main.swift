import BenchHarness
import Glibc

/// Getting a picture by the id of its check over a network, beside what people would put pictures
/// into otherwise: a web server's files, a cache, a database.
if let role = ServerRole(CommandLine.arguments) {
    do {
        try role.run()
        exit(0)
    } catch {
        say("bench-fetch, serving: \(error)", to: STDERR_FILENO)
        exit(1)
    }
}

Bench.main("fetch") { _, _ in
    []
} then: { folder, arguments in
    func isWanted(_ name: String) -> Bool { arguments.only.map { name.contains($0) } ?? true }
    let measures = Fetching.all.filter { isWanted($0.name) }
    if !measures.isEmpty { try Fetching.run(measures, folder, arguments) }
    if isWanted("idle connections") { try IdleConnections(folder, arguments).run() }
    if isWanted("snap over the wire") { try WireSnaps(folder, arguments).run() }
}
