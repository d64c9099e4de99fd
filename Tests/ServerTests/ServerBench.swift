import Access
import Base
import Crypto
import Evidence
import EvidenceFormat
import Foundation
import Linux
import Recorder
import SASL
import TLS
import TestSupport

@testable import Server

/// A server on a log of its own, with all three entrances.
final class ServerBench {
    let scratch = Scratch()
    let clock = SystemClock()
    let log: EvidenceLog
    let recorder: Recorder
    let book: AccessBook
    let trail: AccessTrail
    let server: Server
    let keyHash: Digest
    let plainPort: UInt16
    let securePort: UInt16
    var socketPath: String { "\(scratch.path)/wire.sock" }
    static let check = "odoo:test/quality.check/17"

    init(_ change: (inout Server.Options) -> Void = { _ in }) throws {
        (log, _) = try TestLog.open(scratch.path, clock: clock)
        var recording = Recorder.Options()
        recording.freeBytesMin = 1 << 20
        recorder = try Recorder(
            dataDirectory: scratch.path, log: log, clock: clock, options: recording)
        (book, _) = try AccessBook.open(dataDirectory: scratch.path, log: log, clock: clock)
        trail = AccessTrail(log, clock: clock)
        let pair = try SelfSigned.make(names: ["localhost"], years: 1)
        scratch.write("access/server.pem", pair.certificate)
        scratch.write("access/server.key", pair.key)
        keyHash = pair.keyHash
        let context = try TLSContext(
            serverCertificate: "\(scratch.path)/access/server.pem",
            key: "\(scratch.path)/access/server.key")
        let loopback = IPAddress("127.0.0.1")!
        let plain = try Listener(loopback, port: 0)
        let secure = try Listener(loopback, port: 0)
        plainPort = plain.port
        securePort = secure.port
        var options = Server.Options()
        change(&options)
        let owner = try Listener(path: "\(scratch.path)/wire.sock")
        server = try Server(
            [
                Entrance(owner, .owner), Entrance(plain, .loopback),
                Entrance(secure, .secure(context)),
            ],
            desk: Desk(log: log, recorder: recorder, trail: trail, book: book) {
                .object(JSONObject([("state", .string("serving"))]))
            },
            gate: Gate(book: book, trail: trail, door: Doorkeeper(clock: clock)),
            origin: log.origin, clock: clock, options: options)
    }

    func close() throws {
        server.end()
        recorder.close()
        try trail.close()
        try log.close()
    }

    func owner(window: Int64 = 1 << 20) throws -> WireClient {
        let client = try WireClient(path: socketPath)
        try client.logIn("owner", window: window)
        return client
    }

    private var tokens = 0

    func token(_ roles: [Role], cameras: [String]? = nil) throws -> String {
        tokens += 1
        return try book.addToken(
            "t\(tokens)", Grant(roles: roles, cameras: cameras), by: TestLog.author
        ).text
    }

    func lines(_ what: TrailAction) throws -> [TrailLine] {
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
