import Anchors
import Base
import EvidenceFormat
import TestSupport
import Testing

/// The bytes of requests: one way to write each, and a status for everything else.
@Suite struct WitnessRequestTests {
    private func bytes(_ body: [UInt8], _ head: String = "POST /add-checkpoint HTTP/1.1") -> [UInt8]
    {
        Array("\(head)\r\nHost: w\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    private func progress(_ bytes: [UInt8]) -> WitnessRequestReader.Progress {
        var reader = WitnessRequestReader()
        return reader.take(bytes.span)
    }

    private func status(_ text: String) -> Int? {
        if case .refuse(let status, _) = progress(Array(text.utf8)) { status } else { nil }
    }

    @Test func `a request is read whole and byte by byte`() throws {
        let request = try Trees(9).request(from: 4, to: 9)
        let whole = bytes(request.encode())
        #expect(progress(whole) == .request(.add(request)))
        var reader = WitnessRequestReader()
        for (i, byte) in whole.enumerated() {
            let expected: WitnessRequestReader.Progress =
                i == whole.count - 1 ? .request(.add(request)) : .more
            #expect(reader.take([byte].span) == expected)
        }
        let hash = Digest.zero.hex
        #expect(
            progress(Array("GET /checkpoint/\(hash) HTTP/1.1\r\nHost: w\r\n\r\n".utf8))
                == .request(.last(hash)))
    }

    @Test func `a client that asks whether to go on is told to`() throws {
        let body = try Trees(2).request(from: 0, to: 2)
        let encoded = body.encode()
        let head =
            "POST /add-checkpoint HTTP/1.1\r\nExpect: 100-continue\r\n"
            + "Content-Length: \(encoded.count)\r\n\r\n"
        var reader = WitnessRequestReader()
        #expect(reader.take(Array(head.utf8).span) == .goOn)
        #expect(reader.take(encoded.span) == .request(.add(body)))
    }

    @Test func `every fault has a status`() {
        #expect(status("nonsense\r\n\r\n") == 400)
        #expect(status("GET /add-checkpoint HTTP/1.1\r\n\r\n") == 405)
        #expect(status("POST /checkpoint/00 HTTP/1.1\r\n\r\n") == 405)
        #expect(status("GET /checkpoint/00 HTTP/1.1\r\n\r\n") == 404)
        #expect(status("GET / HTTP/1.1\r\n\r\n") == 404)
        #expect(status("POST /add-checkpoint HTTP/2\r\n\r\n") == 400)
        #expect(status("POST  /add-checkpoint HTTP/1.1\r\n\r\n") == 400)
        #expect(status("POST /add-checkpoint HTTP/1.1\r\n\r\n") == 411)
        for length in ["-1", "+1", "1 1", "", "9999999999", "0x1"] {
            let head = "POST /add-checkpoint HTTP/1.1\r\nContent-Length: \(length)\r\n\r\n"
            #expect(status(head) == 411, "\(length)")
        }
        let twice = "Content-Length: 1\r\nContent-Length: 1\r\n"
        #expect(status("POST /add-checkpoint HTTP/1.1\r\n\(twice)\r\n") == 411)
        #expect(status("POST /add-checkpoint HTTP/1.1\r\nContent-Length: 999999\r\n\r\n") == 413)
        let chunked = "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"
        #expect(status("POST /add-checkpoint HTTP/1.1\r\n\(chunked)\r\n") == 411)
        // What other readers might take for the end of a line, or of a name.
        #expect(status("POST /add-checkpoint HTTP/1.1\nContent-Length: 1\r\n\r\n") == 400)
        #expect(status("POST /add-checkpoint HTTP/1.1\r\nContent-Length : 1\r\n\r\n") == 400)
        #expect(status("POST /add-checkpoint HTTP/1.1\r\n Content-Length: 1\r\n\r\n") == 400)
        #expect(status("POST /add-checkpoint HTTP/1.1\r\nX: \u{1}\r\n\r\n") == 400)
        #expect(status(String(repeating: "a", count: 5000)) == 431)
        #expect(
            status("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 5000))\r\n\r\n") == 431)
        #expect(status("POST /add-checkpoint HTTP/1.1\r\nContent-Length: 1\r\n\r\nab") == 400)
        #expect(status("POST /add-checkpoint HTTP/1.1\r\nContent-Length: 1\r\n\r\na") == 400)
    }

    @Test func `a body is written in one way`() throws {
        let good = try Trees(9).request(from: 4, to: 9)
        let text = String(decoding: good.encode(), as: UTF8.self)
        #expect(try AddCheckpoint(parsing: Array(text.utf8)) == good)
        let hashes = String(repeating: Digest.zero.bytes.base64 + "\n", count: 64)
        for bad in [
            "", "old 4\n", text.replacing("old 4", with: "old 04"),
            text.replacing("old 4", with: "old  4"), text.replacing("old 4", with: "Old 4"),
            text.replacing("old 4\n", with: "old 4\n\(hashes)"),
            text.replacing("old 4\n", with: "old 4\nAAAA\n"),
            text.replacing("old 4", with: "old 9007199254740993"), String(text.dropLast()),
        ] {
            #expect(throws: Failure.self, "\(bad)") {
                try AddCheckpoint(parsing: Array(bad.utf8))
            }
        }
    }

    @Test func `random bytes never trap`() throws {
        let request = bytes(try Trees(9).request(from: 4, to: 9).encode())
        var random = SeededRandom(seed: 17)
        for _ in 0..<3000 {
            var changed = request
            for _ in 0..<(1 + Int(random.next() % 4)) {
                changed[Int(random.next() % UInt64(changed.count))] = UInt8(
                    truncatingIfNeeded: random.next())
            }
            _ = progress(changed)
            _ = progress(random.bytes(Int(random.next() % 200)))
        }
    }
}
