package import Base
package import EvidenceFormat
internal import IndexFormat
internal import Store

extension EvidenceLog {
    /// Links may come later than the picture: an ERP often makes the check when the order is posted.
    package func link(
        _ id: RecordID, to links: [Link], reason: String, by author: Author
    ) throws(Failure) -> Receipt {
        let record = try record(id)
        guard !links.isEmpty else { throw Failure(.invalid, "give at least one link") }
        for link in links where record.links.contains(where: { $0.sameKey(link) }) {
            throw Failure(.alreadyExists, "\(id) is linked to \(link.kind)=\(link.value) already")
        }
        var draft = Draft(.link, by: author)
        draft.links = try Self.distinct(links)
        try Self.setPersonal(links, &draft)
        guard draft.links?.isEmpty == false else {
            throw Failure(
                .invalid, "personal links can be given at capture only, beside another link later")
        }
        draft.fields += [("target", .string(id.description)), ("reason", .string(reason))]
        return try commit(draft)
    }

    /// Takes a wrong link back. The leaf that made it stays, so the old value is kept.
    package func unlink(
        _ id: RecordID, from links: [Link], reason: String, by author: Author
    ) throws(Failure) -> Receipt {
        let record = try record(id)
        for link in links where !record.links.contains(where: { $0.sameKey(link) }) {
            throw Failure(.notFound, "\(id) is not linked to \(link.kind)=\(link.value)")
        }
        var draft = Draft(.unlink, by: author)
        // With its references, so that the index drops them too.
        draft.links = try Self.distinct(
            links.map { link in record.links.first { $0.sameKey(link) } ?? link })
        draft.fields = [("target", .string(id.description)), ("reason", .string(reason))]
        return try commit(draft)
    }

    /// Seals a check: how many leaves it has, and the root over them. Nothing can be added after.
    package func close(
        check: String, verdict: String? = nil, reason: String, by author: Author
    ) throws(Failure) -> Receipt {
        for attempt in 1... {
            let leaves = try chain(of: check)
            var draft = Draft(.close, by: author)
            draft.closes = check
            draft.fields = [
                ("check", .string(check)), ("count", .int(Int64(leaves.count))),
                ("root", .string(Merkle.root(of: leaves.map(\.hash)).hex)),
                ("reason", .string(reason)),
            ]
            if let verdict { draft.fields.append(("verdict", .string(verdict))) }
            do {
                return try commit(draft)
            } catch {
                // Somebody added to the check in between.
                guard error.kind == .busy, attempt < 5 else { throw error }
            }
        }
        throw Failure(.busy, "check \(check) keeps growing; close it when captures have ended")
    }

    /// The leaves of a check in the order of its chain.
    package func chain(of check: String) throws(Failure) -> [Leaf] {
        let key = ShortHash("chain", check)
        let reader = LeafReader(engine, rows)
        var leaves: [Leaf] = []
        var from = key.bytes
        while true {
            let page = try engine.range(
                Table.chainItemShard(key), from: from, to: key.bytes.adding(.max),
                descending: false, limit: 1000)
            for entry in page {
                leaves.append(try reader.leaf(at: entry.value.span.bigEndian(UInt64.self, at: 0)))
            }
            guard page.count == 1000, let last = page.last else { return leaves }
            from = last.key + [0]
        }
    }

    package func isClosed(check: String) throws(Failure) -> Bool { try chainHead(check).closed }
}

extension Link {
    func sameKey(_ other: Link) -> Bool {
        kind == other.kind && value.utf8.elementsEqual(other.value.utf8)
    }
}
