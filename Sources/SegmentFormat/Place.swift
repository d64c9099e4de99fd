internal import Base

/// Where a leaf's frame stands: 16 bytes per leaf, in leaf order, in the derived `places` objects.
package struct Place: Hashable, Sendable {
    package static let byteCount = 16

    package let segment: UInt32
    package let offset: UInt32
    package let leafBytes: Int
    package let privateBytes: Int
    package let payloadBytes: Int

    package init(segment: UInt32, offset: UInt32, header: FrameHeader) {
        self.segment = segment
        self.offset = offset
        leafBytes = header.leafBytes
        privateBytes = header.privateBytes
        payloadBytes = header.payloadBytes
    }

    package var leafOffset: UInt64 { UInt64(offset) + UInt64(FrameHeader.byteCount) }
    package var privateOffset: UInt64 { leafOffset + UInt64(leafBytes) }
    package var payloadOffset: UInt64 { privateOffset + UInt64(privateBytes) }
    package var end: UInt64 { payloadOffset + UInt64(payloadBytes) }

    package func append(to bytes: inout [UInt8]) {
        bytes.appendLittleEndian(segment)
        bytes.appendLittleEndian(offset)
        bytes.appendLittleEndian(UInt16(leafBytes))
        bytes.appendLittleEndian(UInt16(privateBytes))
        bytes.appendLittleEndian(UInt32(payloadBytes))
    }

    package init(decoding bytes: Span<UInt8>, at offset: Int = 0) {
        segment = bytes.littleEndian(UInt32.self, at: offset)
        self.offset = bytes.littleEndian(UInt32.self, at: offset + 4)
        leafBytes = Int(bytes.littleEndian(UInt16.self, at: offset + 8))
        privateBytes = Int(bytes.littleEndian(UInt16.self, at: offset + 10))
        payloadBytes = Int(bytes.littleEndian(UInt32.self, at: offset + 12))
    }
}
