import Access
import Base
import Evidence
import Recorder
import SASL
import TLS
import TestSupport
import Testing
import WireProtocol
import ServerSupport

/// Who comes in, what he may do then, and what is written down of it.
@Suite(.serialized) struct LogInTests {
    @Test func `a token does what its role may, and no more`() throws {
        let bench = try ServerBench()
        _ = try bench.owner().put(TestLog.picture(1), check: ServerBench.check)
        let erp = try WireClient(port: bench.plainPort)
        let admitted = try erp.logIn("token", secret: bench.token([.erp]))
        #expect(admitted.type == .admitted)
        #expect(try admitted.text(.name)?.hasPrefix("token:") == true)
        let byCheck = try erp.request(.get) { $0.add(.link, "check=\(ServerBench.check)") }
        #expect(byCheck.body == TestLog.picture(1))
        let id = try #require(try byCheck.reply?.text(.id))
        // By check, not by id; and it takes no pictures.
        #expect(try erp.request(.get) { $0.add(.id, id) }.error == .denied)
        #expect(try erp.request(.find) { _ in }.error == .denied)
        #expect(try erp.put(TestLog.picture(2), check: ServerBench.check).error == .denied)
        let admin = try WireClient(port: bench.plainPort)
        try admin.logIn("token", secret: bench.token([.admin]))
        let seen = try admin.request(.get) { $0.add(.link, "check=\(ServerBench.check)") }
        #expect(seen.error == .denied)
        #expect(seen.body.isEmpty)
        #expect(try bench.lines(.read).contains { $0.entry.refusal != nil })
        #expect(try bench.lines(.read).contains { $0.entry.refusal == nil })
        try bench.close()
    }

    @Test func `a token that is wrong or taken back opens nothing, at once`() throws {
        let bench = try ServerBench()
        let wrong = try WireClient(port: bench.plainPort)
        let refused = try wrong.logIn(
            "token", secret: "prt_00000000_\(String(repeating: "A", count: 43))")
        #expect(refused.error == .wrongCredentials)
        let text = try bench.token([.auditor])
        let client = try WireClient(port: bench.plainPort)
        try client.logIn("token", secret: text)
        #expect(try client.request(.status) { _ in }.reply != nil)
        _ = try bench.book.revokeToken("t1", by: TestLog.author)
        let after = try client.request(.status) { _ in }
        #expect(after.error == .notAdmitted)
        #expect(throws: WireClient.Ended.self) { _ = try client.receive() }
        #expect(try bench.lines(.logIn).contains { $0.entry.refusal != nil })
        try bench.close()
    }

    @Test func `an owner's log-in is for the local socket alone`() throws {
        let bench = try ServerBench()
        let client = try WireClient(port: bench.plainPort)
        #expect(try client.logIn("owner").error == .notAdmitted)
        try bench.close()
    }

    @Test func `a password over TLS is bound to the connection`() throws {
        let bench = try ServerBench()
        let secret = try bench.book.addPerson(
            "ann", Grant(roles: [.auditor]), by: TestLog.author)
        let context = try TLSContext(trusting: .pinned(bench.keyHash))
        let client = try WireClient(port: bench.securePort, context)
        let binding = try #require(client.tls).channelBinding()
        let admitted = try Self.logIn(client, "ann", secret, .exporter(binding))
        #expect(admitted.type == .admitted)
        #expect(try admitted.has(.mustChange))
        // Somebody in between has another connection to the server than the client has to him.
        let other = try WireClient(port: bench.securePort, context)
        let stolen = try Self.logIn(other, "ann", secret, .exporter(binding))
        #expect(stolen.error == .wrongCredentials)
        let wrong = try WireClient(port: bench.securePort, context)
        let own = try #require(wrong.tls).channelBinding()
        #expect(try Self.logIn(wrong, "ann", "not that", .exporter(own)).error == .wrongCredentials)
        #expect(throws: Failure.self) {
            let pin = try TLSContext(trusting: .pinned(.zero))
            _ = try WireClient(port: bench.securePort, pin)
        }
        try bench.close()
    }

    @Test func `who guesses has to wait`() throws {
        let bench = try ServerBench()
        var last: WireError.Code?
        for _ in 0..<30 where last != .lockedOut {
            let client = try WireClient(port: bench.plainPort)
            last = try Self.logIn(client, "admin", "guess", .none).error
        }
        #expect(last == .lockedOut)
        try bench.close()
    }

    static func logIn(
        _ client: WireClient, _ user: String, _ password: String, _ binding: SCRAMBinding
    ) throws -> WireClient.Frame {
        _ = try client.greet()
        var scram = try SCRAMClient(user: user, password: password, binding: binding)
        let method = scram.mechanism.rawValue.lowercased()
        func auth(_ message: [UInt8]) throws -> WireClient.Frame {
            var fields = FieldWriter()
            fields.add(.method, method)
            fields.add(.sasl, message)
            try client.send(.auth, fields.bytes)
            return try client.receive()
        }
        let challenge = try auth(scram.first)
        guard challenge.type == .challenge, let bytes = try challenge.bytes(.sasl) else {
            return challenge
        }
        let end = try auth(scram.prove(bytes))
        if let answer = try end.bytes(.sasl) { try scram.verify(answer) }
        return end
    }
}
