package import Base
internal import Crypto
internal import FragmentFormat
internal import Linux

/// What a ring's storage still holds.
struct RecoveredRing {
    var index = RingIndex()
    var head = UInt64(RingRecord.pageBytes)
    var nextSequence: UInt64 = 1
    var nextFormat: UInt64 = 1
}

/// The first page of a ring: whose it is. A ring that cannot be read is begun anew; what it held
/// was recent footage, and what became evidence is in the log.
enum RingHeader {
    static let magic = Array("PRRINGF1".utf8)

    static func encode(identity: [UInt8]) -> [UInt8] {
        var bytes = magic + identity
        bytes.appendLittleEndian(crc32c(0, bytes.span))
        bytes += [UInt8](repeating: 0, count: RingRecord.pageBytes - bytes.count)
        return bytes
    }

    static func parse(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= 28, Array(bytes[..<8]) == magic,
            bytes.span.littleEndian(UInt32.self, at: 24)
                == crc32c(0, bytes.span.extracting(0..<24))
        else { return nil }
        return Array(bytes[8..<24])
    }
}

extension CameraRing {
    /// Opens what a former run left, or begins anew. A torn record at the end is dropped: it is the
    /// stated loss of a crash.
    package static func open(
        camera: String, _ storage: any RingStorage, _ options: RingOptions, bell: Bell,
        clock: any Clock
    ) throws(Failure) -> CameraRing {
        var first: [UInt8] = []
        try storage.read(0..<UInt64(RingRecord.pageBytes), into: &first)
        if let identity = RingHeader.parse(first) {
            var scan = RingScan(storage, identity, options)
            let recovered = try scan.run()
            return CameraRing(
                camera: camera, storage, options, identity: identity, recovered: recovered,
                bell: bell, clock: clock)
        }
        let identity = try randomBytes(16)
        let page = PageBuffer(capacity: RingRecord.pageBytes)
        let header = RingHeader.encode(identity: identity)
        page.write(header.span, at: 0)
        try storage.write(page.bytes(0..<RingRecord.pageBytes), at: 0)
        try storage.sync()
        return CameraRing(
            camera: camera, storage, options, identity: identity, recovered: RecoveredRing(),
            bell: bell, clock: clock)
    }
}

/// Finds the records of a ring by hopping from one to the next, and page by page where one was
/// overwritten. It reads headers only, but hashes the newest few, which a crash may have torn.
private struct RingScan {
    private static let chunkPages = 256
    private static let hashedRecords = 4
    private let storage: any RingStorage
    private let identity: [UInt8]
    private let pagesMax: UInt64
    private var found: [RingEntry] = []

    init(_ storage: any RingStorage, _ identity: [UInt8], _ options: RingOptions) {
        self.storage = storage
        self.identity = identity
        let bytes = OpenFragment.headBytes + options.fragmentBytes
        // A ring made with larger fragments is still read.
        pagesMax = max(UInt64(bytes / RingRecord.pageBytes) + 1, 16_384)
    }

    mutating func run() throws(Failure) -> RecoveredRing {
        let page = UInt64(RingRecord.pageBytes)
        var offset = page
        var blank: UInt64 = 0
        var chunk: [UInt8] = []
        while offset + page <= storage.byteCount, blank <= pagesMax {
            // Behind a record stands the next one, as a rule: one page tells.
            let pages = blank == 0 ? 1 : UInt64(Self.chunkPages)
            let end = min(offset + pages * page, storage.byteCount)
            try storage.read(offset..<end, into: &chunk)
            if chunk.isEmpty { break }
            var hop: UInt64?
            var position = 0
            while position + RingRecord.byteCount <= chunk.count {
                let header = chunk.span.extracting(position..<(position + RingRecord.byteCount))
                if let record = RingRecord.parse(header, ring: identity) {
                    let place = offset + UInt64(position)
                    found.append(RingEntry(record: record, offset: place, waiting: nil))
                    hop = place + UInt64(record.pages) * page
                    break
                }
                position += RingRecord.pageBytes
                blank += 1
            }
            if hop != nil { blank = 0 }
            offset = hop ?? offset + UInt64(chunk.count) / page * page
            if hop == nil, chunk.count < RingRecord.pageBytes { break }
        }
        found.sort { $0.sequence < $1.sequence }
        try dropTorn()
        return recovered()
    }

    /// Only the newest records can be torn: the others were synced before them.
    private mutating func dropTorn() throws(Failure) {
        var kept = found
        for entry in found.suffix(Self.hashedRecords).reversed() {
            let record = entry.record
            let start = entry.offset + UInt64(record.fragmentOffset)
            var bytes: [UInt8] = []
            try storage.read(start..<(start + UInt64(record.fragmentLength)), into: &bytes)
            if SHA256.hash(bytes.span) != record.fragmentHash {
                kept.removeAll { $0.sequence == entry.sequence }
            }
        }
        found = kept
    }

    private func recovered() -> RecoveredRing {
        var ring = RecoveredRing()
        for entry in found {
            ring.index.append(entry)
            ring.nextFormat = max(ring.nextFormat, entry.record.format + 1)
        }
        if let last = found.last {
            ring.head = last.end
            // Sequences of torn records are not used again: a part may name them.
            ring.nextSequence = last.sequence + UInt64(Self.hashedRecords) + 1
        }
        return ring
    }
}
