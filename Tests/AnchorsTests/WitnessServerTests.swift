import Anchors
import Base
import EvidenceFormat
import Foundation
import Linux
import TestSupport
import Testing

/// The witness on a real socket.
@Suite struct WitnessServerTests {
    private func serve(_ room: WitnessRoom) throws -> WitnessServer {
        try WitnessServer(
            room.witness(), at: try #require(IPAddress("127.0.0.1")), port: 0, clock: SystemClock()
        ) { _ in }
    }

    /// What comes back for these bytes, until the server ends the connection.
    private func exchange(_ server: WitnessServer, _ bytes: [UInt8]) -> String {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(connection) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = server.port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { return "" }
        _ = bytes.withUnsafeBytes {
            send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let got = recv(connection, &buffer, buffer.count, 0)
            guard got > 0 else { break }
            answer += buffer[..<got]
        }
        return String(decoding: answer, as: UTF8.self)
    }

    private func post(_ server: WitnessServer, _ request: AddCheckpoint) -> String {
        let body = request.encode()
        let head = "POST /add-checkpoint HTTP/1.1\r\nContent-Length: \(body.count)\r\n\r\n"
        return exchange(server, Array(head.utf8) + body)
    }

    @Test func `each refusal has the status that the protocol names`() throws {
        let room = try WitnessRoom()
        let server = try serve(room)
        defer { server.end() }
        let trees = Trees(12)
        var fork = Trees(3)
        fork.add(9, seed: 1)
        let first = post(server, try trees.request(from: 0, to: 8))
        #expect(first.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(first)")
        let note = try trees.note(8)
        let body = try #require(first.components(separatedBy: "\r\n\r\n").last)
        let cosigned = try SignedNote(parsing: note.encode() + Array(body.utf8))
        #expect(try room.cosigner.key.time(on: cosigned) != nil)
        let conflict = post(server, try trees.request(from: 3, to: 12))
        #expect(conflict.hasPrefix("HTTP/1.1 409 Conflict\r\n"))
        #expect(conflict.contains("Content-Type: text/x.tlog.size\r\n"))
        #expect(conflict.hasSuffix("\r\n\r\n8\n"))
        #expect(post(server, try fork.request(from: 8, to: 12)).hasPrefix("HTTP/1.1 422 "))
        #expect(post(server, try fork.request(from: 8, to: 8)).hasPrefix("HTTP/1.1 409 "))
        #expect(post(server, try trees.request(from: 8, to: 3)).hasPrefix("HTTP/1.1 400 "))
        #expect(post(server, try trees.request(from: 8, to: 12, key: 5)).hasPrefix("HTTP/1.1 403 "))
        #expect(exchange(server, Array("nonsense\r\n\r\n".utf8)).hasPrefix("HTTP/1.1 400 "))
        let name = Witness.fileName(TestLog.origin)
        let last = exchange(server, Array("GET /checkpoint/\(name) HTTP/1.1\r\n\r\n".utf8))
        #expect(last.hasSuffix(String(decoding: cosigned.encode(), as: UTF8.self)))
        let unknown = Digest.zero.hex
        #expect(
            exchange(server, Array("GET /checkpoint/\(unknown) HTTP/1.1\r\n\r\n".utf8))
                .hasPrefix("HTTP/1.1 404 "))
    }

    @Test func `callers that say nothing, or nonsense, keep nobody waiting`() throws {
        let room = try WitnessRoom()
        let server = try serve(room)
        defer { server.end() }
        let address = try #require(IPAddress("127.0.0.1"))
        let idle = try (0..<40).map { _ in
            try StreamSocket.connect(to: address, port: server.port, milliseconds: 5000)
        }
        for (i, socket) in idle.enumerated() where i % 2 == 0 {
            _ = socket.write(Array("POST /add-checkpoint HT".utf8).span)
        }
        var random = SeededRandom(seed: 3)
        for _ in 0..<20 {
            _ = exchange(server, random.bytes(300) + Array("\r\n\r\n".utf8))
        }
        let trees = Trees(5)
        #expect(post(server, try trees.request(from: 0, to: 5)).hasPrefix("HTTP/1.1 200 "))
        withExtendedLifetime(idle) {}
    }
}
