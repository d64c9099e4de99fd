import Base
import TestSupport
import Testing

@Suite struct DigestTests {
    @Test func `a digest keeps its 32 bytes in order`() throws {
        let bytes = [UInt8](0..<32)
        let digest = try #require(Digest(bytes))
        #expect(digest.bytes == bytes)
        #expect(digest.hex == bytes.hex)
        #expect(Digest(hex: digest.hex) == digest)
        let shifted = [9] + bytes
        let read = Digest(shifted.span, at: 1)
        #expect(read == digest)
    }

    @Test func `digests that differ in one bit are not equal`() throws {
        let bytes = [UInt8](repeating: 0x5A, count: 32)
        let digest = try #require(Digest(bytes))
        for bit in 0..<256 {
            var other = bytes
            other[bit / 8] ^= 1 << (bit % 8)
            #expect(Digest(other) != digest)
        }
    }

    @Test(arguments: [0, 31, 33])
    func `any other length is no digest`(count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        #expect(Digest(bytes) == nil)
        #expect(Digest(hex: bytes.hex) == nil)
    }

    @Test func `upper case is no digest`() {
        #expect(Digest(hex: String(repeating: "AB", count: 32)) == nil)
    }
}
