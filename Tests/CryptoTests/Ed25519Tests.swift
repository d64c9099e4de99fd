import Base
import Crypto
import TestSupport
import Testing

@Suite struct Ed25519Tests {
    struct Vector {
        let seed: String
        let publicKey: String
        let message: String
        let signature: String
    }

    /// RFC 8032 §7.1, tests 1 to 3.
    static let vectors = [
        Vector(
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            message: "",
            signature: """
                e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
                5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
                """),
        Vector(
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            message: "72",
            signature: """
                92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
                085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
                """),
        Vector(
            seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            message: "af82",
            signature: """
                6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac
                18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a
                """),
    ]

    @Test func `the vectors of RFC 8032 come out and verify`() throws {
        for vector in Self.vectors {
            let key = try SigningKey(seed: .vector(vector.seed))
            #expect(key.publicKey.bytes == .vector(vector.publicKey))
            let message = [UInt8].vector(vector.message)
            let signature = key.sign(message)
            #expect(signature == .vector(vector.signature))
            #expect(key.publicKey.verifies(signature, of: message))
        }
    }

    @Test func `a signature with any bit flipped does not verify`() throws {
        let key = try SigningKey(seed: .vector(Self.vectors[2].seed))
        let message = Array("checkpoint".utf8)
        var signature = key.sign(message)
        for bit in 0..<(signature.count * 8) {
            signature[bit / 8] ^= 1 << (bit % 8)
            #expect(!key.publicKey.verifies(signature, of: message))
            signature[bit / 8] ^= 1 << (bit % 8)
        }
        #expect(key.publicKey.verifies(signature, of: message))
    }

    @Test func `a message with any bit flipped does not verify`() throws {
        let key = try SigningKey(seed: .vector(Self.vectors[0].seed))
        var message = Array("checkpoint".utf8)
        let signature = key.sign(message)
        for bit in 0..<(message.count * 8) {
            message[bit / 8] ^= 1 << (bit % 8)
            #expect(!key.publicKey.verifies(signature, of: message))
            message[bit / 8] ^= 1 << (bit % 8)
        }
    }

    @Test func `another key does not verify`() throws {
        let message = Array("checkpoint".utf8)
        let signature = try SigningKey(seed: .vector(Self.vectors[0].seed)).sign(message)
        let other = try PublicKey(.vector(Self.vectors[1].publicKey))
        #expect(!other.verifies(signature, of: message))
    }

    @Test(arguments: [0, 1, 63, 65, 128])
    func `a signature of another length does not verify`(count: Int) throws {
        let key = try PublicKey(.vector(Self.vectors[0].publicKey))
        #expect(!key.verifies([UInt8](repeating: 0, count: count), of: []))
    }

    @Test(arguments: [0, 31, 33, 64])
    func `keys of another length are refused in words`(count: Int) {
        let bytes = [UInt8](repeating: 7, count: count)
        #expect(throws: Failure.self) { try SigningKey(seed: bytes) }
        #expect(throws: Failure.self) { try PublicKey(bytes) }
    }

    @Test func `four threads may sign with one key`() async throws {
        let key = try SigningKey(seed: .vector(Self.vectors[0].seed))
        await withTaskGroup(of: Bool.self) { group in
            for worker in UInt8(0)..<4 {
                group.addTask {
                    (0..<UInt8(Effort.rounds(100))).allSatisfy { round in
                        let message = [worker, round]
                        return key.publicKey.verifies(key.sign(message), of: message)
                    }
                }
            }
            for await valid in group { #expect(valid) }
        }
    }
}

// `#expect` cannot hold a span, so these take arrays.

extension SigningKey {
    fileprivate func sign(_ message: [UInt8]) -> [UInt8] { sign(message.span) }
}

extension PublicKey {
    fileprivate func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        verifies(signature, of: message.span)
    }
}
