internal import Base
internal import EvidenceFormat
internal import IndexFormat
internal import Store

/// Turns leaves, in log order, into index entries. The same code runs at capture, in recovery, in
/// `rebuild-index` and in `verify`, so an index has one right content and a rebuild can be
/// compared.
///
/// One thread. It looks up records that leaves point to, in the leaves just seen and in the index.
struct IndexBuilder {
    private let engine: any StorageEngine
    /// Ids of leaves that are not in the index yet.
    private var recent: [RecordID: IDEntry] = [:]
    private var knownMonths: Set<[UInt8]> = []
    private(set) var writes = MapBatch()
    private static let recordsHash = Term.records.hash

    init(_ engine: any StorageEngine) { self.engine = engine }

    /// After the writes were applied.
    mutating func clear() {
        writes.removeAll()
        recent.removeAll(keepingCapacity: true)
        if knownMonths.count > 10_000 { knownMonths.removeAll() }
    }

    func entry(of id: RecordID) throws(Failure) -> IDEntry? {
        if let entry = recent[id] { return entry }
        guard let bytes = try engine.get(id.bytes, in: Table.idShard(id)) else { return nil }
        return try IDEntry(decoding: bytes)
    }

    /// `personal` are the links of the private section, where it has not been erased.
    mutating func add(_ leaf: Leaf, at index: UInt64, personal: [Link]) throws(Failure) {
        let instant = leaf.isRecord ? leaf.time("t") ?? leaf.time : leaf.time
        let entry = IDEntry(leaf: index, time: instant, kind: leaf.kind.code)
        recent[leaf.id] = entry
        writes.put(Table.idShard(leaf.id), key: leaf.id.append, value: entry.append)
        if let request = leaf.string("req") {
            let hash = ShortHash("request", request)
            let fingerprint = RequestFingerprint(of: leaf)
            writes.put(
                Table.requestShard(hash), key: hash.append,
                value: { value in
                    value.appendBigEndian(index)
                    value += fingerprint.bytes
                })
        }
        if leaf.isRecord {
            addRecord(leaf, Posting(time: instant, leaf: index), personal)
        } else {
            addSeries(.kind(leaf.kind.rawValue), Posting(time: instant, leaf: index))
            if let camera = leaf.string("cam") {
                addSeries(
                    .kindOfCamera(leaf.kind.rawValue, camera), Posting(time: instant, leaf: index))
            }
            try addMark(leaf, at: index, personal)
        }
    }

    mutating func setWatermark(_ mark: Watermark) {
        put(Table.metaShard, Table.watermarkKey, mark.bytes)
    }

    private mutating func put(_ shard: Shard, _ key: [UInt8], _ value: [UInt8] = []) {
        writes.put(shard, key, value)
    }

    private mutating func addRecord(_ leaf: Leaf, _ posting: Posting, _ personal: [Link]) {
        addSeries(Self.recordsHash, posting)
        if let camera = leaf.string("cam") { addSeries(.camera(camera), posting) }
        for placed in leaf.links {
            addLink(placed.link, posting)
            if let place = placed.place {
                addChain(placed.link.value, place, leaf.hash, posting.leaf)
            }
        }
        for link in personal { addLink(link, posting) }
        if let parent = leaf.recordID("parent") { addAbout(parent, leaf, posting.leaf) }
    }

    private mutating func addSeries(_ term: Term, _ posting: Posting) {
        addSeries(term.hash, posting)
    }

    private mutating func addSeries(_ hash: ShortHash, _ posting: Posting) {
        let month = posting.time.month
        writes.put(Table.seriesShard(hash, month: month), key: posting.append)
        var key = hash.bytes
        key.appendBigEndian(month)
        if knownMonths.insert(key).inserted { put(Table.monthShard(hash), key) }
    }

    /// A link is found by its value and by each of its references.
    static func linkHashes(_ link: Link) -> [ShortHash] {
        if link.refs.isEmpty { return [ShortHash("link", link.kind, link.value)] }
        return ([link.value] + link.refs).map { ShortHash("link", link.kind, $0) }
    }

    private mutating func addLink(_ link: Link, _ posting: Posting) {
        for hash in Self.linkHashes(link) {
            writes.put(
                Table.linkShard(hash),
                key: { key in
                    hash.append(to: &key)
                    posting.append(to: &key)
                })
        }
    }

    mutating func removeLink(_ link: Link, _ posting: Posting) {
        for hash in Self.linkHashes(link) {
            writes.remove(
                Table.linkShard(hash),
                key: { key in
                    hash.append(to: &key)
                    posting.append(to: &key)
                })
        }
    }

    private mutating func addChain(
        _ check: String, _ place: ChainPlace, _ hash: Digest, _ index: UInt64, closed: Bool = false
    ) {
        let key = ShortHash("chain", check)
        let ordinal = UInt64(place.ordinal)
        let head = ChainHead(count: ordinal, previous: hash, closed: closed)
        writes.put(Table.chainShard(key), key: key.append, value: head.append)
        writes.put(
            Table.chainItemShard(key),
            key: { bytes in
                key.append(to: &bytes)
                bytes.appendBigEndian(ordinal)
            }, value: { $0.appendBigEndian(index) })
    }

    private mutating func addAbout(_ record: RecordID, _ leaf: Leaf, _ index: UInt64) {
        put(Table.aboutShard(record), record.bytes.adding(index), [leaf.kind.code])
    }

    private mutating func addMark(
        _ leaf: Leaf, at index: UInt64, _ personal: [Link]
    ) throws(Failure) {
        let target = leaf.recordID("target") ?? leaf.recordID("record")
        if let target { addAbout(target, leaf, index) }
        if let hold = leaf.recordID("hold") { addAbout(hold, leaf, index) }
        switch leaf.kind {
        case .link, .unlink: try addLinkMark(leaf, at: index, personal)
        case .close:
            guard let check = leaf.string("check"), let n = leaf.int("n"),
                let previous = leaf.digest("prev")
            else { return }
            let place = ChainPlace(ordinal: n, previous: previous)
            addChain(check, place, leaf.hash, index, closed: true)
        case .check:
            for placed in leaf.links {
                guard let place = placed.place else { continue }
                addChain(placed.link.value, place, leaf.hash, index)
            }
        case .hold: put(Table.holdShard, [UInt8]().adding(index), leaf.id.bytes)
        case .unhold:
            guard leaf.string("step") == "release", let id = leaf.recordID("hold"),
                let hold = try entry(of: id)
            else { return }
            writes.remove(Table.holdShard, key: { $0.appendBigEndian(hold.leaf) })
        case .policy: put(Table.policyShard, [UInt8]().adding(index))
        case .event:
            guard let name = leaf.string("name"), let link = leaf.linkKey("link"),
                let at = leaf.time("at")
            else { return }
            let hash = ShortHash("event", name, link.kind, link.value)
            let posting = Posting(time: at, leaf: index)
            put(Table.eventShard(hash), hash.bytes.adding(posting))
        case .delete, .deleted: try addRemoval(leaf, at: index)
        case .genesis, .boot, .keyset, .clock, .snapshot, .part, .gap, .derive, .segmentSeal,
            .clip, .scrub, .import, .anchor, .incident, .successor, .grant, .access:
            return
        }
    }

    private mutating func addLinkMark(
        _ leaf: Leaf, at index: UInt64, _ personal: [Link]
    ) throws(Failure) {
        guard let id = leaf.recordID("target"), let record = try entry(of: id) else { return }
        let posting = Posting(time: record.time, leaf: record.leaf)
        for placed in leaf.links {
            if leaf.kind == .link {
                addLink(placed.link, posting)
            } else {
                removeLink(placed.link, posting)
            }
            if let place = placed.place { addChain(placed.link.value, place, leaf.hash, index) }
        }
        for link in personal { addLink(link, posting) }
    }

    private mutating func addRemoval(_ leaf: Leaf, at index: UInt64) throws(Failure) {
        guard let target = leaf.recordID("target") else { return }
        if leaf.kind == .delete {
            let key = target.bytes + [leaf.removalCode]
            put(Table.pendingShard, [UInt8]().adding(index), target.bytes)
            put(
                Table.removedShard(target), key,
                Removal(deleteLeaf: index, deletedLeaf: nil).bytes)
            return
        }
        guard let id = leaf.recordID("delete"), let order = try entry(of: id) else { return }
        writes.remove(Table.pendingShard, key: { $0.appendBigEndian(order.leaf) })
        // The delete leaf says what it removed; both codes are tried so that no second read is
        // needed.
        for code in [UInt8(0), 1] {
            let key = target.bytes + [code]
            guard let present = try removal(key, target), present.deleteLeaf == order.leaf else {
                continue
            }
            put(
                Table.removedShard(target), key,
                Removal(deleteLeaf: order.leaf, deletedLeaf: index).bytes)
        }
    }

    private func removal(_ key: [UInt8], _ target: RecordID) throws(Failure) -> Removal? {
        for write in writes.writes.reversed() where write.shard == Table.removedShard(target) {
            if case .put(key, let value) = write.operation { return try Removal(decoding: value) }
        }
        return try engine.get(key, in: Table.removedShard(target)).map { bytes throws(Failure) in
            try Removal(decoding: bytes)
        }
    }
}

/// What a request id stands for: the same id with other content is refused.
struct RequestFingerprint: Hashable {
    let bytes: [UInt8]

    init(of leaf: Leaf) {
        self.init(leaf.kind, leaf.links.map(\.link)) { leaf.string($0) }
    }

    init(of draft: Draft) {
        self.init(draft.kind, draft.links ?? []) { name in
            draft.fields.first { $0.0 == name }?.1.string
        }
    }

    private init(_ kind: LeafKind, _ links: [Link], _ field: (String) -> String?) {
        let links = links.map { "\($0.kind)=\($0.value)" }.joined(separator: "\n")
        bytes =
            ShortHash(
                kind.rawValue, field("cam") ?? "", field("pay") ?? "", field("parent") ?? "",
                field("name") ?? "", links
            ).bytes
    }
}

extension Leaf {
    /// Records are what a query finds: pictures, whatever they came from.
    package var isRecord: Bool {
        switch kind {
        case .snapshot, .clip, .import, .derive: true
        default: false
        }
    }

    /// Whether `pay` speaks of bytes beside this leaf, and not beside another one.
    var hasPayload: Bool { isRecord || kind == .access }

    /// 0: payload, 1: private section.
    var removalCode: UInt8 { string("what") == "private" ? 1 : 0 }

    /// A link named by kind and value alone.
    func linkKey(_ field: String) -> Link? {
        guard let json = body[field] else { return nil }
        do throws(Failure) { return try Link(json) } catch { return nil }
    }
}

extension LeafKind {
    /// One byte in the index; derived, so its order may change with a rebuild.
    package var code: UInt8 { UInt8(Self.allCases.firstIndex(of: self) ?? 255) }
}
