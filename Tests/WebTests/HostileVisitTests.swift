import Access
import Base
import Foundation
import ServerSupport
import TestSupport
import Testing
import Web

/// Clients that are slow, rude or many: bounded, refused, and no harm to the others.
@Suite(.serialized) struct HostileVisitTests {
    @Test func `two hundred slow readers cost little, and the others are served`() throws {
        let bench = try WebBench()
        try bench.camera("press-1", "test:mjpeg?size=1280x720&fps=25")
        let login = try bench.bearer(.auditor)
        let before = try residentBytes()
        let slow = try (0..<200).map { _ in
            let client = try HTTPProbe(port: bench.port, receiveBytes: 4096)
            try client.send(HTTPProbe.request("/cameras/press-1.mjpg", [login]))
            return client
        }
        for client in slow { #expect(try client.head().status == 200) }
        for _ in 0..<20 {
            #expect(try bench.ask("/cameras/press-1.jpg", login).status == 200)
            #expect(try bench.ask("/healthz").status == 200)
            pauseFor(milliseconds: 50)
        }
        // A frame that is on its way to each, shared, and the connection's own 32 KB. A sanitizer
        // keeps what was freed for a while.
        #expect(try residentBytes() - before < (Effort.isQuick ? 512 : 64) << 20)
        try bench.close()
    }

    private func residentBytes() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
            .split(separator: " ")[1]
        return (Int(pages) ?? 0) * 4096
    }

    @Test func `viewers beyond the limit are told so, and everything else goes on`() throws {
        let bench = try WebBench { $0.connectionsMax = 20 }
        try bench.camera("press-1")
        let login = try bench.bearer(.auditor)
        var viewers: [HTTPProbe] = []
        for _ in 0..<10 {
            let client = try HTTPProbe(port: bench.port)
            try client.send(HTTPProbe.request("/cameras/press-1.mjpg", [login]))
            #expect(try client.head().status == 200)
            viewers.append(client)
        }
        let refused = try bench.ask("/cameras/press-1.mjpg", login)
        #expect(refused.status == 503 && refused.header("Retry-After") != nil)
        #expect(try bench.ask("/cameras/press-1.jpg", login).status == 200)
        viewers.removeAll()
        while try bench.ask("/cameras/press-1.mjpg", login, method: "HEAD").status != 200 {
            pauseFor(milliseconds: 50)
        }
        try bench.close()
    }

    @Test(arguments: [
        "/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/pictures/../../access/book.json",
        "/pictures/%2e%2e/book.json", "//etc/passwd", "/%00", "/cameras/../../x.jpg",
        "/cameras/%2e%2e%2f%2e%2e%2fbook.jpg", "/checks/%00/pictures", "/checks/%ff/pictures",
    ])
    func `no address leads out of the store`(path: String) throws {
        let bench = try WebBench()
        let answer = try bench.ask(path, try bench.bearer(.auditor))
        #expect((400...404).contains(answer.status), "\(answer.status)")
        #expect(!answer.text.contains("root:") && !answer.text.contains("stored_key"))
        try bench.close()
    }

    @Test func `random requests are answered or hung up on, and the server stays`() throws {
        let bench = try WebBench()
        let login = try bench.bearer(.auditor)
        var random = SeededRandom(seed: Effort.seed)
        let words = [
            "GET ", "HEAD ", "POST ", "/checks/", "/cameras/", "/pictures/", "%2F", "%", "?", "=",
            "&", " HTTP/1.1\r\n", " HTTP/1.0\r\n", "Host: x\r\n", "\(login)\r\n", "\r\n",
            "\r\n\r\n",
            "Range: bytes=", "-", "0", "If-None-Match: ", "\"", "Authorization: Basic ", "\u{0}",
            "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n",
            "/find", "/metrics", ".jpg", ".mjpg", "/pictures", "ü", ":", "Accept: json\r\n",
        ]
        for _ in 0..<Effort.rounds(2000) {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                bytes += Array(words[Int.random(in: 0..<words.count, using: &random)].utf8)
            }
            if Bool.random(using: &random) { bytes = random.bytes(200) }
            let client = try HTTPProbe(port: bench.port)
            do { try client.send(bytes) } catch is HTTPProbe.Ended {}
            client.hangUp()
        }
        #expect(try bench.ask("/find", login).status == 200, "\(Effort.replay)")
        try bench.close()
    }

    @Test func `a password that is wrong does not hold up the others`() throws {
        let bench = try WebBench()
        let login = try bench.bearer(.auditor)
        #expect(try bench.ask("/find", login).status == 200)
        let guesses = try (0..<50).map { i in
            let client = try HTTPProbe(port: bench.port)
            try client.send(
                HTTPProbe.request("/find", [WebBench.basic("user-\(i)", "guess number \(i)")]))
            return client
        }
        // Answered while most of the guesses still wait for their turn.
        for _ in 0..<10 { #expect(try bench.ask("/find", login).status == 200) }
        for guess in guesses { #expect([401, 429].contains(try guess.answer().status)) }
        try bench.close()
    }
}
