import Access
import Base
import Evidence
import EvidenceFormat
import Foundation
import Ingest
import Linux
import Recorder
import ServerSupport
import TestSupport
import Web

/// A gateway over a server on a log of its own.
final class WebBench {
    let server: ServerBench
    let gateway: Gateway
    let port: UInt16

    init(
        failing: Bool = false, _ change: (inout Gateway.Options) -> Void = { _ in }
    ) throws {
        server = try ServerBench(failing: failing)
        (gateway, port) = try Self.start(server, change)
    }

    private static func start(
        _ server: ServerBench, _ change: (inout Gateway.Options) -> Void = { _ in }
    ) throws -> (Gateway, UInt16) {
        let listener = try Listener(IPAddress("127.0.0.1")!, port: 0)
        var options = Gateway.Options()
        change(&options)
        let gateway = try Gateway(
            [Gateway.Entrance(listener)], desk: server.desk, gate: server.gate,
            clock: server.clock, options: options)
        return (gateway, listener.port)
    }

    /// Another gateway over the same log.
    static func again(_ bench: WebBench) throws -> (gateway: Gateway, port: UInt16) {
        try start(bench.server)
    }

    func close() throws {
        gateway.end()
        try server.close()
    }

    /// A header with a token of these roles.
    func bearer(_ roles: Role..., cameras: [String]? = nil) throws -> String {
        "Authorization: Bearer \(try server.token(roles, cameras: cameras))"
    }

    /// Somebody with a password of his own.
    func person(_ name: String, _ password: String, _ roles: Role...) throws {
        _ = try server.book.addPerson(name, Grant(roles: roles), by: TestLog.author)
        try server.book.setPassword(of: name, to: password, by: TestLog.author)
    }

    static func basic(_ name: String, _ password: String) -> String {
        "Authorization: Basic \(Data("\(name):\(password)".utf8).base64EncodedString())"
    }

    func ask(_ target: String, _ headers: String..., method: String = "GET") throws
        -> HTTPProbe.Answer
    {
        try HTTPProbe(port: port).ask(target, headers + ["Connection: close"], method: method)
    }

    /// Something to be changed, with this body of JSON.
    func post(_ target: String, _ body: String, _ headers: String...) throws -> HTTPProbe.Answer {
        let client = try HTTPProbe(port: port)
        let all =
            headers + ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"]
        // A body that is too long is not waited for.
        do {
            try client.send(HTTPProbe.request(target, all, method: "POST") + body)
        } catch is HTTPProbe.Ended {}
        return try client.answer()
    }

    /// A picture that came from elsewhere, with these links.
    @discardableResult
    func put(
        _ bytes: [UInt8], _ links: [(kind: String, value: String)], mime: String = "image/jpeg"
    ) throws -> RecordID {
        var capture = Capture()
        capture.mime = mime
        capture.links = try links.map { try Link(kind: $0.kind, value: $0.value) }
        return try server.log.addImport(
            name: "weld.jpg", instant: server.clock.now, capture, payload: bytes.span,
            by: TestLog.author
        ).id
    }

    /// Adds a camera, and waits until it records.
    func camera(
        _ id: String, _ url: String = "test:mjpeg?size=320x240&fps=25"
    ) throws {
        var config = try CameraConfig(
            id: id, name: "Press \(id)", url: try CameraURL(url), added: server.clock.now)
        config.ringBytes = 16_000_000
        try server.recorder.add(config, credentials: nil)
        while try server.recorder.camera(id).ring.range == nil {
            pauseFor(milliseconds: 20)
        }
    }

    func turnOff(_ id: String) throws {
        var config = try server.recorder.book.camera(id)
        config.isOn = false
        try server.recorder.change(config, credentials: nil, by: TestLog.author)
    }
}
