import Base
import FragmentFormat
import Testing

@Suite struct FragmentTests {
    static let clock = CameraClock(offsetMicroseconds: -10_000_000, errorMicroseconds: 900)
    static let head = FragmentHead(
        sequence: 7, samples: samples(), lastDuration: 40_000, clock: clock)

    static func samples() -> [Sample] {
        (0..<5).map { (i: Int) -> Sample in
            let at = Int64(i) * 40_000
            return Sample(
                size: UInt32(100 + i), instant: WallTime(microseconds: 1_763_676_000_000_000 + at),
                decode: 80_000 + at, composition: i == 2 ? -40_000 : 0, isKey: i == 0)
        }
    }

    @Test func `what was written is read`() throws {
        let bytes = Self.head.encode()
        let parsed = FragmentHead.parse(bytes.span)
        let (head, length) = try #require(parsed)
        #expect(head == Self.head)
        #expect(length == bytes.count)
    }

    @Test func `a cut fragment is refused`() {
        let bytes = Self.head.encode()
        for count in 0..<bytes.count {
            let parsed = FragmentHead.parse(bytes.span.extracting(0..<count))
            #expect(parsed?.length == nil)
        }
    }

    @Test func `the boxes are where ISO 14496-12 wants them`() {
        let bytes = Self.head.encode()
        let text = String(decoding: bytes, as: Unicode.ASCII.self)
        var offset = 0
        var names: [String] = []
        while offset + 8 <= bytes.count {
            names.append(String(decoding: bytes[(offset + 4)..<(offset + 8)], as: UTF8.self))
            offset += Int(bytes.span.bigEndian(UInt32.self, at: offset))
        }
        #expect(names == ["uuid", "moof", "mdat"])
        #expect(offset - bytes.count == Self.head.mediaBytes)
        #expect(text.count == bytes.count)
    }

    @Test func `an init segment tells its format again`() throws {
        let formats = [
            StreamFormat(codec: .mjpeg, width: 1920, height: 1080),
            StreamFormat(
                codec: .h264, width: 1280, height: 720,
                parameterSets: [[0x67, 0x64, 0, 0x1F, 9, 9], [0x68, 1, 2]]),
        ]
        for format in formats {
            let bytes = try #require(InitSegment.make(format))
            #expect(InitSegment.parse(bytes) == format)
            #expect(InitSegment.make(format) == bytes)
        }
    }

    @Test func `a stream without parameter sets has no init segment`() {
        #expect(InitSegment.make(StreamFormat(codec: .h264, width: 64, height: 48)) == nil)
        #expect(InitSegment.make(StreamFormat(codec: .h265, width: 64, height: 48)) == nil)
        #expect(InitSegment.make(StreamFormat(codec: .mjpeg, width: 0, height: 48)) == nil)
    }
}

@Suite struct RingRecordTests {
    static let record = RingRecord(
        ring: Array(1...16), sequence: 9, pages: 40, initLength: 700, fragmentOffset: 3000,
        fragmentLength: 120_000, first: WallTime(microseconds: 5), last: WallTime(microseconds: 9),
        frames: 25, beginsWithKey: true, beginsStream: false, format: 3,
        fragmentHash: .zero, initHash: .zero, setting: ClockSetting(boot: 77, offset: -8))

    @Test func `what was written is read`() {
        let bytes = Self.record.encode()
        #expect(bytes.count == RingRecord.byteCount)
        let parsed = RingRecord.parse(bytes.span, ring: Array(1...16))
        #expect(parsed == Self.record)
    }

    @Test func `a record of the first version is read, and knows of no clock`() {
        var bytes = Array(Self.record.encode()[..<144])
        bytes[6] = UInt8(ascii: "1")
        bytes.appendLittleEndian(crc32c(0, bytes.span))
        bytes += [UInt8](repeating: 0, count: 64)
        let parsed = RingRecord.parse(bytes.span, ring: Array(1...16))
        #expect(parsed?.headerBytes == 148)
        #expect(parsed?.setting == .unknown)
        #expect(parsed?.sequence == 9)
        #expect(parsed?.last == Self.record.last)
    }

    @Test func `another ring's record, and any flipped bit, is refused`() {
        let bytes = Self.record.encode()
        let other = RingRecord.parse(bytes.span, ring: Array(2...17))
        #expect(other == nil)
        for i in 0..<(bytes.count * 8) {
            var wrong = bytes
            wrong[i / 8] ^= 1 << UInt8(i % 8)
            let parsed = RingRecord.parse(wrong.span, ring: Array(1...16))
            #expect(parsed == nil)
        }
    }
}
