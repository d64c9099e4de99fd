internal import Base

/// The 40 bytes before every leaf in a segment; then leaf, private section and payload follow
/// without padding. `docs/storage-format.md` has the byte table and a worked example.
///
/// ```
///  0  4  magic "PRF1"          4  1  kind, 1 = leaf       5  1  zero
///  6  2  leaf length           8  4  private length      12  4  payload length
/// 16  8  leaf index           24  8  index of the first leaf of the same group
/// 32  4  zero                 36  4  CRC-32C over bytes 0..<36, then the leaf
/// ```
///
/// The checksum covers what recovery must trust before it can hash anything. Private section and
/// payload are covered by their SHA-256 in the leaf: one pass over a picture, not two, and both can
/// be erased later without touching the checksum. Zero is not a kind, so reserved space reads as
/// end.
package struct FrameHeader: Hashable, Sendable {
    package static let byteCount = 40
    static let magic: UInt32 = 0x3146_5250  // "PRF1", little-endian
    package static let leafBytesMax = 4096
    package static let privateBytesMax = 4096
    package static let payloadBytesMax = 64 << 20

    package let leafBytes: Int
    package let privateBytes: Int
    package let payloadBytes: Int
    package let index: UInt64
    /// Frames of one group were written and synced together, so only the last group can be torn.
    package let group: UInt64
    package let checksum: UInt32

    package var frameBytes: Int { Self.byteCount + leafBytes + privateBytes + payloadBytes }

    package init(
        leaf: Span<UInt8>, privateBytes: Int, payloadBytes: Int, index: UInt64, group: UInt64
    ) {
        precondition(
            (1...Self.leafBytesMax).contains(leaf.count) && privateBytes <= Self.privateBytesMax
                && payloadBytes <= Self.payloadBytesMax)
        leafBytes = leaf.count
        self.privateBytes = privateBytes
        self.payloadBytes = payloadBytes
        self.index = index
        self.group = group
        let head = Self.encode(leaf.count, privateBytes, payloadBytes, index, group)
        checksum = crc32c(crc32c(0, head.span), leaf)
    }

    private static func encode(
        _ leaf: Int, _ secret: Int, _ payload: Int, _ index: UInt64, _ group: UInt64
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        bytes.appendLittleEndian(magic)
        bytes.append(1)
        bytes.append(0)
        bytes.appendLittleEndian(UInt16(leaf))
        bytes.appendLittleEndian(UInt32(secret))
        bytes.appendLittleEndian(UInt32(payload))
        bytes.appendLittleEndian(index)
        bytes.appendLittleEndian(group)
        bytes.appendLittleEndian(UInt32(0))
        return bytes
    }

    package var bytes: [UInt8] {
        var bytes = Self.encode(leafBytes, privateBytes, payloadBytes, index, group)
        bytes.appendLittleEndian(checksum)
        return bytes
    }

    /// Why bytes are no frame.
    package enum Refusal: Error, Sendable {
        /// Zeros: reserved space that was never written.
        case end
        case truncated
        case damaged(String)
    }

    /// Reads the header alone and checks its limits; `covers` checks it against the leaf.
    package init(decoding bytes: Span<UInt8>) throws(Refusal) {
        guard bytes.count >= Self.byteCount else {
            throw bytes.isZero ? .end : .truncated
        }
        guard bytes.littleEndian(UInt32.self, at: 0) == Self.magic else {
            throw bytes.extracting(0..<Self.byteCount).isZero ? .end : .damaged("no frame magic")
        }
        guard bytes[4] == 1, bytes[5] == 0, bytes.littleEndian(UInt32.self, at: 32) == 0 else {
            throw .damaged("an unknown kind of frame")
        }
        leafBytes = Int(bytes.littleEndian(UInt16.self, at: 6))
        privateBytes = Int(bytes.littleEndian(UInt32.self, at: 8))
        payloadBytes = Int(bytes.littleEndian(UInt32.self, at: 12))
        index = bytes.littleEndian(UInt64.self, at: 16)
        group = bytes.littleEndian(UInt64.self, at: 24)
        checksum = bytes.littleEndian(UInt32.self, at: 36)
        guard (1...Self.leafBytesMax).contains(leafBytes), privateBytes <= Self.privateBytesMax,
            payloadBytes <= Self.payloadBytesMax, group <= index
        else { throw .damaged("frame lengths beyond their limits") }
    }

    package func covers(leaf: Span<UInt8>) -> Bool {
        let head = Self.encode(leafBytes, privateBytes, payloadBytes, index, group)
        return crc32c(crc32c(0, head.span), leaf) == checksum
    }
}
