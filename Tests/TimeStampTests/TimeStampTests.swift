import Base
import TestSupport
import Testing
import TimeStamp

/// Replies of a real authority, and what somebody could make of them (T22).
@Suite struct TimeStampTests {
    private static let imprint = Digest(hex: String(repeating: "ab", count: 32))!
    private static let nonce: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
    static let authority: TestAuthority = {
        do { return try TestAuthority() } catch { preconditionFailure("\(error)") }
    }()

    private func request(
        _ imprint: Digest = imprint, policy: String? = nil, nonce: [UInt8]? = nonce
    ) throws -> TimeStampRequest {
        try TimeStampRequest(imprint: imprint, policy: policy, nonce: nonce)
    }

    private func pinned(_ authority: TestAuthority = authority) throws -> Certificates {
        try Certificates(pem: authority.certificate)
    }

    /// What it fails for; nil when it does not.
    private func reason(
        _ bytes: [UInt8], _ request: TimeStampRequest, _ pinned: Certificates
    ) -> TimeStampFailure.Reason? {
        do throws(TimeStampFailure) {
            try TimeStampReply(bytes).verify(request, pinned: pinned)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func `a time stamp is good, says when, and openssl agrees`() throws {
        let request = try request(policy: TestAuthority.otherPolicy)
        let bytes = try Self.authority.reply(to: request.encode())
        let reply = try TimeStampReply(bytes)
        try reply.verify(request, pinned: pinned())
        #expect(reply.imprint == Self.imprint && reply.policy == TestAuthority.otherPolicy)
        #expect(reply.certificates.all.count == 1)
        Self.authority.folder.write("good.tsr", bytes)
        let text = try Self.authority.sh("openssl ts -reply -in good.tsr -text")
        #expect(text.contains("Status: Granted"), "\(text)")
        let said = try Self.authority.sh(
            "openssl ts -verify -digest \(Self.imprint.hex) -in good.tsr -CAfile ca.pem")
        #expect(said.contains("Verification: OK"), "\(said)")
    }

    @Test func `openssl reads the request`() throws {
        Self.authority.folder.write(
            "q.tsq", try request(policy: TestAuthority.otherPolicy).encode())
        let text = try Self.authority.sh("openssl ts -query -in q.tsq -text")
        #expect(text.contains("Hash Algorithm: sha256"), "\(text)")
        #expect(text.contains("Policy OID: tsa_policy") || text.contains("1.2.3.4.5"), "\(text)")
        #expect(text.contains("Nonce: 0x0102030405060708"), "\(text)")
        #expect(text.contains("Certificate required: yes"), "\(text)")
    }

    @Test func `T22 a time stamp of other bytes is refused`() throws {
        let bytes = try Self.authority.reply(to: request().encode())
        #expect(try reason(bytes, request(.zero), pinned()) == .imprint)
    }

    @Test func `T22 an answer to another request is refused`() throws {
        let bytes = try Self.authority.reply(to: request().encode())
        let other = try request(nonce: [9, 9, 9, 9, 9, 9, 9, 9])
        #expect(try reason(bytes, other, pinned()) == .nonce)
        let without = try Self.authority.reply(to: request(nonce: nil).encode())
        #expect(try reason(without, request(), pinned()) == .nonce)
    }

    @Test func `T22 another policy is refused`() throws {
        let bytes = try Self.authority.reply(to: request().encode())
        let asked = try request(policy: TestAuthority.otherPolicy)
        #expect(try reason(bytes, asked, pinned()) == .policy)
    }

    @Test func `T22 an authority that is not pinned is refused, though it has the same name`()
        throws
    {
        let stranger = try TestAuthority()
        let bytes = try stranger.reply(to: request().encode())
        #expect(try reason(bytes, request(), pinned()) == .unknownAuthority)
        #expect(try reason(bytes, request(), pinned(stranger)) == nil)
        #expect(try reason(bytes, request(), Certificates([])) == .unknownAuthority)
    }

    @Test func `T22 a certificate that had expired at the stated time is refused`() throws {
        let old = try TestAuthority(made: "400 days ago", days: 30)
        let late = try old.reply(to: request().encode())
        #expect(try reason(late, request(), pinned(old)) == .expired)
        // Nor was it good before it was made.
        let early = try old.reply(to: request().encode(), at: "500 days ago")
        #expect(try reason(early, request(), pinned(old)) == .expired)
    }

    @Test func `a time stamp stays good when its certificate has expired since`() throws {
        let old = try TestAuthority(made: "400 days ago", days: 30)
        let bytes = try old.reply(to: request().encode(), at: "390 days ago")
        #expect(try reason(bytes, request(), pinned(old)) == nil)
        // Which openssl, asked plainly, does not say.
        old.folder.write("old.tsr", bytes)
        #expect(throws: ChildFailure.self) {
            try old.sh("openssl ts -verify -digest \(Self.imprint.hex) -in old.tsr -CAfile ca.pem")
        }
    }

    @Test func `T22 a refusal is told with the authority's own words`() throws {
        let bytes = try Self.authority.reply(to: request(policy: "1.2.3.4.99").encode())
        do throws(TimeStampFailure) {
            _ = try TimeStampReply(bytes)
            Issue.record("a refusal was taken for a time stamp")
        } catch {
            #expect(error.reason == .rejected)
            #expect(error.description.contains("does not have the policy"), "\(error)")
        }
    }

    @Test func `a reply cut at any byte is refused`() throws {
        let bytes = try Self.authority.reply(to: request().encode())
        for count in 0..<bytes.count {
            #expect(try reason(Array(bytes.prefix(count)), request(), pinned()) == .malformed)
        }
        #expect(try reason(bytes + [0], request(), pinned()) == .malformed)
    }

    @Test func `a reply with any one byte changed is never a time stamp of something else`() throws
    {
        let request = try request()
        let bytes = try Self.authority.reply(to: request.encode())
        let good = try TimeStampReply(bytes)
        let pinned = try pinned()
        for i in bytes.indices {
            for bit in [0x01, 0x80] as [UInt8] {
                var changed = bytes
                changed[i] ^= bit
                do throws(TimeStampFailure) {
                    let reply = try TimeStampReply(changed)
                    try reply.verify(request, pinned: pinned)
                    // What is not signed, such as the status, may change; what it says does not.
                    #expect(reply.time == good.time && reply.imprint == good.imprint)
                    #expect(reply.policy == good.policy && reply.serial == good.serial)
                } catch {
                    #expect(!error.description.isEmpty)
                }
            }
        }
    }

    @Test(arguments: ["", "1", "abc", "1..2", "9.1.1", "1.2.3;4"])
    func `what is no policy is refused before anybody is asked`(text: String) {
        #expect(throws: Failure.self) { try request(policy: text) }
    }

    @Test func `certificates are read and written as one text`() throws {
        let pem = Self.authority.certificate
        let read = try Certificates(pem: Array("a remark\n".utf8) + pem + pem)
        #expect(read.all.count == 1)
        #expect(try Certificates(pem: read.pem) == read)
        #expect(read.roots == read)
        #expect(throws: Failure.self) { try Certificates(pem: []) }
        #expect(throws: Failure.self) { try Certificates(pem: Array(pem.dropLast(30))) }
        #expect(throws: Failure.self) {
            try Certificates(pem: pem + Array("-----BEGIN CERTIFICATE-----\nAA".utf8))
        }
    }

    @Test func `a revocation list is known by its signature`() throws {
        let list = Self.authority.revocationList
        #expect(try pinned().signed(revocations: list))
        #expect(try !pinned(TestAuthority()).signed(revocations: list))
        for i in list.indices.dropFirst(4) {
            var changed = list
            changed[i] ^= 1
            #expect(try !pinned().signed(revocations: changed), "byte \(i)")
        }
        let named = try TestAuthority(revocations: "http://127.0.0.1:1/list.crl")
        let reply = try TimeStampReply(named.reply(to: request().encode()))
        #expect(reply.certificates.revocationURL == "http://127.0.0.1:1/list.crl")
    }
}
