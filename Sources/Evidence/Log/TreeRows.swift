internal import Base
internal import EvidenceFormat
internal import SegmentFormat
internal import Store

/// The stored hashes of the tree (tlog-tiles: one row per level, a tile is 256 of them) and the
/// place of every leaf. Derived: recovery rebuilds what a crash took.
final class TreeRows: TileReader, Sendable {
    /// 256^5 leaves are more than any plant will ever write.
    static let levelMax = 5

    private let levels: [Row]
    let places: Row

    init(_ engine: any StorageEngine) {
        levels = (0..<Self.levelMax).map {
            Row(Names.level($0), recordBytes: Digest.byteCount, engine: engine)
        }
        places = Row(Names.places, recordBytes: Place.byteCount, engine: engine)
    }

    func append(_ growth: RowGrowth, epoch: Epoch) throws(Failure) {
        for level in levels.indices where !growth.hashes[level].isEmpty {
            try levels[level].append(
                growth.hashes[level], at: Self.stored(level, growth.from), epoch: epoch)
        }
        try places.append(growth.places, at: growth.from, epoch: epoch)
    }

    /// Makes the rows of a tree that grew from `from` to `to` survive a power cut.
    func sync(_ from: UInt64, _ to: UInt64, epoch: Epoch) throws(Failure) {
        for level in levels.indices {
            try levels[level].sync(
                Self.stored(level, from)..<Self.stored(level, to), epoch: epoch)
        }
        try places.sync(from..<to, epoch: epoch)
    }

    static func stored(_ level: Int, _ size: UInt64) -> UInt64 { size >> UInt64(8 * level) }

    func hashes(level: Int, from: UInt64, count: Int) throws(Failure) -> [Digest] {
        guard level < Self.levelMax else {
            throw Failure(.invalid, "the tree has no level \(level)")
        }
        let bytes = try levels[level].read(from..<(from + UInt64(count)))
        var hashes: [Digest] = []
        hashes.reserveCapacity(count)
        for i in 0..<count { hashes.append(Digest(bytes.span, at: i * Digest.byteCount)) }
        return hashes
    }

    func place(of leaf: UInt64) throws(Failure) -> Place {
        let bytes = try places.read(leaf..<(leaf + 1))
        return Place(decoding: bytes.span)
    }
}

/// What a run of leaves adds to each row.
struct RowGrowth {
    let from: UInt64
    private(set) var hashes: [[UInt8]]
    private(set) var places: [UInt8] = []

    init(from: UInt64) {
        self.from = from
        hashes = Array(repeating: [], count: TreeRows.levelMax)
    }

    mutating func add(_ leaf: Digest, _ place: Place, to edge: inout TreeEdge) {
        edge.append(leaf) { level, hash in hash.append(to: &hashes[level]) }
        place.append(to: &places)
    }
}
