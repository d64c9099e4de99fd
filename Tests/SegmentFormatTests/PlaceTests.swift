import Base
import SegmentFormat
import TestSupport
import Testing

@Suite struct PlaceTests {
    private func header(_ leaf: Int, _ secret: Int, _ payload: Int) -> FrameHeader {
        FrameHeader(
            leaf: [UInt8](repeating: 1, count: leaf).span, privateBytes: secret,
            payloadBytes: payload, index: 9, group: 9)
    }

    @Test func `a place has these bytes`() {
        let place = Place(
            segment: 0x0102, offset: 0x0A0B_0C0D, header: header(0x123, 0x45, 0x6789A))
        var bytes: [UInt8] = []
        place.append(to: &bytes)
        #expect(bytes == .vector("02 01 00 00  0d 0c 0b 0a  23 01  45 00  9a 78 06 00"))
        #expect(bytes.count == Place.byteCount)
        #expect(Place(decoding: bytes.span) == place)
        #expect(Place(decoding: ([7, 7] + bytes).span, at: 2) == place)
    }

    @Test func `leaf, private section and payload follow each other`() {
        let place = Place(segment: 0, offset: 128, header: header(100, 20, 3))
        #expect(place.leafOffset == 168)
        #expect(place.privateOffset == 268)
        #expect(place.payloadOffset == 288)
        #expect(place.end == 291)
        #expect(place.end == 128 + UInt64(header(100, 20, 3).frameBytes))
    }

    @Test func `the largest frame fits`() {
        let largest = header(
            FrameHeader.leafBytesMax, FrameHeader.privateBytesMax, FrameHeader.payloadBytesMax)
        let place = Place(segment: .max, offset: .max, header: largest)
        var bytes: [UInt8] = []
        place.append(to: &bytes)
        #expect(Place(decoding: bytes.span) == place)
        #expect(place.end == UInt64(UInt32.max) + UInt64(largest.frameBytes))
    }
}
