internal import Base
internal import EvidenceFormat
internal import IndexFormat
internal import SegmentFormat
internal import Store

/// Builds the index a second time from the leaves, in a scratch engine, so that it can be compared
/// with the one on disk; meanwhile it answers what the rules of the log need to know.
final class IndexRebuild {
    private static let batchWrites = 16_384

    let scratch: EmbeddedEngine
    private let epoch: Epoch
    private var builder: IndexBuilder
    /// Chain heads that the scratch index has not got yet.
    private var heads: [String: ChainHead] = [:]
    private var end = Watermark(leaf: 0, segment: 0, offset: 0)

    init(scratchPath: String) throws(Failure) {
        var options = EmbeddedEngine.Options()
        options.mapBufferBytes = 64 << 20
        options.temporary = true
        scratch = try EmbeddedEngine(scratchPath, options: options)
        epoch = try scratch.claim()
        builder = IndexBuilder(scratch)
    }

    func add(_ leaf: Leaf, at place: Place, index: UInt64, personal: [Link]) throws(Failure) {
        try builder.add(leaf, at: index, personal: personal)
        end = Watermark(leaf: index + 1, segment: place.segment, offset: place.end)
        for link in leaf.links {
            if let position = link.place {
                extend(link.link.value, position.ordinal, leaf.hash, closed: false)
            }
        }
        if leaf.kind == .close, let check = leaf.string("check"), let n = leaf.int("n") {
            extend(check, n, leaf.hash, closed: true)
        }
        if builder.writes.count >= Self.batchWrites { try flush() }
    }

    private func extend(_ check: String, _ ordinal: Int64, _ hash: Digest, closed: Bool) {
        heads[check] = ChainHead(count: UInt64(max(ordinal, 0)), previous: hash, closed: closed)
    }

    func flush() throws(Failure) {
        builder.setWatermark(end)
        try scratch.apply(builder.writes, epoch: epoch)
        builder.clear()
        heads.removeAll(keepingCapacity: true)
    }

    func chainHead(_ check: String) throws(Failure) -> ChainHead {
        if let head = heads[check] { return head }
        let key = ShortHash("chain", check)
        guard let bytes = try scratch.get(key.bytes, in: Table.chainShard(key)) else {
            return .empty
        }
        return try ChainHead(decoding: bytes)
    }

    /// Leaf indices of a check's chain, in order.
    func chain(of check: String) throws(Failure) -> [UInt64] {
        try flush()
        let key = ShortHash("chain", check)
        let items = try scratch.range(
            Table.chainItemShard(key), from: key.bytes, to: key.bytes.adding(.max),
            descending: false, limit: 1_000_000)
        return items.map { $0.value.span.bigEndian(UInt64.self, at: 0) }
    }

    func entry(of id: RecordID) throws(Failure) -> IDEntry? { try builder.entry(of: id) }

    /// Leaves that were said of a record so far.
    func about(_ id: RecordID) throws(Failure) -> [UInt64] {
        try flush()
        return try scratch.range(
            Table.aboutShard(id), from: id.bytes, to: id.bytes.adding(.max), descending: false,
            limit: 10_000
        ).map { $0.key.span.bigEndian(UInt64.self, at: 16) }
    }

    func removal(of id: RecordID, code: UInt8) throws(Failure) -> Removal? {
        guard let bytes = try scratch.get(id.bytes + [code], in: Table.removedShard(id)) else {
            return nil
        }
        return try Removal(decoding: bytes)
    }

    /// The records so far that are one with this one.
    func partners(
        of leaf: Leaf, _ read: @escaping (UInt64) throws(Failure) -> Leaf
    ) throws(Failure) -> [RecordID] {
        try flush()
        return try PairReader(scratch, read).partners(of: leaf)
    }

    func latestEvent(_ name: String, _ record: RecordFacts) throws(Failure) -> WallTime? {
        try flush()
        return try EventReader(scratch).latest(name, record)
    }

    /// Walks both indexes side by side. `report` gets what differs, and says whether to go on.
    func compare(
        with engine: EmbeddedEngine, _ report: (String) -> Bool
    ) throws(Failure) {
        try flush()
        guard let stored = try engine.mapCursor(), let right = try scratch.mapCursor() else {
            return
        }
        /// The digest of the open segment is a note to the next start, not part of the index.
        let note = [Table.metaShard.table] + Table.metaShard.name + Table.digestKey
        func next(_ cursor: MapCursor) throws(Failure) -> MapEntry? {
            let entry = try cursor.next()
            return entry?.key == note ? try cursor.next() : entry
        }
        var a = try next(stored)
        var b = try next(right)
        while a != nil || b != nil {
            if let x = a, let y = b, x.key == y.key {
                if x.value != y.value, !report("\(Self.name(x.key)) has another value") { return }
                a = try next(stored)
                b = try next(right)
            } else if let x = a, b == nil || x.key.lexicographicallyPrecedes(b?.key ?? []) {
                if !report("\(Self.name(x.key)) does not follow from any leaf") { return }
                a = try next(stored)
            } else if let y = b {
                if !report("\(Self.name(y.key)) is missing") { return }
                b = try next(right)
            }
        }
    }

    private static func name(_ key: [UInt8]) -> String {
        let table = key.first.flatMap { Table(rawValue: $0) }.map { "\($0)" } ?? "unknown"
        return "entry \(Array(key.dropFirst()).hex) of table \(table)"
    }

    func close() throws(Failure) { try scratch.close() }
}

/// When something last happened to one of a record's links.
struct EventReader {
    private let engine: any StorageEngine

    init(_ engine: any StorageEngine) { self.engine = engine }

    func latest(_ name: String, _ record: RecordFacts) throws(Failure) -> WallTime? {
        var latest: WallTime?
        for link in record.links {
            let hash = ShortHash("event", name, link.kind, link.value)
            let newest = try engine.range(
                Table.eventShard(hash), from: hash.bytes.adding(.first),
                to: hash.bytes.adding(.last), descending: true, limit: 1)
            if let key = newest.first?.key {
                let time = Posting(decoding: key.span, at: 16).time
                latest = max(latest ?? time, time)
            }
        }
        return latest
    }
}
