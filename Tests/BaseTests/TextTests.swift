import Base
import TestSupport
import Testing

@Suite struct TextTests {
    /// RFC 4648 §10.
    static let base64Vectors = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ]

    @Test(arguments: base64Vectors)
    func `base64 writes and reads the vectors of RFC 4648`(plain: String, text: String) {
        #expect(Array(plain.utf8).base64 == text)
        #expect([UInt8](base64: text) == Array(plain.utf8))
    }

    @Test func `base64 uses plus and slash for the last two values`() {
        #expect([UInt8]([0xFB, 0xEF, 0xFF]).base64 == "++//")
        #expect([UInt8](base64: "++//") == [0xFB, 0xEF, 0xFF])
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "Z===", "====", "Zg==Zg==", "Zm8=Zg==", "Zh==", "Zm9=", "Zm9v\n",
        " Zm9v", "Zm 9v", "Zm9v====", "-_-_", "Zg=A", "=Zg=", "Zmé=", "Zm9v\0\0\0\0",
    ])
    func `base64 refuses every other spelling`(text: String) {
        #expect([UInt8](base64: text) == nil)
    }

    @Test func `hexadecimal is lower case, two digits a byte`() {
        #expect([UInt8]([0x00, 0x9A, 0xFF]).hex == "009aff")
        #expect([UInt8](hex: "009aff") == [0x00, 0x9A, 0xFF])
        #expect([UInt8](hex: "") == [])
    }

    @Test(arguments: ["0", "0A", "FF", "0g", "0x", " 00", "00 ", "00\n", "٠٠", "é"])
    func `hexadecimal refuses every other spelling`(text: String) {
        #expect([UInt8](hex: text) == nil)
    }

    @Test func `any bytes survive both texts`() {
        var random = SeededRandom(seed: Effort.seed)
        for _ in 0..<Effort.rounds(2000) {
            let bytes = random.bytes(Int.random(in: 0...70, using: &random))
            #expect([UInt8](hex: bytes.hex) == bytes, "\(Effort.replay)")
            #expect([UInt8](base64: bytes.base64) == bytes, "\(Effort.replay)")
        }
    }

    /// Two spellings of one value would let two links look different and mean the same.
    @Test func `a changed character is refused or is another value`() {
        var random = SeededRandom(seed: Effort.seed)
        for _ in 0..<Effort.rounds(2000) {
            let bytes = random.bytes(Int.random(in: 1...20, using: &random))
            for original in [bytes.hex, bytes.base64] {
                var text = Array(original.utf8)
                let at = Int.random(in: 0..<text.count, using: &random)
                text[at] ^= UInt8.random(in: 1...127, using: &random)
                let changed = String(decoding: text, as: UTF8.self)
                let read =
                    original == bytes.hex ? [UInt8](hex: changed) : [UInt8](base64: changed)
                #expect(read != bytes, "\(Effort.replay)")
            }
        }
    }
}
