import BenchFetching
import BenchHarness
import BenchPeers
import Glibc

/// Everything in memory, nothing durable.
struct Redis: Answerer {
    static let program = "redis-server"
    let name = "redis, GET"
    private let child: Child
    private let port: Int

    init(_ folder: String, _ pictures: Pictures) throws {
        try makeFolder(folder)
        port = try freePort()
        child = try Child(
            Cores.server([
                Self.program, "--port", "\(port)", "--bind", "127.0.0.1", "--save", "",
                "--appendonly", "no", "--dir", folder,
            ]))
        try waitForPort(port, name)
        let sets = (0..<pictures.count).flatMap { i in
            [
                Self.command([Array("SET".utf8), Array("p\(i)".utf8), pictures.picture(i)]),
                Self.command([Array("SET".utf8), Array("s\(i)".utf8), pictures.small(i)]),
            ]
        }
        let load = Target.Load(connections: 1, seconds: 1, isOnce: true)
        _ = try target(secret: false)?.ask(sets, load)
    }

    private static func command(_ words: [[UInt8]]) -> [UInt8] {
        var bytes = Array("*\(words.count)\r\n".utf8)
        for word in words { bytes += Array("$\(word.count)\r\n".utf8) + word + Array("\r\n".utf8) }
        return bytes
    }

    func target(secret: Bool) -> Target? {
        secret ? nil : Target(wire: PEER_REDIS, port: port, process: child.process)
    }

    private func gets(_ letter: String, _ count: Int) -> [[UInt8]] {
        (0..<count).map { Self.command([Array("GET".utf8), Array("\(letter)\($0)".utf8)]) }
    }

    func pictureRequests(_ count: Int) -> [[UInt8]] { gets("p", count) }
    func smallRequests(_ count: Int) -> [[UInt8]] { gets("s", count) }
    func end() { child.end(SIGTERM) }
}
