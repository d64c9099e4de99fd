import Base
import Crypto
import TestSupport
import Testing

@Suite struct SecretBoxTests {
    static let key = [UInt8](repeating: 0x42, count: SecretBox.keyByteCount)
    static let binding = Array("log-key v1".utf8)

    /// Test case 16 of the GCM specification (McGrew and Viega), as `nonce ‖ ciphertext ‖ tag`.
    @Test func `the published AES-256-GCM example opens`() throws {
        let half = "feffe9928665731c6d6a8f9467308308"
        let box = [UInt8].vector(
            """
            cafebabefacedbaddecaf888
            522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
            8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662
            76fc6ece0f4e1768cddf8853bb2d551b
            """)
        let plain = try SecretBox.open(
            box, key: .vector(half + half),
            binding: .vector("feedfacedeadbeeffeedfacedeadbeefabaddad2"))
        #expect(
            plain
                == .vector(
                    """
                    d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
                    1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39
                    """))
    }

    @Test(arguments: [0, 1, 15, 16, 17, 32, 1000])
    func `what was sealed opens again`(count: Int) throws {
        var random = SeededRandom(seed: Effort.seed)
        let plain = random.bytes(count)
        let box = try SecretBox.seal(plain, key: Self.key, binding: Self.binding)
        #expect(box.count == 12 + count + 16)
        #expect(try SecretBox.open(box, key: Self.key, binding: Self.binding) == plain)
    }

    @Test func `an empty binding is allowed and is not the same as another`() throws {
        let box = try SecretBox.seal([1, 2, 3], key: Self.key, binding: [])
        #expect(try SecretBox.open(box, key: Self.key, binding: []) == [1, 2, 3])
        #expect(throws: Failure.self) {
            try SecretBox.open(box, key: Self.key, binding: Self.binding)
        }
    }

    @Test func `the same secret never looks the same twice`() throws {
        let a = try SecretBox.seal([1, 2, 3], key: Self.key, binding: Self.binding)
        let b = try SecretBox.seal([1, 2, 3], key: Self.key, binding: Self.binding)
        #expect(a != b)
    }

    @Test func `a box with any bit flipped is refused`() throws {
        var box = try SecretBox.seal(
            Array("a seed of thirty-two bytes......".utf8), key: Self.key, binding: Self.binding)
        for bit in 0..<(box.count * 8) {
            box[bit / 8] ^= 1 << (bit % 8)
            let failure = #expect(throws: Failure.self) {
                try SecretBox.open(box, key: Self.key, binding: Self.binding)
            }
            #expect(failure?.kind == .refused)
            box[bit / 8] ^= 1 << (bit % 8)
        }
    }

    @Test func `a box cut anywhere is refused`() throws {
        let box = try SecretBox.seal(Array("secret".utf8), key: Self.key, binding: Self.binding)
        for count in 0..<box.count {
            #expect(throws: Failure.self) {
                try SecretBox.open(Array(box.prefix(count)), key: Self.key, binding: Self.binding)
            }
        }
    }

    @Test func `another key or another binding is refused`() throws {
        let box = try SecretBox.seal(Array("secret".utf8), key: Self.key, binding: Self.binding)
        var key = Self.key
        key[31] ^= 1
        #expect(throws: Failure.self) {
            try SecretBox.open(box, key: key, binding: Self.binding)
        }
        #expect(throws: Failure.self) {
            try SecretBox.open(box, key: Self.key, binding: Array("log-key v2".utf8))
        }
    }

    @Test func `random bytes come in the number asked for and do not repeat`() throws {
        #expect(try randomBytes(0) == [])
        #expect(try randomBytes(32).count == 32)
        #expect(try randomBytes(32) != randomBytes(32))
    }
}
