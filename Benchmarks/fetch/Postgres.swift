import Base
import BenchFetching
import BenchHarness
import BenchPeers
import Glibc

/// A table with the picture's bytes, uncompressed, by its indexed key; a prepared statement with a
/// binary answer.
struct Postgres: Answerer {
    let name = "PostgreSQL, bytea"
    private let child: Child
    private let port: Int
    private static let user = "bench"

    /// Where Debian keeps the server's programs; nil where it is not installed, or where nobody may
    /// run it (it refuses to run as root, so it runs as its own user then).
    static let programs: String? = {
        for version in (13...20).reversed() {
            let path = "/usr/lib/postgresql/\(version)/bin"
            if access("\(path)/postgres", X_OK) == 0 { return path }
        }
        return nil
    }()

    private static func asItself(_ words: [String]) -> [String] {
        getuid() == 0
            ? [
                "setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups",
                "--pdeathsig", "KILL",
            ] + words : words
    }

    /// `folder` must be reachable for its user.
    init(_ folder: String, _ pictures: Pictures, programs: String) throws {
        try makeFolder(folder)
        if getuid() == 0, let user = getpwnam("postgres") {
            chown(folder, user.pointee.pw_uid, user.pointee.pw_gid)
        }
        guard
            Child.run(
                Self.asItself([
                    "\(programs)/initdb", "-D", "\(folder)/data", "-U", Self.user, "-A", "trust",
                    "--no-sync", "-E", "UTF8", "--no-locale",
                ]))
        else { throw BenchFailure("PostgreSQL could not make its folder") }
        port = try freePort()
        child = try Child(
            Cores.server(
                Self.asItself([
                    "\(programs)/postgres", "-D", "\(folder)/data", "-p", "\(port)", "-h",
                    "127.0.0.1", "-k", folder, "-c", "shared_buffers=512MB", "-c",
                    "max_connections=100", "-c", "fsync=off",
                ])))
        try waitForPort(port, name)
        try fill(pictures)
    }

    private func fill(_ pictures: Pictures) throws {
        let statements = [
            "create table pictures (id text primary key, body bytea not null)",
            "alter table pictures alter body set storage external",
        ]
        let load = Target.Load(connections: 1, seconds: 1, isOnce: true)
        var target = Target(wire: PEER_POSTGRES, port: port, process: child.process)
        target.greeting = Self.startup
        target.greetingAnswers = 1
        _ = try target.ask(statements.map { Self.message("Q", Self.text($0)) }, load)
        target.greeting += Self.prepare("insert into pictures values ($1, $2)")
        target.greetingAnswers = 2
        let inserts = (0..<pictures.count).map { i in
            Self.execute([Array(Pictures.check(i).utf8), pictures.picture(i)])
        }
        _ = try target.ask(inserts, load)
        target.greeting = Self.startup
        target.greetingAnswers = 1
        _ = try target.ask([Self.message("Q", Self.text("vacuum analyze pictures"))], load)
    }

    func target(secret: Bool) -> Target? {
        guard !secret else { return nil }
        var target = Target(wire: PEER_POSTGRES, port: port, process: child.process)
        target.greeting = Self.startup + Self.prepare("select body from pictures where id = $1")
        target.greetingAnswers = 2
        return target
    }

    func pictureRequests(_ count: Int) -> [[UInt8]] {
        (0..<count).map { Self.execute([Array(Pictures.check($0).utf8)]) }
    }

    func smallRequests(_ count: Int) -> [[UInt8]] { [] }

    func end() { child.end(SIGINT) }

    // MARK: Its protocol, version 3

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

    private static func message(_ type: Character, _ body: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = Array(String(type).utf8)
        bytes.appendBigEndian(UInt32(body.count + 4))
        return bytes + body
    }

    private static var startup: [UInt8] {
        var body: [UInt8] = []
        body.appendBigEndian(UInt32(3 << 16))
        body += text("user") + text(user) + text("database") + text("postgres") + [0]
        var bytes: [UInt8] = []
        bytes.appendBigEndian(UInt32(body.count + 4))
        return bytes + body
    }

    private static func prepare(_ statement: String) -> [UInt8] {
        message("P", text("s") + text(statement) + [0, 0]) + message("S", [])
    }

    /// Bind with binary parameters and a binary answer, execute, and the end of the transaction.
    private static func execute(_ parameters: [[UInt8]]) -> [UInt8] {
        var bind = text("") + text("s")
        bind += [0, 1, 0, 1]
        bind.appendBigEndian(UInt16(parameters.count))
        for parameter in parameters {
            bind.appendBigEndian(UInt32(parameter.count))
            bind += parameter
        }
        bind += [0, 1, 0, 1]
        return message("B", bind) + message("E", text("") + [0, 0, 0, 0]) + message("S", [])
    }
}
