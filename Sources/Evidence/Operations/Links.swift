package import Base
package import EvidenceFormat
internal import IndexFormat
internal import Linux
internal import Store

extension EvidenceLog {
    /// Links may come later than the picture: an ERP often makes the check when the order is
    /// posted.
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
        // First the stream that it was rendered from: what keeps the picture keeps it too.
        if let stream = record.leaf.recordID("clip") {
            let known = try self.record(stream).links
            let more = links.filter { link in !known.contains { $0.sameKey(link) } }
            if !more.isEmpty { _ = try link(stream, to: more, reason: reason, by: author) }
        }
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
        let rest = record.links.filter { kept in !links.contains { $0.sameKey(kept) } }
        for link in links where rest.contains(where: { $0.answers(to: link.kind, link.value) }) {
            throw Failure(
                .refused,
                "\(link.value) is also a reference of another link of \(id); take that one"
                    + " back too and give it again without the reference")
        }
        var draft = Draft(.unlink, by: author)
        draft.links = try Self.distinct(
            links.map { link throws(Failure) in
                let known = record.links.first { $0.sameKey(link) } ?? link
                // The index drops its references too, save those that other links still have.
                let refs = known.refs.filter { ref in
                    !rest.contains { $0.answers(to: known.kind, ref) }
                }
                return try Link(kind: known.kind, value: known.value, refs: refs)
            })
        guard draft.links?.isEmpty == false else {
            throw Failure(
                .invalid,
                "personal links are not taken back but erased; order the removal of"
                    + " the personal data")
        }
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
                // Somebody added to the check in between; look again when the index has it.
                guard error.kind == .busy, attempt < 5 else { throw error }
                try waitForGroups()
            }
        }
        throw Failure(.busy, "check \(check) keeps growing; close it when captures have ended")
    }

    /// The leaves of a check in the order of its chain.
    package func chain(of check: String) throws(Failure) -> [Leaf] {
        let reader = LeafReader(engine, rows)
        return try chainIndices(of: check).map { index throws(Failure) in
            try reader.leaf(at: index)
        }
    }

    func chainIndices(of check: String) throws(Failure) -> [UInt64] {
        let key = ShortHash("chain", check)
        var indices: [UInt64] = []
        var from = key.bytes
        while true {
            let page = try engine.range(
                Table.chainItemShard(key), from: from, to: key.bytes.adding(.max),
                descending: false, limit: 1000)
            indices += page.map { $0.value.span.bigEndian(UInt64.self, at: 0) }
            guard page.count == 1000, let last = page.last else { return indices }
            from = last.key + [0]
        }
    }

    package func isClosed(check: String) throws(Failure) -> Bool { try chainHead(check).closed }
}

extension EvidenceLog {
    /// Until the index has every leaf that has a seat now.
    func waitForGroups() throws(Failure) {
        try locked { () throws(Failure) in
            let isEmpty = monitor.locked.open.entries.isEmpty
            let last = monitor.locked.groupsOpened - (isEmpty ? 1 : 0)
            while monitor.locked.groupsFinished < last {
                if let stop = monitor.locked.stop { throw stop }
                monitor.wait(on: Wake.order)
            }
        }
    }

    /// What names a person may stand in a private section only: leaves stay for ever.
    static func refusePersonal(_ link: Link) throws(Failure) {
        guard PrivateSection.kinds.contains(link.kind) else { return }
        throw Failure(
            .invalid,
            "\(link.kind) links are personal and this leaf could never be erased; name a record,"
                + " a time or another link")
    }
}

/// All by bytes, as the index and the hash see them; `String` alone would call `é` and `e` with an
/// accent one text.
extension Link {
    package func sameKey(_ other: Link) -> Bool {
        kind == other.kind && value.utf8.elementsEqual(other.value.utf8)
    }

    /// Whether a question for this kind and value, or reference, finds the link.
    package func answers(to kind: String, _ value: String) -> Bool {
        self.kind == kind
            && ([self.value] + refs).contains { $0.utf8.elementsEqual(value.utf8) }
    }
}
