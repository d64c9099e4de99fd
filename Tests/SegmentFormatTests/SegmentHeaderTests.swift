import Base
import Crypto
import SegmentFormat
import TestSupport
import Testing

@Suite struct SegmentHeaderTests {
    static let header = SegmentHeader(
        segment: 7, firstLeaf: 0x1122, origin: "evidence.test/log/e1",
        openID: RecordID(high: 0x0198_2A6F_6000_7001, low: 0x8002_0304_0506_0708),
        created: WallTime(microseconds: 1_790_000_000_000_000))
    static let golden = [UInt8].vector(
        """
        50 52 46 53 45 47 30 31 01 00 00 00 07 00 00 00 22 11 00 00 00 00 00 00
        23 84 e0 71 d0 6f 03 76 65 95 c5 41 62 71 35 df
        49 7f 8b bc 3e c9 26 c2 13 c0 14 04 6b ed 2e 18
        01 98 2a 6f 60 00 70 01 80 02 03 04 05 06 07 08 00 e0 25 da fe 5b 06 00
        00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        ec 19 2b 4e
        """)

    @Test func `a segment header has these bytes`() throws {
        #expect(Self.header.bytes.hex == Self.golden.hex)
        #expect(try SegmentHeader(decoding: Self.golden.span) == Self.header)
        #expect(Self.header.origin == SHA256.hash(Array("evidence.test/log/e1".utf8).span))
    }

    @Test(arguments: 0..<128)
    func `a segment header cut at any byte is refused`(length: Int) {
        #expect(throws: Failure.self) {
            try SegmentHeader(decoding: Array(Self.golden[..<length]).span)
        }
    }

    @Test func `every flipped bit is refused`() {
        for bit in 0..<(Self.golden.count * 8) {
            var bytes = Self.golden
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: Failure.self, "bit \(bit)") { try SegmentHeader(decoding: bytes.span) }
        }
    }

    private func resummed(_ change: (inout [UInt8]) -> Void) -> FailureKind? {
        var bytes = Self.golden
        change(&bytes)
        var sum: [UInt8] = []
        sum.appendLittleEndian(crc32c(0, Array(bytes[..<124]).span))
        bytes.replaceSubrange(124..<128, with: sum)
        do throws(Failure) {
            _ = try SegmentHeader(decoding: bytes.span)
            return nil
        } catch {
            return error.kind
        }
    }

    @Test func `a newer version is told from damage`() {
        #expect(resummed { $0[8] = 2 } == .unsupported)
        #expect(resummed { $0[0] = 0x51 } == .corrupt)
        #expect(resummed { $0[100] = 1 } == .corrupt)
        #expect(resummed { _ in } == nil)
    }
}
