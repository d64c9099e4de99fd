internal import Base
internal import EvidenceFormat
internal import IndexFormat
internal import Linux
internal import SegmentFormat
internal import Store

/// What was read lately, for those who ask for the same again: whole leaves, where the leaf with an
/// id stands, what was said of a record since, and the few records of a link. Each has few places
/// in a table, where others replace it.
///
/// A leaf never changes and never moves, so a known one is good for ever. A link's list is
/// forgotten when the index changes it, before anybody is told of the change: what is acknowledged
/// is found. So is what was said of a record. Where a picture's bytes are, and whether they are
/// removed, is forgotten for all pictures when any removal is ordered or carried out.
final class ReadCache: Sendable {
    /// Some three kilobytes each.
    static let leavesMax = 4096
    static let picturesMax = 4096
    static let entriesMax = 8192
    static let factsMax = 8192
    static let listsMax = shelfCount * waysMax
    private static let shelfCount = 4096
    private static let waysMax = 4
    /// Longer lists are read again each time.
    static let postingsMax = 17

    private struct KnownLeaf {
        let index: UInt64
        let leaf: Leaf
        let place: Place
    }

    private struct KnownPicture {
        let picture: StoredPicture
        let locator: Locator
    }

    private struct Pictures {
        var known: [KnownPicture?] = []
        /// How often the index has changed what is removed.
        var version: UInt64 = 0
        /// Indices of leaves whose bytes are going.
        var erasing: Set<UInt64> = []
    }

    /// What was said of a record since.
    struct Facts {
        /// Of the leaves that speak of it, in order.
        let about: [UInt64]
        let removal: RemovalState
    }

    private struct KnownFacts {
        var known: [(id: RecordID, facts: Facts)?] = []
        /// How often the index has changed such facts.
        var version: UInt64 = 0
    }

    private struct KnownList {
        let hash: ShortHash
        let newestFirst: Bool
        let limit: Int
        let postings: [Posting]

        /// What a read with this limit would find; nil when that may be more than is known.
        func first(_ limit: Int) -> [Posting]? {
            if limit <= postings.count { return Array(postings.prefix(limit)) }
            return postings.count < self.limit ? postings : nil
        }
    }

    /// Lists whose hashes share a place.
    private struct Shelf {
        var ways: [KnownList] = []
        var oldest = 0
        /// How often the index has changed a list that belongs here.
        var version: UInt64 = 0

        mutating func keep(_ list: KnownList, ifStill version: UInt64) {
            guard version == self.version else { return }
            // Read again with a larger limit.
            if let known = ways.firstIndex(where: {
                $0.hash == list.hash && $0.newestFirst == list.newestFirst
            }) {
                ways[known] = list
                return
            }
            if ways.count < ReadCache.waysMax { return ways.append(list) }
            ways[oldest] = list
            oldest = (oldest + 1) % ReadCache.waysMax
        }

        mutating func forget(_ hash: ShortHash) {
            version += 1
            ways.removeAll { $0.hash == hash }
            oldest = 0
        }
    }

    private let leaves = Monitor<[KnownLeaf?]>([])
    private let entries = Monitor<[(id: RecordID, entry: IDEntry)?]>([])
    private let facts = Monitor(KnownFacts())
    private let pictures = Monitor(Pictures())
    private let lists = Monitor<[Shelf]>(Array(repeating: Shelf(), count: shelfCount))

    func leaf(
        at index: UInt64, else read: () throws(Failure) -> (leaf: Leaf, place: Place)
    ) throws(Failure) -> (leaf: Leaf, place: Place) {
        let slot = Int(index % UInt64(Self.leavesMax))
        let known = leaves.withLock { $0.isEmpty ? nil : $0[slot] }
        if let known, known.index == index { return (known.leaf, known.place) }
        let (leaf, place) = try read()
        leaves.withLock { leaves in
            if leaves.isEmpty { leaves = Array(repeating: nil, count: Self.leavesMax) }
            leaves[slot] = KnownLeaf(index: index, leaf: leaf, place: place)
        }
        return (leaf, place)
    }

    /// Where the leaf with an id stands, which never changes.
    func entry(
        of id: RecordID, else read: () throws(Failure) -> IDEntry
    ) throws(Failure) -> IDEntry {
        // The last bits of an id are random.
        let slot = Int(id.low % UInt64(Self.entriesMax))
        let known = entries.withLock { $0.isEmpty ? nil : $0[slot] }
        if let known, known.id == id { return known.entry }
        let entry = try read()
        entries.withLock { entries in
            if entries.isEmpty { entries = Array(repeating: nil, count: Self.entriesMax) }
            entries[slot] = (id, entry)
        }
        return entry
    }

    /// What `read` finds is kept only if the index did not change any facts meanwhile.
    func facts(
        of id: RecordID, else read: () throws(Failure) -> Facts
    ) throws(Failure) -> Facts {
        let slot = Int(id.low % UInt64(Self.factsMax))
        let (known, version) = facts.withLock { facts in
            (facts.known.isEmpty ? nil : facts.known[slot], facts.version)
        }
        if let known, known.id == id { return known.facts }
        let read = try read()
        guard read.about.count <= Self.postingsMax else { return read }
        facts.withLock { facts in
            guard facts.version == version else { return }
            if facts.known.isEmpty { facts.known = Array(repeating: nil, count: Self.factsMax) }
            facts.known[slot] = (id, read)
        }
        return read
    }

    private func forgetFacts(ofAll: Bool, of ids: [RecordID]) {
        guard ofAll || !ids.isEmpty else { return }
        facts.withLock { facts in
            facts.version += 1
            guard !ofAll, !facts.known.isEmpty else { return facts.known = [] }
            for id in ids {
                let slot = Int(id.low % UInt64(Self.factsMax))
                if facts.known[slot]?.id == id { facts.known[slot] = nil }
            }
        }
    }

    /// What has just been stored, which whoever stored it is about to ask for.
    func keep(_ new: some Sequence<(index: UInt64, leaf: Leaf, place: Place)>) {
        leaves.withLock { leaves in
            if leaves.isEmpty { leaves = Array(repeating: nil, count: Self.leavesMax) }
            for (index, leaf, place) in new {
                leaves[Int(index % UInt64(Self.leavesMax))] = KnownLeaf(
                    index: index, leaf: leaf, place: place)
            }
        }
    }

    /// Of a record whose bytes were not removed. What `read` finds is kept only if no removal came
    /// meanwhile.
    func picture(
        at index: UInt64, else read: () throws(Failure) -> (StoredPicture, Locator)
    ) throws(Failure) -> (StoredPicture, Locator) {
        let slot = Int(index % UInt64(Self.picturesMax))
        let (known, version) = try pictures.withLock { pictures throws(Failure) in
            guard pictures.erasing.isEmpty || !pictures.erasing.contains(index) else {
                throw Failure(
                    .notFound, "the bytes of leaf \(index) are just being deleted, lawfully")
            }
            return (pictures.known.isEmpty ? nil : pictures.known[slot], pictures.version)
        }
        if let known, known.picture.index == index { return (known.picture, known.locator) }
        let (picture, locator) = try read()
        pictures.withLock { pictures in
            guard pictures.version == version else { return }
            if pictures.known.isEmpty {
                pictures.known = Array(repeating: nil, count: Self.picturesMax)
            }
            pictures.known[slot] = KnownPicture(picture: picture, locator: locator)
        }
        return (picture, locator)
    }

    /// The first `limit` postings of a link. What `read` finds is kept only if the index did not
    /// change meanwhile.
    func list(
        _ hash: ShortHash, newestFirst: Bool, limit: Int, else read: () throws(Failure) -> [Posting]
    ) throws(Failure) -> [Posting] {
        let place = hash.place(among: Self.shelfCount)
        let (known, version) = lists.withLock { shelves in
            let found = shelves[place].ways.first {
                $0.hash == hash && $0.newestFirst == newestFirst
            }
            return (found?.first(limit), shelves[place].version)
        }
        if let known { return known }
        let postings = try read()
        guard postings.count <= Self.postingsMax else { return postings }
        let list = KnownList(
            hash: hash, newestFirst: newestFirst, limit: limit, postings: postings)
        lists.withLock { $0[place].keep(list, ifStill: version) }
        return postings
    }

    /// Changes the index. Also when that failed: it may have happened all the same.
    func forgetting(
        _ changes: MapBatch, _ apply: (MapBatch) throws(Failure) -> Void
    ) throws(Failure) {
        defer { forget(changes) }
        try apply(changes)
    }

    /// From now on nobody gets this picture's bytes, though the index has them until they are gone
    /// for good. Stays so when that fails: whether they are still there nobody knows then.
    func beginErasing(_ index: UInt64) { pictures.withLock { _ = $0.erasing.insert(index) } }

    /// The index says that they are gone.
    func endErasing(_ index: UInt64) { pictures.withLock { _ = $0.erasing.remove(index) } }

    private func forget(_ changes: MapBatch) {
        var removes = false
        var spokenOf: [RecordID] = []
        lists.withLock { shelves in
            changes.forEach { key, _ in
                if key[0] == Table.removed.rawValue { removes = true }
                if key[0] == Table.about.rawValue, key.count >= 18 {
                    // Table, shard, the record's id, and then the leaf.
                    spokenOf.append(
                        RecordID(
                            high: key.bigEndian(UInt64.self, at: 2),
                            low: key.bigEndian(UInt64.self, at: 10)))
                }
                guard key.count > 18, key[0] == Table.links.rawValue else { return }
                // Table, shard, the link's hash, and then the posting.
                let hash = ShortHash(key, at: 2)
                shelves[hash.place(among: Self.shelfCount)].forget(hash)
            }
        }
        forgetFacts(ofAll: removes, of: spokenOf)
        guard removes else { return }
        pictures.withLock { pictures in
            pictures.version += 1
            pictures.known = []
        }
    }
}
