import Base
import HTTPD
import Linux
import TestSupport
import Testing

/// The wrapper of the HTTP server library: answers at once, later, from files, and without an end.
@Suite(.serialized) struct HTTPServerTests {
    /// Answers by what its closure says; counts nothing, keeps nothing.
    private final class Handler: HTTPHandler {
        let body: @Sendable (HTTPExchange) -> HTTPReply?
        let bytesMax: Int
        init(_ bytesMax: Int, _ body: @escaping @Sendable (HTTPExchange) -> HTTPReply?) {
            self.bytesMax = bytesMax
            self.body = body
        }
        func bodyBytesMax(_: HTTPExchange) -> Int { bytesMax }
        func answer(_ exchange: HTTPExchange) -> HTTPReply? { body(exchange) }
    }

    /// A server on a thread of its own.
    private final class Bench {
        let port: UInt16
        private let thread: Linux.Thread
        private let ending = Event()

        init(
            _ change: (inout HTTPServer.Options) -> Void = { _ in }, bodyBytesMax: Int = 0,
            turn: Int32 = 50, _ body: @escaping @Sendable (HTTPExchange) -> HTTPReply?
        ) throws {
            Linux.Process.ignoreBrokenPipes()
            let listener = try Listener(IPAddress("127.0.0.1")!, port: 0)
            port = listener.port
            var options = HTTPServer.Options()
            change(&options)
            let server = try HTTPServer(
                listening: listener.descriptor, options, Handler(bodyBytesMax, body))
            let ending = self.ending
            thread = Linux.Thread(name: "http") {
                while !ending.isSet { server.run(milliseconds: turn) }
                server.beginToEnd()
                for _ in 0..<20 where server.connectionCount > 0 { server.run(milliseconds: 50) }
            }
        }

        /// `wake`: what makes the server look at something.
        func end(_ wake: () -> Void = {}) {
            ending.set()
            wake()
            thread.join()
        }
    }

    private static func text(_ text: String) -> HTTPReply {
        HTTPReply(200, [("X-Word", "yes")], .bytes(Array(text.utf8)))
    }

    @Test func `a request is answered with status, headers and body, again and again`() throws {
        let bench = try Bench { exchange in
            Self.text(
                "\(exchange.method) \(String(decoding: exchange.target, as: UTF8.self))"
                    + " \(exchange.header("X-Asked") ?? "-") \(exchange.address)")
        }
        let client = try HTTPProbe(port: bench.port)
        let first = try client.ask("/a%2Fb?c=%zz", ["X-Asked: hm"])
        #expect(first.status == 200 && first.header("x-word") == "yes")
        #expect(first.text == "GET /a%2Fb?c=%zz hm [127, 0, 0, 1]")
        #expect(try client.ask("/", method: "HEAD").body.isEmpty)
        #expect(try client.ask("/2").text == "GET /2 - [127, 0, 0, 1]")
        bench.end()
    }

    @Test func `an answer may come later and from another thread`() throws {
        let bench = try Bench { exchange in
            Linux.Thread(name: "late") {
                pauseFor(milliseconds: 20)
                exchange.reply(Self.text("late"))
                exchange.reply(Self.text("too late"))
            }.detach()
            return nil
        }
        let client = try HTTPProbe(port: bench.port)
        for _ in 0..<5 { #expect(try client.ask("/").text == "late") }
        bench.end()
    }

    @Test func `an answer that comes later does not wait for the end of the server's turn`() throws
    {
        let bench = try Bench(turn: .max) { exchange in
            Linux.Thread(name: "late") {
                pauseFor(milliseconds: 20)
                exchange.reply(Self.text("late"))
            }.detach()
            return nil
        }
        let client = try HTTPProbe(port: bench.port)
        // The client gives up after a minute; the turn would take weeks.
        for _ in 0..<3 { #expect(try client.ask("/").text == "late") }
        bench.end { client.hangUp() }
    }

    @Test func `a handler is asked once, though its exchange is woken before it answers`() throws {
        let asked = Monitor(0)
        let bench = try Bench { exchange in
            asked.withLock { $0 += 1 }
            Linux.Thread(name: "late") {
                for _ in 0..<20 {
                    exchange.wake()
                    pauseFor(milliseconds: 2)
                }
                exchange.reply(Self.text("late"))
            }.detach()
            return nil
        }
        #expect(try HTTPProbe(port: bench.port).ask("/").text == "late")
        #expect(asked.withLock { $0 } == 1)
        bench.end()
    }

    @Test func `an answer that comes when nobody waits any more is dropped`() throws {
        let waiting = Monitor<[HTTPExchange]>([])
        let bench = try Bench { exchange in
            waiting.withLock { $0.append(exchange) }
            return nil
        }
        let client = try HTTPProbe(port: bench.port)
        try client.send(HTTPProbe.request("/"))
        while waiting.withLock({ $0.isEmpty }) { pauseFor(milliseconds: 5) }
        client.hangUp()
        bench.end()
        for exchange in waiting.withLock({ $0 }) {
            exchange.reply(Self.text("nobody"))
            exchange.wake()
        }
    }

    @Test func `part of a file is sent from where it stands`() throws {
        let scratch = Scratch()
        let bytes = TestLog.picture(1, bytes: 300_000)
        scratch.write("file", bytes)
        let file = try RealFileSystem().open("\(scratch.path)/file", .read)
        let slice = try #require(FileSlice(file, offset: 1000, count: 250_000))
        let bench = try Bench { _ in
            HTTPReply(
                200, [],
                .file(
                    HTTPFilePart(
                        descriptor: slice.descriptor, offset: slice.offset, count: slice.count,
                        owner: slice)))
        }
        let client = try HTTPProbe(port: bench.port)
        for _ in 0..<3 { #expect(try client.ask("/").body == Array(bytes[1000..<251_000])) }
        // Whoever goes away in the middle of it ends nothing but his own connection.
        for _ in 0..<20 {
            let rude = try HTTPProbe(port: bench.port, receiveBytes: 4096)
            try rude.send(HTTPProbe.request("/"))
            _ = try rude.head()
            rude.hangUp()
        }
        #expect(try client.ask("/").body.count == 250_000)
        bench.end()
    }

    /// Gives what it is told to, piece by piece.
    private final class Stream: HTTPStream {
        let pieces = Monitor<[HTTPPiece]>([])
        let isGone: Event
        init(_ isGone: Event) { self.isGone = isGone }
        deinit { isGone.set() }
        func next() -> HTTPPiece {
            pieces.withLock { $0.isEmpty ? .wait : $0.removeFirst() }
        }
    }

    @Test func `a stream goes on as its owner says, piece by piece, and ends`() throws {
        let begun = Monitor<(Stream, HTTPExchange)?>(nil)
        let isGone = Event()
        let bench = try Bench { exchange in
            let stream = Stream(isGone)
            begun.withLock { $0 = (stream, exchange) }
            return HTTPReply(200, [], .stream(stream))
        }
        let client = try HTTPProbe(port: bench.port)
        try client.send(HTTPProbe.request("/"))
        #expect(try client.head().status == 200)
        let large = TestLog.picture(2, bytes: 200_000)
        for piece in [Array("one".utf8), Array("two".utf8), large] {
            begun.withLock { begun in
                begun?.0.pieces.withLock { $0.append(.parts([piece[..<1], piece[1...]])) }
                begun?.1.wake()
            }
            var got: [UInt8] = []
            while got.count < piece.count { got += try #require(try client.chunk()) }
            #expect(got == piece)
        }
        begun.withLock { begun in
            begun?.0.pieces.withLock { $0.append(.end) }
            begun?.1.wake()
            begun = nil
        }
        #expect(try client.chunk() == nil)
        isGone.wait()
        bench.end()
    }

    @Test func `a stream is let go when its client hangs up, though nothing is sent`() throws {
        let isGone = Event()
        let bench = try Bench { _ in HTTPReply(200, [], .stream(Stream(isGone))) }
        let client = try HTTPProbe(port: bench.port)
        try client.send(HTTPProbe.request("/"))
        #expect(try client.head().status == 200)
        client.hangUp()
        isGone.wait()
        bench.end()
    }

    @Test func `a server that ends closes streams, and tells who waits`() throws {
        let isGone = Event()
        let bench = try Bench { exchange in
            exchange.target == Array("/stream".utf8)
                ? HTTPReply(200, [], .stream(Stream(isGone))) : nil
        }
        let viewer = try HTTPProbe(port: bench.port)
        try viewer.send(HTTPProbe.request("/stream"))
        #expect(try viewer.head().status == 200)
        let waiter = try HTTPProbe(port: bench.port)
        try waiter.send(HTTPProbe.request("/"))
        pauseFor(milliseconds: 100)
        bench.end()
        isGone.wait()
        #expect(try waiter.answer().status == 503)
        #expect(viewer.isEnded)
    }

    @Test(arguments: [
        "garbage\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n",
        "GET / HTTP/1.1\r\n: no name\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
    ])
    func `garbage is refused, and the next client is answered`(text: String) throws {
        let bench = try Bench({ $0.askSeconds = 1 }) { _ in Self.text("well") }
        let client = try HTTPProbe(port: bench.port)
        try client.send(text)
        do { #expect(try client.answer().status >= 200) } catch is HTTPProbe.Ended {}
        #expect(try HTTPProbe(port: bench.port).ask("/").text == "well")
        bench.end()
    }

    @Test func `a head that is too large is refused, and costs no more than its limit`() throws {
        let bench = try Bench { _ in Self.text("well") }
        for head in [
            HTTPProbe.request("/" + String(repeating: "a", count: 100_000)),
            HTTPProbe.request("/", ["X: " + String(repeating: "a", count: 100_000)]),
            HTTPProbe.request("/", (0..<20_000).map { "X\($0): 1" }),
        ] {
            let client = try HTTPProbe(port: bench.port)
            do {
                try client.send(head)
                #expect([413, 414, 431].contains(try client.answer().status))
            } catch is HTTPProbe.Ended {}
        }
        #expect(try HTTPProbe(port: bench.port).ask("/").text == "well")
        bench.end()
    }

    @Test func `a body is refused before it comes`() throws {
        let bench = try Bench { _ in Self.text("well") }
        let client = try HTTPProbe(port: bench.port)
        try client.send(HTTPProbe.request("/", ["Content-Length: 1000000000"], method: "POST"))
        #expect(try client.answer().status == 413)
        let chunked = try HTTPProbe(port: bench.port)
        try chunked.send(HTTPProbe.request("/", ["Transfer-Encoding: chunked"]))
        #expect(try chunked.answer().status == 413)
        bench.end()
    }

    @Test func `a body that may be is whole when the handler is asked`() throws {
        let bench = try Bench(bodyBytesMax: 1000) { Self.text("got \($0.body.count) \($0.body)") }
        let client = try HTTPProbe(port: bench.port)
        for body in ["", "x", String(repeating: "a", count: 1000)] {
            let head = HTTPProbe.request(
                "/", ["Content-Length: \(body.utf8.count)"], method: "POST")
            try client.send(head)
            for byte in body.utf8.prefix(10) { try client.send([byte]) }
            try client.send(Array(body.utf8.dropFirst(10)))
            #expect(try client.answer().text == "got \(body.utf8.count) \(Array(body.utf8))")
        }
        for length in ["1001", "-1", "99999999999999999999", "x"] {
            let long = try HTTPProbe(port: bench.port)
            try long.send(HTTPProbe.request("/", ["Content-Length: \(length)"], method: "POST"))
            #expect([400, 413].contains(try long.answer().status), "\(length)")
        }
        bench.end()
    }

    @Test func `whoever sends a body byte by byte is hung up on in time`() throws {
        let bench = try Bench({ $0.askSeconds = 1 }, bodyBytesMax: 1000) { _ in Self.text("well") }
        let client = try HTTPProbe(port: bench.port)
        try client.send(HTTPProbe.request("/", ["Content-Length: 1000"], method: "POST"))
        var sent = 0
        do {
            while true {
                try client.send("G")
                sent += 1
                pauseFor(milliseconds: 100)
            }
        } catch is HTTPProbe.Ended {}
        #expect(sent > 5 && sent < 1000)
        bench.end()
    }

    @Test func `whoever asks byte by byte is hung up on in time`() throws {
        let bench = try Bench({ $0.askSeconds = 1 }) { _ in Self.text("well") }
        let client = try HTTPProbe(port: bench.port)
        var sent = 0
        do {
            while true {
                try client.send("G")
                sent += 1
                pauseFor(milliseconds: 100)
            }
        } catch is HTTPProbe.Ended {}
        #expect(sent > 5)
        bench.end()
    }
}
