import Base
import Crypto
import Testing

@testable import SASL

/// One log-in from both sides, with everything that a liar in between could do to it.
@Suite struct SCRAMTests {
    private let exporter: [UInt8] = Array(repeating: 7, count: 32)

    private func secret(_ password: String = "pencil of wood") throws -> SCRAMSecret {
        try SCRAMSecret(password: password, salt: [1, 2, 3, 4], iterations: 4096)
    }

    /// The kind of failure, and its words, of a log-in whose messages `change` may alter.
    private func logIn(
        _ binding: SCRAMBinding = .none, exporter: [UInt8]? = nil, user: String = "ann",
        password: String = "pencil of wood", mechanism: SCRAMMechanism? = nil,
        change: (Int, [UInt8]) -> [UInt8] = { $1 }
    ) throws -> Failure? {
        let secret = try secret()
        do throws(Failure) {
            var client = try SCRAMClient(user: user, password: password, binding: binding)
            var server = try SCRAMServer(mechanism ?? client.mechanism, exporter: exporter)
            let first = change(0, client.first)
            let challenge = change(1, try server.challenge(first) { _ in secret })
            let proof = change(2, try client.prove(challenge))
            let answer = change(3, try server.finish(proof))
            try client.verify(answer)
            #expect(server.isProven && server.user == user)
            return nil
        } catch {
            return error
        }
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `the example of RFC 7677 comes out byte for byte`() throws {
        let salt = try #require([UInt8](base64: "W22ZaJ0SNY7soEsUEjb6gQ=="))
        let secret = try SCRAMSecret(password: "pencil", salt: salt, iterations: 4096)
        var client = try SCRAMClient(
            user: "user", password: "pencil", binding: .none, nonce: "rOprNGfwEbeRWgbNEkqO")
        var server = SCRAMServer(
            .sha256, exporter: nil, nonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")
        #expect(text(client.first) == "n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
        let challenge = try server.challenge(client.first) { name in
            #expect(name == "user")
            return secret
        }
        #expect(
            text(challenge)
                == "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
        let proof = try client.prove(challenge)
        #expect(
            text(proof)
                == "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
        let answer = try server.finish(proof)
        #expect(text(answer) == "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
        try client.verify(answer)
    }

    @Test(arguments: [SCRAMBinding.none, .unoffered, .exporter(Array(repeating: 7, count: 32))])
    func `the right password opens, with and without a channel`(binding: SCRAMBinding) throws {
        let exporter: [UInt8]? = if case .exporter(let bytes) = binding { bytes } else { nil }
        #expect(try logIn(binding, exporter: exporter) == nil)
    }

    @Test func `names with commas and equals signs come through`() throws {
        #expect(try logIn(user: "a,b=c=2C") == nil)
    }

    @Test func `a wrong password and a name that nobody has get the same words`() throws {
        let wrong = try #require(try logIn(password: "pencil of lead"))
        #expect(wrong.kind == .denied && wrong.words == "wrong name or password")
        let pretended = SCRAMSecret.pretended(for: "nobody", key: [1, 2, 3])
        var client = try SCRAMClient(user: "nobody", password: "x", binding: .none)
        var server = try SCRAMServer(.sha256, exporter: nil)
        let proof = try client.prove(try server.challenge(client.first) { _ in pretended })
        let failure = #expect(throws: Failure.self) { try server.finish(proof) }
        #expect(failure?.words == wrong.words)
        #expect(!server.isProven)
    }

    @Test func `a name that nobody has always gets the same salt, as somebody would`() throws {
        let key: [UInt8] = [9, 9]
        let first = SCRAMSecret.pretended(for: "nobody", key: key)
        #expect(first == .pretended(for: "nobody", key: key))
        #expect(first.salt != SCRAMSecret.pretended(for: "nobody2", key: key).salt)
        let real = try SCRAMSecret(password: "pencil of wood")
        #expect(first.salt.count == real.salt.count && first.iterations == real.iterations)
        #expect(real.iterations >= 100_000)
    }

    @Test func `a proof is good once`() throws {
        let secret = try secret()
        var client = try SCRAMClient(user: "ann", password: "pencil of wood", binding: .none)
        var server = try SCRAMServer(.sha256, exporter: nil)
        let proof = try client.prove(try server.challenge(client.first) { _ in secret })
        _ = try server.finish(proof)
        #expect(throws: Failure.self) { try server.finish(proof) }
        // In another log-in it answers another nonce.
        var second = try SCRAMServer(.sha256, exporter: nil)
        _ = try second.challenge(client.first) { _ in secret }
        let failure = #expect(throws: Failure.self) { try second.finish(proof) }
        #expect(failure?.kind == .denied && failure?.words.contains("another challenge") == true)
        #expect(!second.isProven)
    }

    @Test func `a client that was told there is no PLUS finds a server that has it`() throws {
        let failure = try #require(try logIn(.unoffered, exporter: exporter))
        #expect(failure.kind == .denied && failure.words.contains("in between"))
        // Rewriting y to n on the way breaks what the client proves.
        let rewritten = try #require(
            try logIn(.unoffered, exporter: exporter) { step, bytes in
                step == 0 ? [0x6E] + bytes.dropFirst() : bytes
            })
        #expect(rewritten.kind == .denied)
    }

    @Test func `a log-in of another TLS session is refused`() throws {
        let other = [UInt8](repeating: 8, count: 32)
        let failure = try #require(try logIn(.exporter(other), exporter: exporter))
        #expect(failure.kind == .denied && failure.words.contains("another connection"))
    }

    @Test(arguments: [
        (SCRAMBinding.none, SCRAMMechanism.sha256Plus), (.unoffered, .sha256Plus),
        (.exporter([1]), .sha256),
    ])
    func `a header that does not fit the mechanism is refused`(
        binding: SCRAMBinding, mechanism: SCRAMMechanism
    ) throws {
        let failure = try #require(try logIn(binding, exporter: exporter, mechanism: mechanism))
        #expect(failure.kind == .denied)
    }

    @Test(arguments: 1...3)
    func `no byte of a message can be changed on the way`(step: Int) throws {
        var random = SeededRandom(seed: UInt64(step))
        for _ in 0..<40 {
            let failure = try logIn { at, bytes in
                guard at == step else { return bytes }
                var bytes = bytes
                let place = Int(random.next() % UInt64(bytes.count))
                bytes[place] ^= UInt8(1 + random.next() % 127)
                return bytes
            }
            #expect(failure != nil)
        }
    }

    @Test(arguments: [
        "", "n", "n,,", "n,,n=ann", "n,,r=1", "n,a=bob,n=ann,r=1", "n,,m=x,n=ann,r=1",
        "n,,n=,r=1", "n,,n=a=2X,r=1", "n,,n=ann,r=", "n,,n=ann,r=a b", "x,,n=ann,r=1",
        "p=tls-unique,,n=ann,r=1", "n,,n=ann,r=\u{E4}",
    ])
    func `a first message that is not one is refused`(text: String) throws {
        var server = try SCRAMServer(.sha256, exporter: nil)
        let secret = try secret()
        #expect(throws: Failure.self) {
            try server.challenge(Array(text.utf8)) { _ in secret }
        }
        #expect(throws: Failure.self) {
            try server.challenge(Array("n,,n=a,r=1".utf8)) { _ in secret }
        }
    }

    @Test func `a message of any length costs no more than its limit`() throws {
        var server = try SCRAMServer(.sha256, exporter: nil)
        let secret = try secret()
        let long = Array("n,,n=\(String(repeating: "a", count: 5000)),r=1".utf8)
        #expect(throws: Failure.self) { try server.challenge(long) { _ in secret } }
    }

    @Test(arguments: ["i=1", "i=4095", "i=10000001", "i=-5", "i=x"])
    func `a server that asks for too little or too much work is left`(iterations: String) throws {
        var client = try SCRAMClient(user: "ann", password: "x", binding: .none, nonce: "abc")
        let failure = #expect(throws: Failure.self) {
            try client.prove(Array("r=abcd,s=AQID,\(iterations)".utf8))
        }
        #expect(failure?.kind == .denied)
    }

    @Test func `a server that does not know the secret is found out`() throws {
        let failure = try #require(
            try logIn { step, bytes in
                step == 3 ? Array("v=\([UInt8](repeating: 0, count: 32).base64)".utf8) : bytes
            })
        #expect(failure.words.contains("does not know"))
    }

    @Test(arguments: ["", "a\tb", "a\u{7F}", "a\u{85}b"])
    func `a password with control characters, or none, is refused`(password: String) {
        #expect(throws: Failure.self) { try Password.bytes(password) }
    }
}
