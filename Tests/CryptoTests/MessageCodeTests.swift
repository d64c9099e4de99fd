import Base
import Crypto
import Testing

@Suite struct MessageCodeTests {
    /// RFC 4231, cases 1, 2 and 6.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0B, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131),
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func `HMAC-SHA-256 answers as RFC 4231 says`(key: [UInt8], text: String, code: String) {
        #expect(hmacSHA256(key: key, Array(text.utf8)).hex == code)
    }

    /// RFC 7914 §11.
    @Test func `PBKDF2 answers as RFC 7914 says`() throws {
        let key = try pbkdf2SHA256(
            password: Array("passwd".utf8), salt: Array("salt".utf8), iterations: 1)
        #expect(key.hex == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc")
        #expect(throws: Failure.self) {
            try pbkdf2SHA256(password: [1], salt: [1], iterations: 0)
        }
    }

    @Test func `comparing in constant time still compares`() {
        #expect(equalInConstantTime([1, 2, 3], [1, 2, 3]) && equalInConstantTime([], []))
        #expect(!equalInConstantTime([1, 2, 3], [1, 2, 4]) && !equalInConstantTime([1], [1, 1]))
    }
}
