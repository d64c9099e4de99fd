package import Access
package import Base
package import Evidence
package import Factory
internal import EvidenceFormat
package import Linux
package import Recorder
package import Server
internal import TLS
package import TestSupport

/// A server on a log of its own, with all three entrances.
package final class ServerBench {
    package let scratch = Scratch()
    package let clock = SystemClock()
    package let log: EvidenceLog
    package let recorder: Recorder
    package let factory: Factory
    package let floor: Floor
    package let book: AccessBook
    package let trail: AccessTrail
    package var server: Server { running! }
    private var running: Server?
    package let keyHash: Digest
    package let desk: Desk
    package let gate: Gate
    private let options: Server.Options
    package let plainPort: UInt16
    package let securePort: UInt16
    package var socketPath: String { "\(scratch.path)/wire.sock" }
    package static let check = "odoo:test/quality.check/17"

    /// What the log is on, for a bench whose disk is to fail.
    package let files: FaultyFileSystem?

    package init(
        failing: Bool = false, _ change: (inout Server.Options) -> Void = { _ in }
    ) throws {
        let files = failing ? FaultyFileSystem(root: scratch.path) : nil
        self.files = files
        if let files {
            (log, _) = try TestLog.open(on: files, clock: clock)
        } else {
            (log, _) = try TestLog.open(scratch.path, clock: clock)
        }
        var recording = Recorder.Options()
        recording.freeBytesMin = 1 << 20
        recorder = try Recorder(
            dataDirectory: scratch.path, log: log, clock: clock, options: recording)
        factory = try Factory(dataDirectory: scratch.path, log: log, clock: clock)
        floor = Floor(factory, recorder)
        (book, _) = try AccessBook.open(dataDirectory: scratch.path, log: log, clock: clock)
        trail = AccessTrail(log, clock: clock)
        let pair = try SelfSigned.make(names: ["localhost"], years: 1)
        scratch.write("access/server.pem", pair.certificate)
        scratch.write("access/server.key", pair.key)
        keyHash = pair.keyHash
        var options = Server.Options()
        change(&options)
        self.options = options
        let plain = try Listener(Self.loopback, port: 0)
        let secure = try Listener(Self.loopback, port: 0)
        plainPort = plain.port
        securePort = secure.port
        desk = Desk(
            log: log, book: book,
            served: Desk.Served(recorder: recorder, trail: trail, floor: floor)
        ) {
            .object(JSONObject([("state", .string("serving"))]))
        }
        gate = Gate(book: book, trail: trail, door: Doorkeeper(clock: clock))
        running = try Self.start(
            scratch.path, plain, secure, desk, gate, log.origin, clock, options)
    }

    private static let loopback = IPAddress("127.0.0.1")!

    private static func start(
        _ folder: String, _ plain: Listener, _ secure: Listener, _ desk: Desk, _ gate: Gate,
        _ origin: String, _ clock: SystemClock, _ options: Server.Options
    ) throws -> Server {
        let context = try TLSContext(
            serverCertificate: "\(folder)/access/server.pem", key: "\(folder)/access/server.key")
        let owner = try Listener(path: "\(folder)/wire.sock")
        return try Server(
            [
                Entrance(owner, .owner), Entrance(plain, .loopback),
                Entrance(secure, .secure(context)),
            ], desk: desk, gate: gate, origin: origin, clock: clock, options: options)
    }

    /// Gives the server another certificate, with another key, whose hash this is.
    package func renew() throws -> Digest {
        let pair = try SelfSigned.make(names: ["localhost"], years: 1)
        scratch.write("access/server.pem", pair.certificate)
        scratch.write("access/server.key", pair.key)
        server.renew(
            try TLSContext(
                serverCertificate: "\(scratch.path)/access/server.pem",
                key: "\(scratch.path)/access/server.key"))
        return pair.keyHash
    }

    /// Ends the server as a stop does, and starts another one at the same places.
    package func restart() throws {
        server.end()
        // Its sockets go with it.
        running = nil
        running = try Self.start(
            scratch.path, Listener(Self.loopback, port: plainPort),
            Listener(Self.loopback, port: securePort), desk, gate, log.origin, clock, options)
    }

    package func close() throws {
        server.end()
        recorder.close()
        try trail.close()
        try log.close()
    }

    private var tokens = 0

    package func token(_ roles: [Role], cameras: [String]? = nil) throws -> String {
        tokens += 1
        return try book.addToken(
            "t\(tokens)", Grant(roles: roles, cameras: cameras), by: TestLog.author
        ).text
    }

    package func lines(_ what: TrailAction) throws -> [TrailLine] {
        try trail.flush()
        var found: [TrailLine] = []
        var query = TrailQuery()
        query.what = what
        try query.run(log) { line, _ in
            found.append(line)
            return true
        }
        return found
    }
}
