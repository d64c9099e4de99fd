package import Base

/// What stands before each fragment in a ring file, at the start of a page. With the init segment
/// behind it a record needs nothing else of the file, so whatever survives a crash is whole.
///
/// | offset | bytes | little-endian |
/// |---|---|---|
/// | 0 | 8 | magic `PRRING2` and a zero |
/// | 8 | 16 | the ring's own random id, so that no camera can send us a record |
/// | 24 | 8 | sequence in this ring, from 1 |
/// | 32 | 4 | pages of the whole record |
/// | 36 | 4 | length of the init segment, which follows this header |
/// | 40 | 4 | offset of the fragment from the start of the record |
/// | 44 | 4 | length of the fragment |
/// | 48 | 8 | instant of the first frame, microseconds |
/// | 56 | 8 | instant of the last frame |
/// | 64 | 4 | number of frames |
/// | 68 | 4 | 1: begins with a key frame; 2: the camera's stream began here |
/// | 72 | 8 | ordinal of the stream format since the ring was made |
/// | 80 | 32 | SHA-256 of the fragment |
/// | 112 | 32 | SHA-256 of the init segment |
/// | 144 | 8 | the start of the machine by whose monotonic clock the frames were timed |
/// | 152 | 8 | what was added to it for their instants, microseconds |
/// | 160 | 4 | CRC-32C of the bytes before |
///
/// A record of `PRRING1` is read as well: it has its CRC-32C at 144, and nothing of clocks.
package struct RingRecord: Hashable, Sendable {
    package static let byteCount = 164
    package static let pageBytes = 4096
    private static let oldByteCount = 148
    private static let magic = Array("PRRING2\0".utf8)
    private static let oldMagic = Array("PRRING1\0".utf8)

    package var ring: [UInt8]
    package var sequence: UInt64
    package var pages: UInt32
    package var initLength: UInt32
    package var fragmentOffset: UInt32
    package var fragmentLength: UInt32
    package var first: WallTime
    package var last: WallTime
    package var frames: UInt32
    package var beginsWithKey: Bool
    package var beginsStream: Bool
    package var format: UInt64
    package var fragmentHash: Digest
    package var initHash: Digest
    /// How the clock was set that its instants are read from.
    package var setting: ClockSetting
    /// Of this header: the init segment stands behind it.
    package private(set) var headerBytes = RingRecord.byteCount

    package init(
        ring: [UInt8], sequence: UInt64, pages: UInt32, initLength: UInt32,
        fragmentOffset: UInt32, fragmentLength: UInt32, first: WallTime, last: WallTime,
        frames: UInt32, beginsWithKey: Bool, beginsStream: Bool, format: UInt64,
        fragmentHash: Digest, initHash: Digest, setting: ClockSetting
    ) {
        self.ring = ring
        self.sequence = sequence
        self.pages = pages
        self.initLength = initLength
        self.fragmentOffset = fragmentOffset
        self.fragmentLength = fragmentLength
        self.first = first
        self.last = last
        self.frames = frames
        self.beginsWithKey = beginsWithKey
        self.beginsStream = beginsStream
        self.format = format
        self.fragmentHash = fragmentHash
        self.initHash = initHash
        self.setting = setting
    }

    package func encode() -> [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(Self.byteCount)
        bytes += ring
        bytes.appendLittleEndian(sequence)
        bytes.appendLittleEndian(pages)
        bytes.appendLittleEndian(initLength)
        bytes.appendLittleEndian(fragmentOffset)
        bytes.appendLittleEndian(fragmentLength)
        bytes.appendLittleEndian(first.microseconds)
        bytes.appendLittleEndian(last.microseconds)
        bytes.appendLittleEndian(frames)
        bytes.appendLittleEndian(UInt32(beginsWithKey ? 1 : 0) | (beginsStream ? 2 : 0))
        bytes.appendLittleEndian(format)
        bytes += fragmentHash.bytes
        bytes += initHash.bytes
        bytes.appendLittleEndian(setting.boot)
        bytes.appendLittleEndian(setting.offset)
        bytes.appendLittleEndian(crc32c(0, bytes.span))
        return bytes
    }

    /// Nil for anything that is not a whole header of this ring.
    package static func parse(_ bytes: Span<UInt8>, ring: [UInt8]) -> RingRecord? {
        guard bytes.count >= byteCount, ring.count == 16 else { return nil }
        let isOld = bytes[6] == oldMagic[6]
        let magic = isOld ? oldMagic : Self.magic
        for i in 0..<8 where bytes[i] != magic[i] { return nil }
        for i in 0..<16 where bytes[8 + i] != ring[i] { return nil }
        let end = (isOld ? oldByteCount : byteCount) - 4
        guard
            bytes.littleEndian(UInt32.self, at: end) == crc32c(0, bytes.extracting(0..<end))
        else { return nil }
        let flags = bytes.littleEndian(UInt32.self, at: 68)
        var record = RingRecord(
            ring: ring, sequence: bytes.littleEndian(UInt64.self, at: 24),
            pages: bytes.littleEndian(UInt32.self, at: 32),
            initLength: bytes.littleEndian(UInt32.self, at: 36),
            fragmentOffset: bytes.littleEndian(UInt32.self, at: 40),
            fragmentLength: bytes.littleEndian(UInt32.self, at: 44),
            first: WallTime(microseconds: bytes.littleEndian(Int64.self, at: 48)),
            last: WallTime(microseconds: bytes.littleEndian(Int64.self, at: 56)),
            frames: bytes.littleEndian(UInt32.self, at: 64), beginsWithKey: flags & 1 == 1,
            beginsStream: flags & 2 == 2, format: bytes.littleEndian(UInt64.self, at: 72),
            fragmentHash: Digest(bytes.extracting(80..<112)),
            initHash: Digest(bytes.extracting(112..<144)), setting: .unknown)
        record.headerBytes = end + 4
        if !isOld {
            record.setting = ClockSetting(
                boot: bytes.littleEndian(UInt64.self, at: 144),
                offset: bytes.littleEndian(Int64.self, at: 152))
        }
        return record.isPossible ? record : nil
    }

    private var isPossible: Bool {
        let end = Int(fragmentOffset) + Int(fragmentLength)
        return pages >= 1 && end <= Int(pages) * Self.pageBytes
            && headerBytes + Int(initLength) <= Int(fragmentOffset)
    }
}
