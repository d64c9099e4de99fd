import Access
import Base
import Evidence
import SASL
import TLS
import ServerSupport
import TestSupport
import Testing
import WireProtocol

/// Somebody between client and server, or with what he heard there: he gets nothing, and the trail
/// says that he was there.
@Suite(.serialized) struct BetweenTests {
    private struct Bench {
        let bench: ServerBench
        let context: TLSContext
        let secret: String

        init() throws {
            bench = try ServerBench()
            secret = try bench.book.addPerson(
                "ann", Grant(roles: [.auditor]), by: TestLog.author)
            context = try TLSContext(trusting: .pinned(bench.keyHash))
        }

        func refusals() throws -> Int {
            try bench.lines(.logIn).filter { $0.entry.refusal != nil && $0.entry.who == "ann" }
                .reduce(0) { $0 + $1.count }
        }
    }

    private static func auth(_ client: WireClient, _ method: String, _ message: [UInt8]) throws
        -> WireClient.Frame
    {
        var fields = FieldWriter()
        fields.add(.method, method)
        fields.add(.sasl, message)
        try client.send(.auth, fields.bytes)
        return try client.receive()
    }

    @Test func `messages of a log-in that are passed on over another TLS session are refused`()
        throws
    {
        let bench = try Bench()
        // Ann trusted the wrong certificate, and speaks to somebody who passes on what she says.
        let pair = try SelfSigned.make(names: ["localhost"], years: 1)
        let hers: [UInt8] = Array(pair.keyHash.bytes)
        let between = try WireClient(port: bench.bench.securePort, bench.context)
        _ = try between.greet()
        var ann = try SCRAMClient(user: "ann", password: bench.secret, binding: .exporter(hers))
        let challenge = try Self.auth(between, "scram-sha-256-plus", ann.first)
        let proof = try ann.prove(try #require(try challenge.bytes(.sasl)))
        #expect(try Self.auth(between, "scram-sha-256-plus", proof).error == .wrongCredentials)
        #expect(throws: WireClient.Ended.self) { _ = try between.receive() }
        #expect(try bench.refusals() == 1)
        try bench.bench.close()
    }

    @Test func `a client that was told there is no binding is refused where there is`() throws {
        let bench = try Bench()
        let client = try WireClient(port: bench.bench.securePort, bench.context)
        let refused = try LogInTests.logIn(client, "ann", bench.secret, .unoffered)
        #expect(refused.error == .wrongCredentials)
        #expect(try refused.text(.words)?.contains("somebody may be in between") == true)
        #expect(try bench.refusals() == 1)
        // One that cannot bind says so, and is let in.
        let plain = try WireClient(port: bench.bench.securePort, bench.context)
        #expect(try LogInTests.logIn(plain, "ann", bench.secret, .none).type == .admitted)
        try bench.bench.close()
    }

    @Test func `what was heard of one log-in opens no other`() throws {
        let bench = try Bench()
        let port = bench.bench.plainPort
        let client = try WireClient(port: port)
        _ = try client.greet()
        var ann = try SCRAMClient(user: "ann", password: bench.secret, binding: .none)
        let challenge = try Self.auth(client, "scram-sha-256", ann.first)
        let proof = try ann.prove(try #require(try challenge.bytes(.sasl)))
        #expect(try Self.auth(client, "scram-sha-256", proof).type == .admitted)
        // The same bytes again, on a connection of their own.
        let replay = try WireClient(port: port)
        _ = try replay.greet()
        let other = try Self.auth(replay, "scram-sha-256", ann.first)
        #expect(other.type == .challenge)
        #expect(try other.bytes(.sasl) != challenge.bytes(.sasl))
        #expect(try Self.auth(replay, "scram-sha-256", proof).error == .wrongCredentials)
        // A proof without its first message is out of turn.
        let late = try WireClient(port: port)
        _ = try late.greet()
        #expect(try Self.auth(late, "scram-sha-256", proof).type == .error)
        #expect(try bench.refusals() >= 1)
        try bench.bench.close()
    }
}
