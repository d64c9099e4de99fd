import Base
import HTTPClient
import TestSupport
import Testing

/// Keeps what came, and stops when it is told to.
private final class Keeper: HTTPReceiver {
    var head: HTTPHead?
    var body: [UInt8] = []
    var answers = 0
    var checkpoints = 0
    var stopAfter = Int.max
    var refuses = false
    var wakeDescriptor: Int32? { nil }

    func answered(_ head: HTTPHead) throws(Failure) {
        self.head = head
        answers += 1
    }

    func received(_ bytes: Span<UInt8>) throws(Failure) {
        if refuses { throw Failure(.full, "no more room") }
        body.append(span: bytes)
    }

    func checkpoint() throws(Failure) {
        checkpoints += 1
        if checkpoints > stopAfter { throw Failure(.stopped, "told to stop") }
    }
}

@Suite struct HTTPClientTests {
    private typealias Step = LoopbackServer.Step

    private static func answer(
        _ body: String, status: String = "200 OK", more: String = "", length: Int? = nil
    ) -> Step {
        .text(
            "HTTP/1.1 \(status)\r\nContent-Type: image/jpeg; x=y\r\n\(more)"
                + "Content-Length: \(length ?? body.utf8.count)\r\n\r\n" + body)
    }

    private static var quick: HTTPLimits {
        var limits = HTTPLimits()
        limits.connectMilliseconds = 300
        limits.answerMilliseconds = 300
        limits.silenceMilliseconds = 300
        limits.bodyBytesMax = 1 << 20
        return limits
    }

    /// What the exchange came to; nil when it ended well.
    private static func reason(
        _ target: HTTPTarget, _ keeper: Keeper = Keeper(), limits: HTTPLimits = quick
    ) throws -> HTTPFailure.Reason? {
        let client = try HTTPClient(target, limits: limits)
        do throws(HTTPFailure) {
            try client.get(keeper)
            return nil
        } catch {
            #expect(!error.description.contains("secret"))
            return error.reason
        }
    }

    private static func reason(
        _ steps: [Step], user: String? = nil, limits: HTTPLimits = quick
    ) throws -> HTTPFailure.Reason? {
        let server = try LoopbackServer { _ in steps }
        defer { server.end() }
        let target = HTTPTarget(url: server.url(), user: user, password: "secret")
        return try reason(target, limits: limits)
    }

    @Test func `an answer comes with its header, and connections are kept`() throws {
        let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        let server = try LoopbackServer { _ in
            [.request, Self.answer("first", more: date), .request, Self.answer("second"), .hang]
        }
        defer { server.end() }
        let client = try HTTPClient(HTTPTarget(url: server.url("/a?b=c")))
        let keeper = Keeper()
        try client.get(keeper)
        let second = try client.get(keeper)
        #expect(keeper.body == Array("firstsecond".utf8) && keeper.answers == 2)
        #expect(second.status == 200 && second.contentLength == 6 && second.date == nil)
        #expect(second.mediaType == "image/jpeg" && second.parameter("x") == "y")
        #expect(server.requests.count == 2)
        #expect(server.requests[0].hasPrefix("GET /a?b=c HTTP/1.1\r\n"))
    }

    @Test func `the Date of the answer is read`() throws {
        let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        let server = try LoopbackServer { _ in [.request, Self.answer("x", more: date)] }
        defer { server.end() }
        let head = try HTTPClient(HTTPTarget(url: server.url())).get(Keeper())
        #expect(head.date == WallTime(microseconds: 784_111_777_000_000))
    }

    @Test func `every fault has its own reason`() throws {
        #expect(try Self.reason([.request, Self.answer("", status: "404 No")]) == .status(404))
        #expect(try Self.reason([.request, Self.answer("x", status: "500 No")]) == .status(500))
        #expect(try Self.reason([.request, Self.answer("", status: "401 No")]) == .authentication)
        #expect(try Self.reason([.request]) == .closedUnanswered)
        #expect(try Self.reason([.request, .reset]) == .closedUnanswered)
        #expect(try Self.reason([.request, .hang]) == .answerTimeout)
        #expect(try Self.reason([.request, .text("no HTTP at all\r\n\r\n")]) == .notHTTP)
        #expect(try Self.reason([.request, Self.answer("half", length: 9)]) == .partial)
        #expect(try Self.reason([.request, Self.answer("half", length: 9), .hang]) == .stalled)
        #expect(try Self.reason([.request, Self.answer("x", length: 2 << 20)]) == .bodyTooLarge)
    }

    @Test func `headers are bounded, in one line or in many`() throws {
        let long = String(repeating: "a", count: 300_000)
        #expect(
            try Self.reason([.request, .text("HTTP/1.1 200 OK\r\nX: \(long)"), .hang])
                == .headerTooLarge)
        let many = String(repeating: "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", count: 500)
        #expect(
            try Self.reason([.request, .text("HTTP/1.1 200 OK\r\n\(many)"), .hang])
                == .headerTooLarge)
    }

    @Test func `a closed port, an unknown name and a broken URL are told apart`() throws {
        let server = try LoopbackServer { _ in [] }
        let url = server.url()
        server.end()
        #expect(try Self.reason(HTTPTarget(url: url)) == .refused)
        #expect(try Self.reason(HTTPTarget(url: "http://no-such-host.invalid/")) == .resolve)
        #expect(try Self.reason(HTTPTarget(url: "http://[::1/")) == .badURL)
    }

    @Test func `whoever receives can end it, at any time`() throws {
        let server = try LoopbackServer { _ in [.request, Self.answer("body"), .hang] }
        defer { server.end() }
        let full = Keeper()
        full.refuses = true
        #expect(try Self.reason(HTTPTarget(url: server.url()), full) == .receiver)
        let silent = try LoopbackServer { _ in [.request, .hang] }
        defer { silent.end() }
        let stopped = Keeper()
        stopped.stopAfter = 1
        #expect(
            try Self.reason(HTTPTarget(url: silent.url()), stopped, limits: HTTPLimits())
                == .receiver)
    }

    @Test func `Basic is used when it is all there is, and at once from the second time on`() throws
    {
        let offer = "WWW-Authenticate: Basic realm=\"c\"\r\n"
        let server = try LoopbackServer { _ in
            [
                .request, Self.answer("", status: "401 No", more: offer), .request,
                Self.answer("in"), .request, Self.answer("in"),
            ]
        }
        defer { server.end() }
        let target = HTTPTarget(url: server.url(), user: "us:er", password: "s:ecr@t#1")
        let client = try HTTPClient(target)
        let keeper = Keeper()
        try client.get(keeper)
        try client.get(keeper)
        #expect(keeper.body == Array("inin".utf8) && keeper.answers == 2)
        let expected = "Authorization: Basic " + Array("us:er:s:ecr@t#1".utf8).base64
        #expect(server.requests.map { $0.contains(expected) } == [false, true, true])
    }

    @Test func `Digest never sends the password`() throws {
        let offer =
            "WWW-Authenticate: Digest realm=\"c\", nonce=\"n\", qop=\"auth\"\r\n"
            + "WWW-Authenticate: Basic realm=\"c\"\r\n"
        let server = try LoopbackServer { _ in
            [.request, Self.answer("", status: "401 No", more: offer), .request, Self.answer("in")]
        }
        defer { server.end() }
        let keeper = Keeper()
        let target = HTTPTarget(url: server.url("/x"), user: "admin", password: "secret")
        #expect(try Self.reason(target, keeper) == nil)
        #expect(keeper.body == Array("in".utf8))
        #expect(server.requests[1].contains("Digest username=\"admin\""))
        #expect(!server.requests.joined().contains("Basic"))
    }

    @Test func `credentials do not follow a redirect to another host`() throws {
        let other = try LoopbackServer { _ in [.request, Self.answer("there")] }
        defer { other.end() }
        let there = other.url("/p", host: "localhost")
        let offer = "WWW-Authenticate: Basic realm=\"c\"\r\n"
        let server = try LoopbackServer { _ in
            [
                .request, Self.answer("", status: "401 No", more: offer), .request,
                Self.answer("", status: "302 Found", more: "Location: \(there)\r\n"),
            ]
        }
        defer { server.end() }
        let target = HTTPTarget(url: server.url(), user: "admin", password: "secret")
        let keeper = Keeper()
        #expect(try Self.reason(target, keeper) == nil)
        #expect(keeper.body == Array("there".utf8))
        #expect(other.requests.count == 1 && !other.requests[0].contains("Authorization"))
    }

    @Test func `redirects are bounded, and lead to HTTP only`() throws {
        let loop = Self.answer("", status: "302 Found", more: "Location: /again\r\n")
        let round: [Step] = (0..<8).flatMap { _ in [Step.request, loop] }
        #expect(try Self.reason(round) == .redirects)
        let file = Self.answer("", status: "302 Found", more: "Location: file:///etc/passwd\r\n")
        #expect(try Self.reason([.request, file]) != nil)
    }

    @Test func `a target does not show its password`() {
        let target = HTTPTarget(url: "http://10.0.0.7/x", user: "admin", password: "secret")
        #expect("\(target)" == "http://10.0.0.7/x")
    }
}

extension HTTPClientTests {
    @Test func `what is posted arrives, and a refusal's words come back`() throws {
        let big = [UInt8](repeating: 0x61, count: 200_000)
        let service = try LoopbackService { request in
            if request.path == "/gone" { return .init([], status: 302) }
            let same = request.method == "POST" && request.body == big
            return .init(Array((same ? "17\n" : "other").utf8), status: 409, mime: "text/x.size")
        }
        defer { service.end() }
        let client = try HTTPClient(HTTPTarget(url: service.url))
        for _ in 0..<2 {
            let reply = try client.post(big, mime: "application/x-test")
            #expect(reply.status == 409 && reply.body == Array("17\n".utf8))
            #expect(reply.head.mediaType == "text/x.size" && reply.words == "17")
        }
        // Its next GET is none of these.
        let asked = try client.fetch()
        #expect(asked.status == 409 && asked.words == "other")
        let moved = try HTTPClient(HTTPTarget(url: service.url + "/gone"))
        #expect(try moved.post([1], mime: "x/y").status == 302)
    }
}
