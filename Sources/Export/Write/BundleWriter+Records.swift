internal import Base
internal import Evidence
internal import EvidenceFormat

/// The records that were asked for, each with its bytes and what was said of it.
extension BundleWriter {
    /// No stream that a picture is rendered from is longer; it begins with a key frame.
    private static let streamSecondsMax: Int64 = 600

    /// In the order of their instants, and of the log where these are equal.
    func forEachWanted(
        _ body: (UInt64, Leaf, WallTime) throws(Failure) -> Void
    ) throws(Failure) {
        switch request.wanted {
        case .query(let given):
            var query = given
            query.newestFirst = false
            query.streams = true
            let before = try streams(before: query)
            payloads.announce(before.map(\.leaf.id))
            for hit in before { try body(hit.index, hit.leaf, hit.instant) }
            try extract.forEachPage(query) { hits throws(Failure) in
                payloads.announce(hits.map(\.leaf.id))
                for hit in hits { try body(hit.index, hit.leaf, hit.instant) }
            }
        case .ids(let ids):
            let hits = try chosen(ids)
            payloads.announce(hits.map(\.leaf.id))
            for hit in hits { try body(hit.index, hit.leaf, hit.instant) }
        }
    }

    /// Streams that began before the time that was asked for, of pictures within it.
    private func streams(
        before query: Query
    ) throws(Failure) -> [(index: UInt64, leaf: Leaf, instant: WallTime)] {
        guard let from = query.from else { return [] }
        let end = from.adding(seconds: Self.streamSecondsMax)
        var pictures = query
        pictures.to = min(query.to ?? end, end)
        var found: [UInt64: (Leaf, WallTime)] = [:]
        try extract.forEachPage(pictures) { hits throws(Failure) in
            for hit in hits {
                guard let stream = hit.leaf.recordID("clip"),
                    let index = try extract.index(of: stream)
                else { continue }
                let leaf = try extract.leaf(at: index)
                let instant = leaf.time("t") ?? leaf.time
                if instant < from { found[index] = (leaf, instant) }
            }
        }
        return found.map { (index: $0.key, leaf: $0.value.0, instant: $0.value.1) }
            .sorted { ($0.instant, $0.index) < ($1.instant, $1.index) }
    }

    /// The named records, with the streams that they were rendered from.
    func chosen(
        _ ids: [RecordID]
    ) throws(Failure) -> [(index: UInt64, leaf: Leaf, instant: WallTime)] {
        var found: [UInt64: Leaf] = [:]
        var waiting = ids
        while let id = waiting.popLast() {
            guard let index = try extract.index(of: id) else {
                // Left out, it would look as if somebody had withheld it.
                throw Failure(
                    .refused,
                    "\(id) came into the log after the checkpoint of \(extract.checkpoint.size)"
                        + " leaves that this bundle is of; export anew, without the .part file of"
                        + " the bundle that was begun")
            }
            let leaf = try extract.leaf(at: index)
            guard leaf.isRecord else {
                throw Failure(
                    .notFound, "\(id) is a \(leaf.kind.rawValue) leaf, not a picture")
            }
            guard found.updateValue(leaf, forKey: index) == nil else { continue }
            if let stream = leaf.recordID("clip") { waiting.append(stream) }
        }
        return found.map { ($0.key, $0.value, $0.value.time("t") ?? $0.value.time) }
            .sorted { ($0.instant, $0.index) < ($1.instant, $1.index) }
    }

    func addRecord(
        _ index: UInt64, _ leaf: Leaf, _ instant: WallTime
    ) throws(Failure) {
        guard try add(index, leaf, .records) else { return }
        selection.records += 1
        if leaf.string("use") == "stream" { selection.streams += 1 }
        recordIDs.insert(leaf.id)
        recordIndices.append(index)
        recorded = min(recorded, leaf.time)
        span = (min(span?.from ?? instant, instant), max(span?.to ?? instant, instant))
        if let camera = leaf.string("cam") {
            cameras.insert(camera)
            for part in leaf.body["parts"]?.array ?? [] {
                if let n = part.int { parts[camera, default: []].insert(n) }
            }
        }
        let about = try extract.leavesAbout(leaf.id)
        var links = leaf.links.map(\.link)
        for (index, said) in about where said.kind != .derive {
            _ = try add(index, said, .facts)
            if said.kind == .link { links += said.links.map(\.link) }
        }
        holds.look(leaf, instant: instant, links: links)
        let removal = about.map(\.leaf).first { $0.isRemovalOfPayload }
        if let removal, let policy = removal.int("policy"), policy >= 0 {
            try noteEvents(removal, policy: UInt64(policy), links)
        }
        var name: String?
        if !isGone(about.map(\.leaf)) {
            let path = BundleNames.payload(index, mime: leaf.string("mime") ?? "")
            try addPayload(leaf, as: path)
            name = path
        }
        try page.add(leaf, index, about, payload: name)
    }

    func addPayload(_ leaf: Leaf, as name: String) throws(Failure) {
        guard let hash = leaf.digest("pay") else { return }
        try files.add(name, payloads.take(leaf.id), hash: hash)
    }

    /// Ordered and done.
    func isGone(_ about: [Leaf]) -> Bool {
        about.contains { order in
            order.isRemovalOfPayload
                && about.contains { $0.kind == .deleted && $0.recordID("delete") == order.id }
        }
    }

    /// What a removal's time was counted from has to be shown too.
    func noteEvents(
        _ removal: Leaf, policy: UInt64, _ links: [Link]
    ) throws(Failure) {
        guard policy < extract.checkpoint.size else { return }
        let rules = try extract.leaf(at: policy).body["rules"]?.array ?? []
        let rule = rules.first { $0.object?["name"]?.string == removal.string("rule") }
        if let name = rule?.object?["event"]?.string { events.append((name, links)) }
    }

    /// A leaf and its proof, once; false when it is there already.
    func add(
        _ index: UInt64, _ leaf: Leaf, _ role: BundleNames.Role
    ) throws(Failure) -> Bool {
        guard leaves.insert(index) else { return false }
        try files.add(BundleNames.leaf(index, role), leaf.bytes)
        try files.add(BundleNames.proof(index, role), extract.proof(of: index).encode())
        for link in leaf.links where link.place != nil { note(check: link.link.value) }
        if leaf.kind == .close, let check = leaf.string("check") { note(check: check) }
        if role == .facts { page.add(fact: leaf, index) }
        return true
    }

    func note(check: String) {
        if knownChecks.insert(Array(check.utf8)).inserted { checks.append(check) }
    }
}

extension Leaf {
    fileprivate var isRemovalOfPayload: Bool { kind == .delete && string("what") == "payload" }
}
