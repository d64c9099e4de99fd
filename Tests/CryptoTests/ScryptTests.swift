import Base
import Crypto
import TestSupport
import Testing

@Suite struct ScryptTests {
    struct Vector {
        let passphrase: String
        let salt: String
        let n: UInt64
        let r: UInt64
        let p: UInt64
        let key: String
    }

    /// RFC 7914 §12, without the last, which wants a gigabyte.
    static let vectors = [
        Vector(
            passphrase: "", salt: "", n: 16, r: 1, p: 1,
            key: """
                77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442
                fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906
                """),
        Vector(
            passphrase: "password", salt: "NaCl", n: 1024, r: 8, p: 16,
            key: """
                fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162
                2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640
                """),
        Vector(
            passphrase: "pleaseletmein", salt: "SodiumChloride", n: 16_384, r: 8, p: 1,
            key: """
                7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2
                d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887
                """),
    ]

    @Test func `the vectors of RFC 7914 come out`() throws {
        for vector in Self.vectors {
            let key = try scrypt(
                passphrase: Array(vector.passphrase.utf8), salt: Array(vector.salt.utf8),
                n: vector.n, r: vector.r, p: vector.p, byteCount: 64)
            #expect(key == .vector(vector.key), "\(vector.passphrase)")
        }
    }

    @Test(arguments: [(0, 8, 1), (1, 8, 1), (1000, 8, 1), (16, 0, 1), (1 << 30, 8, 1)])
    func `costs that make no sense, or need too much memory, are refused in words`(
        n: UInt64, r: UInt64, p: UInt64
    ) {
        let failure = #expect(throws: Failure.self) {
            try scrypt(passphrase: [1], salt: [2], n: n, r: r, p: p, byteCount: 32)
        }
        #expect(failure?.kind == .invalid)
    }
}
