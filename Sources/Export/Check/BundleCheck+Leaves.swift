internal import Base
internal import Evidence
internal import EvidenceFormat

/// Steps 4, 5 and 7: every leaf stands where it says in the signed log, is in the right folder, and
/// keeps the rules between leaves; every record has its bytes or lost them lawfully.
extension BundleCheck {
    /// The leaves by their files' names, in the order of the log.
    func findLeaves() {
        let files = source.files
        for file in 0..<files.count {
            guard files.isLeaf(file), let (index, role) = Self.place(ofLeaf: files.name(file))
            else { continue }
            // Its proof comes right behind it, as names are sorted.
            let name = BundleNames.proof(index, role)
            let proof =
                files.has(name, at: file + 1) ? file + 1 : files.position(of: name) ?? -1
            leafFiles.append(
                LeafFile(index: index, role: role, leaf: Int32(file), proof: Int32(proof)))
        }
        leafFiles.sort { ($0.index, $0.leaf) < ($1.index, $1.leaf) }
    }

    /// Gives every file its place in the format.
    func sortFiles() {
        let files = source.files
        for name in [
            "README.txt", "verify.py", "proofs.py", "report.py", BundleNames.page,
            BundleNames.custody,
        ] {
            if let file = files.position(of: name) {
                claimed[file] = true
            } else {
                result.add(step: 3, file: name, "is missing")
            }
        }
        for leaf in leafFiles {
            claimed[Int(leaf.leaf)] = true
            if leaf.proof >= 0 {
                claimed[Int(leaf.proof)] = true
            } else {
                result.add(
                    step: 4, file: files.name(Int(leaf.leaf)), "has no proof beside it")
            }
        }
    }

    private static func place(ofLeaf name: String) -> (UInt64, BundleNames.Role)? {
        let parts = name.utf8.split(separator: 0x2F)
        guard parts.count == 3, let folder = String(parts[1]),
            let role = BundleNames.Role(rawValue: folder),
            let digits = String(parts[2].dropLast(5)), let index = UInt64(digits),
            index < Merkle.sizeMax, BundleNames.leaf(index, role) == name
        else { return nil }
        return (index, role)
    }

    func checkLeaves(_ hasher: BundleHasher) {
        for (i, file) in leafFiles.enumerated() {
            if i > 0, leafFiles[i - 1].index == file.index {
                result.add(
                    step: 4, file: source.files.name(Int(file.leaf)),
                    "is leaf \(file.index), which is in another folder, too")
                continue
            }
            check(file)
            if i % 64 == 0 { request.progress(hasher.byteCount, result.bytes) }
        }
        if leafFiles.first?.index != 0 {
            result.add(
                step: 4, file: BundleNames.leaf(0, .facts), "is missing: the log's genesis")
        }
    }

    private func check(_ file: LeafFile) {
        let name = source.files.name(Int(file.leaf))
        guard let bytes = contents(Int(file.leaf), step: 4, bytesMax: Leaf.bytesMax) else {
            return
        }
        let leaf: Leaf
        do throws(Failure) {
            leaf = try Leaf(parsing: bytes)
        } catch {
            checkHash(file.leaf, bytes, record: nil)
            result.add(step: 4, file: name, error.words)
            return
        }
        checkHash(file.leaf, bytes, record: leaf.id)
        checkProof(leaf, file)
        checkRole(leaf, file.role, name)
        let payload = file.role == .records ? payload(of: leaf, at: file.index) : nil
        let isNew = leaves.add(
            .init(
                index: file.index, id: leaf.id, file: file.leaf, role: file.role,
                instant: leaf.time("t") ?? leaf.time,
                fits: selection?.fits(leaf, links: leaf.links.map(\.link)) ?? true,
                payload: Int32(payload ?? -1),
                isDerived: ["use", "clip", "parent"].contains { leaf.body[$0] != nil }))
        if !isNew { result.add(step: 4, record: leaf.id, file: name, "has another leaf's id") }
        checkRules(leaf, file, name)
        if file.role == .records { noteRecord(leaf, file, payload) }
    }

    private func checkProof(_ leaf: Leaf, _ file: LeafFile) {
        guard file.proof >= 0,
            let bytes = contents(Int(file.proof), step: 4, bytesMax: LogProof.bytesMax),
            let checkpoint, let head = signedHead
        else { return }
        checkHash(file.proof, bytes, record: leaf.id)
        func refuse(_ words: String) {
            result.add(
                step: 4, record: leaf.id, file: source.files.name(Int(file.proof)), words)
        }
        do throws(Failure) {
            let proof = try LogProof(parsing: bytes, known: head)
            // Equal, byte for byte, to the one whose signature was checked.
            guard bytes.suffix(head.bytes.count).elementsEqual(head.bytes),
                proof.checkpoint == head.note
            else { return refuse("leads to another checkpoint than \(BundleNames.checkpoint)") }
            guard proof.extra == nil else {
                return refuse("has an extra line, which no signature of the log covers")
            }
            guard proof.index == file.index else {
                return refuse("is the proof of leaf \(proof.index)")
            }
            let isProven = Merkle.verifyInclusion(
                leaf: leaf.hash, index: file.index, size: checkpoint.size, proof: proof.path,
                root: checkpoint.root)
            if !isProven {
                refuse("does not prove its leaf: one of the two was changed")
            }
        } catch {
            refuse(error.words)
        }
    }

    private func checkRole(_ leaf: Leaf, _ role: BundleNames.Role, _ name: String) {
        let isRight =
            switch role {
            case .records: leaf.isRecord
            case .facts: Self.factKinds.contains(leaf.kind)
            case .chain: leaf.links.contains { $0.place != nil }
            }
        if !isRight {
            result.add(
                step: 4, record: leaf.id, file: name,
                "is a \(leaf.kind.rawValue) leaf, which does not belong in this folder")
        }
        if let site = selection?.site, !leaf.site.hasSameBytes(as: site) {
            result.add(step: 4, record: leaf.id, file: name, "is of another plant: \(leaf.site)")
        }
    }

    private static let factKinds: Set<LeafKind> = [
        .genesis, .keyset, .policy, .successor, .link, .unlink, .delete, .deleted, .check, .close,
        .hold, .unhold, .event, .gap, .clock, .incident, .part, .anchor,
    ]

    // MARK: Rules between leaves

    private func checkRules(_ leaf: Leaf, _ file: LeafFile, _ name: String) {
        func damage(_ step: Int) -> (String) -> Void {
            { words in self.result.add(step: step, record: leaf.id, file: name, words) }
        }
        chains.take(leaf, file)
        switch leaf.kind {
        case .genesis:
            if file.index != 0 { damage(4)("is a second genesis") }
            checkGenesis(leaf, damage(2))
        case .keyset: checkKeySet(leaf, damage(2))
        case .link, .unlink: noteSaid(leaf, file, damage(7))
        case .snapshot:
            if file.role == .records, let stream = leaf.recordID("clip") {
                leaves.note(picture: leaf.id, of: stream)
            }
        case .delete, .deleted:
            removalFiles.append(file)
            if let target = leaf.recordID("target") { leaves.note(leaf.id, of: target) }
        case .part: parts.add(leaf, damage(8))
        case .anchor: anchorLeaves.append((file.index, leaf))
        case .boot, .policy, .clock, .gap, .check, .close, .hold, .unhold, .event, .derive,
            .segmentSeal, .scrub, .import, .incident, .successor, .clip, .grant, .access:
            break
        }
        if PageTexts.bearing.contains(leaf.kind) { bearingFiles.append(file) }
        if file.index == 0, leaf.kind != .genesis { damage(4)("should be the log's genesis") }
        do throws(Failure) {
            try removals.take(
                leaf, at: file.index,
                facts: { id throws(Failure) in try self.facts(of: id) }, damage(5))
        } catch {
            damage(5)(error.words)
        }
    }

    private func noteSaid(_ leaf: Leaf, _ file: LeafFile, _ damage: (String) -> Void) {
        guard let target = leaf.recordID("target") else { return }
        // In a check's chain it may speak of what was not asked for.
        if (file.role == .facts) != (leaves.record(target) != nil) {
            damage(
                file.role == .facts
                    ? "speaks of \(target), which is no record here"
                    : "speaks of a record here, so it is a fact")
        }
        leaves.note(leaf.id, of: target)
    }

    /// A record as removals see it, at this point of the log, with what is one with it.
    private func facts(of id: RecordID) throws(Failure) -> (RecordFacts, Leaf)? {
        guard let (alone, leaf) = try factsAlone(id) else { return nil }
        var facts = alone
        var partners = leaf.recordID("clip").map { [$0] } ?? []
        if leaf.kind == .clip, leaf.string("use") == "stream" {
            partners += leaves.pictures(of: id).map { leaves.known[Int($0)].id }
        }
        for partner in partners {
            if let (other, _) = try factsAlone(partner) { facts.partners.append(other) }
        }
        return (facts, leaf)
    }

    private func factsAlone(_ id: RecordID) throws(Failure) -> (RecordFacts, Leaf)? {
        guard let position = leaves.position(of: id) else { return nil }
        let known = leaves.known[Int(position)]
        let leaf = try self.leaf(known.file)
        let facts = RecordFacts(
            id: id, index: known.index, camera: leaf.string("cam"),
            instant: leaf.isRecord ? leaf.time("t") ?? leaf.time : leaf.time,
            links: try linksEver(leaf))
        return (facts, leaf)
    }

    private func linksEver(_ leaf: Leaf) throws(Failure) -> [Link] {
        var links = leaf.links.map(\.link)
        for said in leaves.said(of: leaf.id) {
            let about = try self.leaf(leaves.known[Int(said)].file)
            if about.kind == .link { links += about.links.map(\.link) }
        }
        return links
    }

    /// As they stand, corrections applied.
    func linksNow(_ leaf: Leaf) throws(Failure) -> [Link] {
        var links = leaf.links.map(\.link)
        for said in leaves.said(of: leaf.id) {
            let about = try self.leaf(leaves.known[Int(said)].file)
            let named = about.links.map(\.link)
            if about.kind == .link {
                links += named
            } else if about.kind == .unlink {
                links.removeAll { link in named.contains { $0.sameKey(link) } }
            }
        }
        return links
    }
}
