import Base
import Crypto
import EvidenceFormat
import Testing

/// Cosignatures and witnesses' keys (C2SP tlog-cosignature).
@Suite struct CosignatureTests {
    private let time = WallTime(microseconds: 1_679_315_147_999_999)

    private func cosigner(_ seed: UInt8 = 1) throws -> Cosigner {
        try Cosigner(name: "witness.example.com/w1", seed: [UInt8](repeating: seed, count: 32))
    }

    private func note() throws -> SignedNote {
        let log = try NoteSigner(
            name: "example.com/behind-the-sofa",
            key: SigningKey(seed: [UInt8](repeating: 2, count: 32)))
        return Checkpoint(
            origin: "example.com/behind-the-sofa", size: 20_852_163,
            root: Digest([UInt8](base64: "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")!)!
        ).signed(by: [log])
    }

    @Test func `the signed bytes are those of the specification`() throws {
        let cosigner = try cosigner()
        let line = cosigner.sign(try note(), at: time)
        // As the specification's example writes them.
        let message = """
            cosignature/v1
            time 1679315147
            example.com/behind-the-sofa
            20852163
            CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

            """
        #expect(line.signature.count == 72)
        #expect(Array(line.signature.prefix(8)) == [0, 0, 0, 0, 0x64, 0x18, 0x50, 0xCB])
        let signature = Array(line.signature.dropFirst(8))
        let isGood = cosigner.key.key.verifies(signature, of: Array(message.utf8).span)
        #expect(isGood)
        let id = SHA256.hash(
            (Array("witness.example.com/w1\n".utf8) + [4] + cosigner.key.key.bytes).span)
        let start = id.bytes.span.bigEndian(UInt32.self, at: 0)
        #expect(cosigner.key.id == start)
    }

    @Test func `a cosigned checkpoint says when, and the log's signature stays good`() throws {
        let cosigner = try cosigner()
        let plain = try note()
        let whole = plain.adding(cosigner.sign(plain, at: time))
        #expect(try cosigner.key.time(on: whole) == WallTime(microseconds: 1_679_315_147_000_000))
        #expect(try cosigner.key.time(on: plain) == nil)
        #expect(try self.cosigner(3).key.time(on: whole) == nil)
        #expect(try SignedNote(parsing: whole.encode()) == whole)
        let line = try #require(whole.signatures.last)
        #expect(plain.encode() + line.line == whole.encode())
    }

    @Test func `a changed text, time or signature is refused`() throws {
        let cosigner = try cosigner()
        let plain = try note()
        let line = cosigner.sign(plain, at: time)
        for i in line.signature.indices {
            var bytes = line.signature
            bytes[i] ^= 1
            let bad = plain.adding(
                NoteSignature(name: line.name, keyID: line.keyID, signature: bytes))
            #expect(throws: Failure.self, "byte \(i)") { try cosigner.key.time(on: bad) }
        }
        for count in [0, 64, 71, 73] {
            let bytes = Array((line.signature + [0]).prefix(count))
            let bad = plain.adding(
                NoteSignature(name: line.name, keyID: line.keyID, signature: bytes))
            #expect(throws: Failure.self) { try cosigner.key.time(on: bad) }
        }
    }

    @Test func `keys have one text each, and the private one stays private`() throws {
        let cosigner = try cosigner()
        #expect(try CosignerKey(cosigner.key.text) == cosigner.key)
        #expect(try Cosigner(cosigner.text).key == cosigner.key)
        #expect(cosigner.text.hasPrefix("PRIVATE+KEY+witness.example.com/w1+"))
        #expect(!cosigner.key.text.contains("PRIVATE"))
        let log = try VerifierKey(name: "x", key: cosigner.key.key)
        #expect(throws: Failure.self) { try CosignerKey(log.text) }
        #expect(throws: Failure.self) { try VerifierKey(cosigner.key.text) }
        for text in ["", "a+b", "x+00000000+AAAA", String(cosigner.key.text.dropLast(4))] {
            #expect(throws: Failure.self) { try CosignerKey(text) }
            #expect(throws: Failure.self) { try Cosigner("PRIVATE+KEY+" + text) }
        }
        var damaged = Array(cosigner.text.utf8)
        damaged[damaged.count - 5] = damaged[damaged.count - 5] == 0x41 ? 0x42 : 0x41
        #expect(throws: Failure.self) { try Cosigner(String(decoding: damaged, as: UTF8.self)) }
    }
}
