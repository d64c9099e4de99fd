internal import Base
internal import Evidence
internal import EvidenceFormat

/// What bears on the records: keys and policies, holds, the time around them, whole chains.
extension BundleWriter {
    func addFacts() throws(Failure) {
        _ = try add(0, extract.leaf(at: 0), .facts)
        for kind in [LeafKind.keyset, .policy, .successor] { try addAll(kind) { _ in true } }
        let held = holds.foundIDs
        let found = holds.found
        for index in found.sorted() { _ = try add(index, extract.leaf(at: index), .facts) }
        if !held.isEmpty {
            try addAll(.unhold) { leaf in leaf.recordID("hold").map(held.contains) ?? false }
        }
        if !events.isEmpty { try addAll(.event, where: isCountedFrom) }
        try addParts()
        try addTime()
        for anchor in try anchors(recordIndices.sorted()) { try add(anchor) }
        try addChains()
    }

    func addAll(
        _ kind: LeafKind, ofCamera camera: String? = nil, from: WallTime = .distantPast,
        where isMeant: (Leaf) -> Bool
    ) throws(Failure) {
        try extract.forEach(kind, ofCamera: camera, from: from) { index, leaf throws(Failure) in
            if isMeant(leaf) { _ = try add(index, leaf, .facts) }
            return true
        }
    }

    func isCountedFrom(_ event: Leaf) -> Bool {
        guard let name = event.string("name"), let link = event.body["link"]?.object,
            let kind = link["kind"]?.string, let value = link["value"]?.string
        else { return false }
        return events.contains { wanted in
            wanted.name.hasSameBytes(as: name)
                && wanted.links.contains { $0.kind == kind && $0.value.hasSameBytes(as: value) }
        }
    }

    func addParts() throws(Failure) {
        guard let span else { return }
        for (camera, ordinals) in parts.sorted(by: { $0.key < $1.key }) {
            var wanted = ordinals
            // A part is committed after its footage, so never before the first clip's instant.
            try extract.forEach(.part, ofCamera: camera, from: span.from) {
                index, leaf throws(Failure) in
                if let n = leaf.int("n"), wanted.remove(n) != nil {
                    _ = try add(index, leaf, .facts)
                }
                return !wanted.isEmpty
            }
        }
    }

    /// The stretch of time that the question is about.
    var stretch: (from: WallTime, to: WallTime)? {
        guard case .query(let query) = request.wanted else { return span }
        guard let span else { return nil }
        return (query.from ?? span.from, query.to ?? span.to)
    }

    func addTime() throws(Failure) {
        guard let stretch else { return }
        for camera in cameras.sorted() {
            var count = 0
            // A gap is logged when it is over, so the first after the end may still be of it.
            try extract.forEach(.gap, ofCamera: camera, from: stretch.from) {
                index, leaf throws(Failure) in
                guard let from = leaf.time("from"), from <= stretch.to, count < Self.factsMax else {
                    return false
                }
                count += 1
                _ = try add(index, leaf, .facts)
                return true
            }
        }
        for kind in [LeafKind.clock, .incident] {
            var count = 0
            try extract.forEach(kind, from: stretch.from) { index, leaf throws(Failure) in
                guard leaf.time <= stretch.to, count < Self.factsMax else { return false }
                count += 1
                _ = try add(index, leaf, .facts)
                return true
            }
        }
    }

    func add(_ anchor: BundleAnchor) throws(Failure) {
        let name = "proof/anchors/\(anchor.size)-\(anchor.name)"
        try files.add("\(name).checkpoint", anchor.checkpoint.encode())
        for file in anchor.files { try files.add("\(name).\(file.ending)", file.bytes) }
        try addConsistency(anchor.checkpoint)
        _ = try add(anchor.leaf, extract.leaf(at: anchor.leaf), .facts)
    }

    /// Every leaf of every check, so that a missing one shows. They may belong to more checks.
    func addChains() throws(Failure) {
        var done = 0
        while done < checks.count {
            let chain = try extract.chain(of: checks[done])
            var isHere = false
            for (index, leaf) in chain {
                let isSaid = leaf.kind == .close || leaf.kind == .link || leaf.kind == .unlink
                let isFact = leaf.kind == .close || (isSaid && speaksOfRecord(leaf))
                _ = try add(index, leaf, isFact ? .facts : .chain)
                isHere = isHere || isFact || recordIDs.contains(leaf.id)
            }
            if isHere { page.add(check: checks[done], chain.map(\.leaf)) }
            done += 1
        }
    }

    func speaksOfRecord(_ leaf: Leaf) -> Bool {
        leaf.recordID("target").map(recordIDs.contains) ?? false
    }
}
