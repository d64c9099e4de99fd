import Base
import TestSupport
import Testing

@Suite struct BytesTests {
    @Test func `big-endian bytes stand in the order of the digits`() {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(UInt32(0x0102_0304))
        #expect(bytes == [1, 2, 3, 4])
        #expect(big(bytes, UInt32.self, at: 0) == 0x0102_0304)
        #expect(big(bytes, UInt16.self, at: 1) == 0x0203)
    }

    @Test func `little-endian bytes stand the other way`() {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt32(0x0102_0304))
        #expect(bytes == [4, 3, 2, 1])
        #expect(little(bytes, UInt32.self, at: 0) == 0x0102_0304)
    }

    @Test func `integers of every width survive both orders`() {
        func check<I: FixedWidthInteger>(_ value: I) {
            var bytes: [UInt8] = []
            bytes.appendBigEndian(value)
            bytes.appendLittleEndian(value)
            #expect(bytes.count == I.bitWidth / 4)
            #expect(big(bytes, I.self, at: 0) == value)
            #expect(little(bytes, I.self, at: I.bitWidth / 8) == value)
        }
        for value in [UInt8.min, 1, .max] { check(value) }
        for value in [UInt16.min, 1, 0x8001, .max] { check(value) }
        for value in [UInt64.min, 1, 0x8000_0000_0000_0001, .max] { check(value) }
        for value in [Int64.min, -1, 0, 1, .max] { check(value) }
    }

    @Test func `a span is zero when every byte of it is`() {
        #expect(isZero([]))
        #expect(isZero([UInt8](repeating: 0, count: 9)))
        #expect(!isZero([0, 0, 1]))
        #expect(!isZero([0x80, 0, 0]))
    }

    @Test func `an array made from a span holds its bytes`() {
        let bytes: [UInt8] = [1, 2, 3]
        let copy = bytes.span.array()
        #expect(copy == bytes)
        let part = [UInt8](span: bytes.span.extracting(1..<3))
        #expect(part == [2, 3])
    }

    @Test func `a read past the end stops the program`() async {
        await #expect(processExitsWith: .failure) {
            _ = [UInt8](repeating: 0, count: 7).span.bigEndian(UInt64.self, at: 0)
        }
    }
}

// `#expect` cannot hold a span, so these take arrays.

private func big<I: FixedWidthInteger>(_ bytes: [UInt8], _: I.Type, at offset: Int) -> I {
    bytes.span.bigEndian(I.self, at: offset)
}

private func little<I: FixedWidthInteger>(_ bytes: [UInt8], _: I.Type, at offset: Int) -> I {
    bytes.span.littleEndian(I.self, at: offset)
}

private func isZero(_ bytes: [UInt8]) -> Bool { bytes.span.isZero }
