internal import Base
internal import EvidenceFormat
internal import IndexFormat
internal import SegmentFormat
internal import Store

/// What a full segment's seal leaf says.
struct SegmentSeal: Sendable {
    let segment: UInt32
    let first: UInt64
    let count: UInt64
    let bytes: UInt64
    let digest: Digest
}

/// Makes of a group what callers are told: tree, signature, index entries, and then, once it is
/// durable, rows and index. Used by one thread at a time, in the order of groups (a group is
/// prepared when the one before is finished), which is what `@unchecked Sendable` claims.
final class Finisher: @unchecked Sendable {
    private let engine: any StorageEngine
    private let identity: LogIdentity
    private var edge: TreeEdge
    private var builder: IndexBuilder
    private var openSegment: OpenSegment?
    private let openID: RecordID

    private let cache: ReadCache

    init(
        _ start: LogStart, engine: any StorageEngine, identity: LogIdentity, cache: ReadCache
    ) {
        self.engine = engine
        self.identity = identity
        self.cache = cache
        edge = start.edge
        builder = IndexBuilder(engine)
        openSegment = start.takeOpenSegment()
        openID = start.openID
    }

    /// What is known of a group before it is durable. Nobody hears of it until `publish`.
    private struct Prepared {
        let head: SignedHead
        let growth: RowGrowth
        let seal: SegmentSeal?
        let group: Group
    }
    private var prepared: Prepared?

    /// Whether the group begins a segment, whose header has to be there before `prepare`.
    func turns(at group: Group) -> Bool { openSegment?.segment != group.segment }

    /// Tree, signature and index entries of a closed group, while it is on its way to the disk.
    func prepare(_ group: Group) throws(Failure) {
        let seal = try turnSegment(group)
        var growth = RowGrowth(from: edge.size)
        for (i, entry) in group.entries.enumerated() {
            precondition(entry.header.index == edge.size)
            growth.add(entry.leaf.hash, group.place(of: entry), to: &edge)
            openSegment?.add(
                entry.header, leaf: entry.leaf.bytes.span, secret: entry.secretHash,
                payload: entry.payloadHash)
            try builder.add(
                entry.leaf, at: group.firstIndex + UInt64(i), personal: entry.personal)
        }
        let checkpoint = Checkpoint(origin: identity.origin, size: edge.size, root: edge.root)
        let note = try identity.sign(checkpoint)
        builder.setWatermark(
            Watermark(leaf: edge.size, segment: group.segment, offset: group.end))
        prepared = Prepared(
            head: SignedHead(checkpoint: checkpoint, note: note), growth: growth, seal: seal,
            group: group)
    }

    /// Only after the group is synced.
    func publish(
        _ rows: TreeRows, epoch: Epoch
    ) throws(Failure) -> (SignedHead, SegmentSeal?) {
        guard let prepared = prepared.take() else { preconditionFailure("nothing is prepared") }
        try rows.append(prepared.growth, epoch: epoch)
        try cache.forgetting(builder.writes) { writes throws(Failure) in
            try engine.apply(writes, epoch: epoch)
        }
        builder.clear()
        let group = prepared.group
        cache.keep(
            group.entries.lazy.map { entry in
                (entry.header.index, entry.leaf, group.place(of: entry))
            })
        return (prepared.head, prepared.seal)
    }

    /// Of the newest finished group's segment.
    var digestState: [UInt8] { openSegment?.state ?? [] }

    /// The first group of a new segment ends the digest of the one before.
    private func turnSegment(_ group: Group) throws(Failure) -> SegmentSeal? {
        if let open = openSegment, open.segment == group.segment { return nil }
        let seal = openSegment?.seal()
        openSegment = try OpenSegment(engine, segment: group.segment, first: group.firstIndex)
        return seal
    }
}

/// The running digest of the segment that is being written.
final class OpenSegment {
    let segment: UInt32
    private let first: UInt64
    private var count: UInt64 = 0
    private var digest: FrameDigest?

    /// Reads the header as it stands in the object.
    init(_ engine: any StorageEngine, segment: UInt32, first: UInt64) throws(Failure) {
        self.segment = segment
        self.first = first
        var header: [UInt8] = []
        try engine.read(
            Names.segment(segment), at: 0, count: SegmentHeader.byteCount, into: &header)
        guard header.count == SegmentHeader.byteCount else {
            throw Failure(.corrupt, "\(Names.segment(segment)) has no whole header")
        }
        digest = FrameDigest(header.span)
    }

    /// Goes on from what an earlier run had persisted; nil when that is of no use here.
    init?(state: [UInt8]) {
        guard state.count > 20 else { return nil }
        digest = FrameDigest(state: Array(state.dropFirst(20)))
        guard digest != nil else { return nil }
        segment = state.span.bigEndian(UInt32.self, at: 0)
        first = state.span.bigEndian(UInt64.self, at: 4)
        count = state.span.bigEndian(UInt64.self, at: 12)
    }

    /// Where the digest stands, so that the next start need not read the segment again.
    var state: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(segment)
        bytes.appendBigEndian(first)
        bytes.appendBigEndian(count)
        if let digest = digest?.state { bytes += digest }
        return bytes
    }

    /// Bytes of the segment that the digest covers.
    var byteCount: UInt64 { digest?.byteCount ?? 0 }

    func add(_ header: FrameHeader, leaf: Span<UInt8>, secret: Digest?, payload: Digest?) {
        digest?.add(header, leaf: leaf, secret: secret, payload: payload)
        count += 1
    }

    func seal() -> SegmentSeal? {
        guard let finished = digest.take() else { return nil }
        let bytes = finished.byteCount
        return SegmentSeal(
            segment: segment, first: first, count: count, bytes: bytes, digest: finished.finish())
    }
}
