import Base
import Export

/// Writes ZIP files byte by byte, so that tests can lie in any field.
struct RawZip {
    struct Entry {
        var name: String
        var localName: String?
        var data: [UInt8] = Array("hello".utf8)
        /// Zeros behind `data` that nobody keeps in memory.
        var hole: UInt64 = 0
        var flags: UInt16 = 0x0008
        var method: UInt16 = 0
        var attributes: UInt32 = 0o100644 << 16
        var extra: [UInt8] = []
        var localExtra: [UInt8] = []
        var crc: UInt32 = 0x1234_5678
        var localCRC: UInt32 = 0
        var descriptorCRC: UInt32?
        var comment = ""
        /// Added to what the directory says.
        var sizeLie: Int64 = 0
        var offsetLie: Int64 = 0
        /// Bytes before its header that nobody names.
        var gap: [UInt8] = []

        init(_ name: String) { self.name = name }

        var byteCount: UInt64 { UInt64(data.count) + hole }
        var isLarge: Bool { byteCount >= 0xFFFF_FFFF }
    }

    var entries: [Entry]
    var comment = ""
    var endGap: [UInt8] = []
    var prefix: [UInt8] = []
    var countLie = 0
    var needsLarge = false

    init(_ names: String...) { entries = names.map { Entry($0) } }

    private(set) var pieces: [(offset: UInt64, bytes: [UInt8])] = []
    private var at: UInt64 = 0

    /// The file, with holes where there are some.
    func source() -> SparseBytes {
        var copy = self
        copy.write()
        return SparseBytes(pieces: copy.pieces, byteCount: copy.at)
    }

    private mutating func put(_ bytes: [UInt8]) {
        pieces.append((at, bytes))
        at += UInt64(bytes.count)
    }

    private mutating func write() {
        put(prefix)
        var places: [UInt64] = []
        for entry in entries {
            put(entry.gap)
            places.append(at)
            putLocal(entry)
        }
        let start = at
        for (entry, place) in zip(entries, places) { putCentral(entry, place) }
        let (end, count) = (at, UInt64(entries.count + countLie))
        put(endGap)
        let isLarge = needsLarge || start >= 0xFFFF_FFFF || count >= 0xFFFF
        if isLarge { putLargeEnd(start, end, count) }
        var bytes: [UInt8] = [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
        let small = UInt16(min(count, 0xFFFF))
        bytes.appendLittleEndian(small)
        bytes.appendLittleEndian(small)
        bytes.appendLittleEndian(UInt32(min(end - start, 0xFFFF_FFFF)))
        bytes.appendLittleEndian(UInt32(min(start, 0xFFFF_FFFF)))
        bytes.appendLittleEndian(UInt16(comment.utf8.count))
        put(bytes + Array(comment.utf8))
    }

    private mutating func putLocal(_ entry: Entry) {
        let name = Array((entry.localName ?? entry.name).utf8)
        var extra = entry.localExtra
        if entry.isLarge {
            extra += [1, 0, 16, 0]
            extra.appendLittleEndian(entry.byteCount)
            extra.appendLittleEndian(entry.byteCount)
        }
        let size = entry.isLarge ? UInt32.max : UInt32(entry.byteCount)
        var bytes: [UInt8] = [0x50, 0x4B, 3, 4, entry.isLarge ? 45 : 10, 0]
        bytes.appendLittleEndian(entry.flags)
        bytes.appendLittleEndian(entry.method)
        bytes.appendLittleEndian(UInt32(0x5D35_71AA))
        bytes.appendLittleEndian(entry.localCRC)
        bytes.appendLittleEndian(size)
        bytes.appendLittleEndian(size)
        bytes.appendLittleEndian(UInt16(name.count))
        bytes.appendLittleEndian(UInt16(extra.count))
        put(bytes + name + extra)
        put(entry.data)
        at += entry.hole
        guard entry.flags & 8 != 0 else { return }
        var after: [UInt8] = [0x50, 0x4B, 7, 8]
        after.appendLittleEndian(entry.descriptorCRC ?? entry.crc)
        for _ in 0..<2 {
            if entry.isLarge {
                after.appendLittleEndian(entry.byteCount)
            } else {
                after.appendLittleEndian(UInt32(entry.byteCount))
            }
        }
        put(after)
    }

    private mutating func putCentral(_ entry: Entry, _ place: UInt64) {
        let offset = UInt64(Int64(place) + entry.offsetLie)
        let count = UInt64(Int64(entry.byteCount) + entry.sizeLie)
        var extra = entry.extra
        var large: [UInt8] = []
        if count >= 0xFFFF_FFFF {
            large.appendLittleEndian(count)
            large.appendLittleEndian(count)
        }
        if offset >= 0xFFFF_FFFF { large.appendLittleEndian(offset) }
        if !large.isEmpty { extra += [1, 0, UInt8(large.count), 0] + large }
        let name = Array(entry.name.utf8)
        let size = UInt32(min(count, 0xFFFF_FFFF))
        var bytes: [UInt8] = [0x50, 0x4B, 1, 2, 10, 3, large.isEmpty ? 10 : 45, 0]
        bytes.appendLittleEndian(entry.flags)
        bytes.appendLittleEndian(entry.method)
        bytes.appendLittleEndian(UInt32(0x5D35_71AA))
        bytes.appendLittleEndian(entry.crc)
        bytes.appendLittleEndian(size)
        bytes.appendLittleEndian(size)
        bytes.appendLittleEndian(UInt16(name.count))
        bytes.appendLittleEndian(UInt16(extra.count))
        bytes.appendLittleEndian(UInt16(entry.comment.utf8.count))
        bytes += [0, 0, 0, 0]
        bytes.appendLittleEndian(entry.attributes)
        bytes.appendLittleEndian(UInt32(min(offset, 0xFFFF_FFFF)))
        put(bytes + name + extra + Array(entry.comment.utf8))
    }

    private mutating func putLargeEnd(_ start: UInt64, _ end: UInt64, _ count: UInt64) {
        let place = at
        var bytes: [UInt8] = [0x50, 0x4B, 6, 6]
        bytes.appendLittleEndian(UInt64(44))
        bytes += [45, 3, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        for value in [count, count, end - start, start] { bytes.appendLittleEndian(value) }
        bytes += [0x50, 0x4B, 6, 7, 0, 0, 0, 0]
        bytes.appendLittleEndian(place)
        put(bytes + [1, 0, 0, 0])
    }
}

/// Bytes of which most are zeros that are not there.
struct SparseBytes: ByteSource {
    var pieces: [(offset: UInt64, bytes: [UInt8])]
    var byteCount: UInt64

    func read(at offset: UInt64, count: Int, into buffer: inout [UInt8]) throws(Failure) {
        guard offset <= byteCount, byteCount - offset >= UInt64(count) else {
            throw Failure(.corrupt, "it ends before")
        }
        buffer = [UInt8](repeating: 0, count: count)
        for piece in pieces {
            let from = max(offset, piece.offset)
            let to = min(offset + UInt64(count), piece.offset + UInt64(piece.bytes.count))
            guard from < to else { continue }
            let bytes = piece.bytes[Int(from - piece.offset)..<Int(to - piece.offset)]
            buffer.replaceSubrange(Int(from - offset)..<Int(to - offset), with: bytes)
        }
    }

    /// For files without holes.
    var bytes: [UInt8] { pieces.flatMap(\.bytes) }
}
