package import Base
internal import Crypto

/// The first 128 bytes of a segment. `docs/storage-format.md` has the byte table.
///
/// ```
///  0  8  magic "PRFSEG01"      8  4  version, 1
/// 12  4  segment number       16  8  index of the first leaf
/// 24 32  SHA-256 of the origin
/// 56 16  open id: which start of the server wrote it, to tell mixed-up disks apart
/// 72  8  created, microseconds since 1970
/// 80 44  zero                124  4  CRC-32C over bytes 0..<124
/// ```
package struct SegmentHeader: Hashable, Sendable {
    package static let byteCount = 128
    package static let version: UInt32 = 1
    static let magic = Array("PRFSEG01".utf8)

    package let segment: UInt32
    package let firstLeaf: UInt64
    package let origin: Digest
    package let openID: RecordID
    package let created: WallTime

    package init(
        segment: UInt32, firstLeaf: UInt64, origin: String, openID: RecordID, created: WallTime
    ) {
        self.segment = segment
        self.firstLeaf = firstLeaf
        self.origin = SHA256.hash(Array(origin.utf8).span)
        self.openID = openID
        self.created = created
    }

    package var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(Self.byteCount)
        bytes.appendLittleEndian(Self.version)
        bytes.appendLittleEndian(segment)
        bytes.appendLittleEndian(firstLeaf)
        origin.append(to: &bytes)
        bytes.append(contentsOf: openID.bytes)
        bytes.appendLittleEndian(created.microseconds)
        bytes.append(contentsOf: repeatElement(0, count: 124 - bytes.count))
        bytes.appendLittleEndian(crc32c(0, bytes.span))
        return bytes
    }

    package init(decoding bytes: Span<UInt8>) throws(Failure) {
        guard bytes.count >= Self.byteCount else {
            throw Failure(.corrupt, "a segment is shorter than its header of 128 bytes")
        }
        for (i, byte) in Self.magic.enumerated() where bytes[i] != byte {
            throw Failure(.corrupt, "a segment does not begin with its magic")
        }
        let version = bytes.littleEndian(UInt32.self, at: 8)
        guard
            crc32c(0, bytes.extracting(0..<124)) == bytes.littleEndian(UInt32.self, at: 124)
        else { throw Failure(.corrupt, "a segment header does not match its checksum") }
        guard version == Self.version else {
            throw Failure(
                .unsupported,
                "segment format \(version) is newer than this program; use the newer version")
        }
        segment = bytes.littleEndian(UInt32.self, at: 12)
        firstLeaf = bytes.littleEndian(UInt64.self, at: 16)
        origin = Digest(bytes, at: 24)
        openID = RecordID(
            high: bytes.bigEndian(UInt64.self, at: 56), low: bytes.bigEndian(UInt64.self, at: 64))
        created = WallTime(microseconds: bytes.littleEndian(Int64.self, at: 72))
        guard bytes.extracting(80..<124).isZero else {
            throw Failure(.corrupt, "a segment header has bytes where zeros belong")
        }
    }
}
