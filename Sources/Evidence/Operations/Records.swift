package import Base
internal import Crypto
package import EvidenceFormat
internal import IndexFormat
internal import SegmentFormat
internal import Store
internal import Linux

/// A record with everything that was said of it since.
package struct Record: Sendable {
    package let index: UInt64
    package let leaf: Leaf
    package let instant: WallTime
    /// As they stand now: corrections applied, personal ones included where not erased.
    package let links: [Link]
    /// Every link it ever had: what retention and holds go by, so that unlinking frees nothing.
    package let linksEver: [Link]
    package let payloadBytes: Int
    package let removal: RemovalState

    package var camera: String? { leaf.string("cam") }
}

package enum RemovalState: Hashable, Sendable {
    case present
    /// Ordered by a delete leaf, in its grace period.
    case due(until: WallTime)
    /// Lawfully gone, by this delete leaf.
    case removed(delete: UInt64, at: WallTime)
}

extension EvidenceLog {
    /// For whoever shows leaves; what checks or repairs them reads them itself.
    var reader: LeafReader { LeafReader(engine, rows, cache) }

    /// `.notFound` for an id that no leaf has.
    func entry(of id: RecordID) throws(Failure) -> IDEntry {
        try cache.entry(of: id) { () throws(Failure) in
            guard let bytes = try engine.get(id.bytes, in: Table.idShard(id)) else {
                throw Failure(.notFound, "there is no record \(id)")
            }
            return try IDEntry(decoding: bytes)
        }
    }

    package func leaf(at index: UInt64) throws(Failure) -> Leaf {
        guard index < size else {
            throw Failure(.notFound, "there is no leaf \(index); the log has \(size)")
        }
        return try reader.leaf(at: index)
    }

    package func index(of id: RecordID) throws(Failure) -> UInt64 { try entry(of: id).leaf }

    package func record(_ id: RecordID) throws(Failure) -> Record {
        let entry = try entry(of: id)
        let leaf = try reader.leaf(at: entry.leaf)
        guard leaf.isRecord else {
            throw Failure(.notFound, "\(id) is a \(leaf.kind.rawValue) leaf, not a picture")
        }
        return try record(QueryPage.Hit(index: entry.leaf, leaf: leaf, instant: entry.time))
    }

    /// What was found, with everything that was said of it since.
    package func record(_ hit: QueryPage.Hit) throws(Failure) -> Record {
        let reader = self.reader
        let (leaf, place) = try reader.read(hit.index)
        let personal = try PrivateSection.links(of: leaf, at: place, engine)
        var links = leaf.links.map(\.link) + personal
        var ever = links
        let facts = try cache.facts(of: leaf.id) { () throws(Failure) in
            ReadCache.Facts(
                about: try indicesAbout(leaf.id),
                removal: try removal(of: leaf.id, code: 0, reader))
        }
        for index in facts.about {
            let (about, place) = try reader.read(index)
            switch about.kind {
            case .link:
                let added =
                    try about.links.map(\.link) + PrivateSection.links(of: about, at: place, engine)
                links += added.filter { !links.contains($0) }
                ever += added.filter { !ever.contains($0) }
            case .unlink:
                let gone = about.links.map(\.link)
                links.removeAll { link in gone.contains { $0.sameKey(link) } }
            default: break
            }
        }
        return Record(
            index: hit.index, leaf: leaf, instant: hit.instant, links: links, linksEver: ever,
            payloadBytes: place.payloadBytes, removal: facts.removal)
    }

    /// Leaves that were said of a record, in order.
    package func leavesAbout(_ id: RecordID) throws(Failure) -> [Leaf] {
        try leavesAbout(id, reader)
    }

    func leavesAbout(_ id: RecordID, _ reader: LeafReader) throws(Failure) -> [Leaf] {
        try indicesAbout(id).map { index throws(Failure) in try reader.leaf(at: index) }
    }

    func indicesAbout(_ id: RecordID) throws(Failure) -> [UInt64] {
        var indices: [UInt64] = []
        var from = id.bytes
        while true {
            let page = try engine.range(
                Table.aboutShard(id), from: from, to: id.bytes.adding(.max), descending: false,
                limit: 1000)
            indices += page.map { $0.key.span.bigEndian(UInt64.self, at: 16) }
            guard page.count == 1000, let last = page.last else { return indices }
            from = last.key + [0]
        }
    }

    func removal(
        of id: RecordID, code: UInt8, _ reader: LeafReader
    ) throws(Failure) -> RemovalState {
        guard let bytes = try engine.get(id.bytes + [code], in: Table.removedShard(id)) else {
            return .present
        }
        let removal = try Removal(decoding: bytes)
        if let deleted = removal.deletedLeaf {
            return .removed(delete: removal.deleteLeaf, at: try reader.leaf(at: deleted).time)
        }
        let until = try reader.leaf(at: removal.deleteLeaf).time("until") ?? .distantFuture
        return .due(until: until)
    }

    /// The exact bytes that were stored, checked against the hash in the leaf.
    package func payload(of id: RecordID) throws(Failure) -> [UInt8] {
        let reader = self.reader
        let (leaf, place) = try reader.read(entry(of: id).leaf)
        guard place.payloadBytes > 0, let expected = leaf.digest("pay") else {
            throw Self.hasNoBytes(leaf)
        }
        let removal = try removal(of: id, code: 0, reader)
        if case .removed(let delete, let at) = removal {
            throw Self.isRemoved(id, delete: delete, at: at)
        }
        var bytes: [UInt8] = []
        try engine.read(
            Names.segment(place.segment), at: place.payloadOffset, count: place.payloadBytes,
            into: &bytes)
        guard SHA256.hash(bytes.span) == expected else {
            if case .due(let until) = removal, until <= clock.now, bytes.allSatisfy({ $0 == 0 }) {
                throw Self.isBeingRemoved(id)
            }
            throw Failure(
                .corrupt,
                "the stored bytes of \(id) are not the ones that were recorded; run verify")
        }
        return bytes
    }

    /// The answer to a request that was made before, if its content is the same.
    func receipt(forRequest request: String, _ draft: Draft) throws(Failure) -> Receipt? {
        let hash = ShortHash("request", request)
        guard let value = try engine.get(hash.bytes, in: Table.requestShard(hash)) else {
            return nil
        }
        guard Array(value.dropFirst(8)) == draft.fingerprint.bytes else {
            throw Self.otherContent(request)
        }
        return try receipt(at: value.span.bigEndian(UInt64.self, at: 0))
    }

    /// The receipt of an earlier request, for callers who only know its id.
    package func receipt(forRequest request: String) throws(Failure) -> Receipt? {
        let hash = ShortHash("request", request)
        guard let value = try engine.get(hash.bytes, in: Table.requestShard(hash)) else {
            return nil
        }
        return try receipt(at: value.span.bigEndian(UInt64.self, at: 0))
    }

    private func receipt(at index: UInt64) throws(Failure) -> Receipt {
        var head = monitor.withLock { $0.head }
        if head.checkpoint.size <= index {
            // The index knows a leaf a moment before its signature is everybody's.
            try waitForGroups()
            head = monitor.withLock { $0.head }
        }
        return Receipt(
            index: index, leaf: try reader.leaf(at: index), checkpoint: head.note,
            size: head.checkpoint.size, repeated: true)
    }
}
