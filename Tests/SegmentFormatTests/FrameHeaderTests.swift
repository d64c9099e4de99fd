import Base
import SegmentFormat
import TestSupport
import Testing

@Suite struct FrameHeaderTests {
    static let leaf = Array(#"{"kind":"a leaf, as short as it gets"}"#.utf8)
    static let header = FrameHeader(
        leaf: leaf.span, privateBytes: 3, payloadBytes: 5, index: 0x0102_0304, group: 0x0102_0300)
    static let golden = [UInt8].vector(
        """
        50 52 46 31  01  00  26 00  03 00 00 00  05 00 00 00
        04 03 02 01 00 00 00 00  00 03 02 01 00 00 00 00
        00 00 00 00  5e 66 39 4c
        """)

    private func refusal(_ bytes: [UInt8]) -> FrameHeader.Refusal? {
        do throws(FrameHeader.Refusal) {
            _ = try FrameHeader(decoding: bytes.span)
            return nil
        } catch {
            return error
        }
    }

    private func covers(_ header: FrameHeader, _ leaf: [UInt8]) -> Bool {
        header.covers(leaf: leaf.span)
    }

    @Test func `a header has these bytes`() throws {
        #expect(Self.header.bytes == Self.golden)
        #expect(FrameHeader.byteCount == Self.golden.count)
        let read = try FrameHeader(decoding: Self.golden.span)
        #expect(read == Self.header)
        #expect(covers(read, Self.leaf))
        #expect(read.frameBytes == 40 + 38 + 3 + 5)
    }

    @Test func `the checksum is CRC-32C over the first 36 bytes and the leaf`() {
        let sum = crc32c(0, (Array(Self.golden[..<36]) + Self.leaf).span)
        #expect(Self.header.checksum == sum)
        #expect(Self.golden.span.littleEndian(UInt32.self, at: 36) == sum)
    }

    @Test(arguments: 1..<40)
    func `a header cut at any byte is truncated`(length: Int) {
        guard case .truncated = refusal(Array(Self.golden[..<length])) else {
            Issue.record("not called truncated")
            return
        }
    }

    @Test(arguments: [0, 1, 39, 40, 4096])
    func `zeros are the end`(length: Int) {
        guard case .end = refusal(Array(repeating: 0, count: length)) else {
            Issue.record("not called the end")
            return
        }
    }

    @Test func `every flipped bit of header and leaf is noticed`() {
        let frame = Self.golden + Self.leaf
        for bit in 0..<(frame.count * 8) {
            var bytes = frame
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            do throws(FrameHeader.Refusal) {
                let header = try FrameHeader(decoding: bytes.span)
                let rest = Array(bytes[40...].prefix(header.leafBytes))
                #expect(!covers(header, rest), "bit \(bit)")
            } catch {
                if case .end = error { Issue.record("bit \(bit) is called the end") }
            }
        }
    }

    @Test func `lengths beyond their limits are refused before they are used`() throws {
        func changed(_ offset: Int, _ bytes: [UInt8]) -> [UInt8] {
            var header = Self.golden
            header.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
            return header
        }
        let bad = [
            changed(6, [0, 0]), changed(6, [1, 0x10]), changed(6, [255, 255]),
            changed(8, [1, 0x10, 0, 0]), changed(8, [255, 255, 255, 255]),
            changed(12, [1, 0, 0, 4]), changed(12, [255, 255, 255, 255]),
            // A group that begins after its own leaf.
            changed(24, [5, 3, 2, 1]),
        ]
        for bytes in bad {
            guard case .damaged = refusal(bytes) else {
                Issue.record("\(bytes.hex) was read")
                continue
            }
        }
        for largest in [
            changed(6, [0, 0x10]), changed(8, [0, 0x10, 0, 0]), changed(12, [0, 0, 0, 4]),
        ] {
            #expect(refusal(largest) == nil)
        }
    }

    @Test func `whatever is written is read`() throws {
        var random = SeededRandom(seed: Effort.seed)
        for _ in 0..<Effort.rounds(2000) {
            let leaf = random.bytes(Int.random(in: 1...FrameHeader.leafBytesMax, using: &random))
            let index = random.next() >> UInt64.random(in: 0...63, using: &random)
            let header = FrameHeader(
                leaf: leaf.span,
                privateBytes: Int.random(in: 0...FrameHeader.privateBytesMax, using: &random),
                payloadBytes: Int.random(in: 0...FrameHeader.payloadBytesMax, using: &random),
                index: index, group: UInt64.random(in: 0...index, using: &random))
            let read = try FrameHeader(decoding: header.bytes.span)
            #expect(read == header, "\(Effort.replay)")
            #expect(covers(read, leaf), "\(Effort.replay)")
        }
    }
}
