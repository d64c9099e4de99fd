internal import Base
internal import Crypto
internal import EvidenceFormat
internal import IndexFormat
internal import SegmentFormat
internal import Store

/// The rules between leaves, checked from the log alone and in its order: what a holder of the log
/// key could write but must not.
final class LogRules {
    /// Concurrent writers may be given their places out of the order of their clocks.
    private static let clockToleranceMicroseconds: Int64 = 5_000_000

    private let origin: String
    private let rootKey: VerifierKey
    private let index: IndexRebuild
    private let read: (UInt64) throws(Failure) -> Leaf
    private var policies = PolicyHistory()
    private var holds: [ActiveHold] = []
    private var keySetOrdinal: UInt64 = 0
    private var newest = WallTime.distantPast
    private var clockWasStepped = false
    private(set) var anchors: [AnchorLeaf] = []
    private(set) var newestKeySet: SignedNote?
    private(set) var seals: [UInt32: (seal: SegmentSeal, leaf: UInt64)] = [:]

    init(
        origin: String, rootKey: VerifierKey, index: IndexRebuild,
        read: @escaping (UInt64) throws(Failure) -> Leaf
    ) {
        self.origin = origin
        self.rootKey = rootKey
        self.index = index
        self.read = read
    }

    /// Called before the leaf enters the rebuilt index; `root` is the tree's before it.
    func check(
        _ leaf: Leaf, at position: UInt64, root: Digest, _ result: inout Verification
    ) throws(Failure) {
        func damage(_ words: String) {
            result.add(.damage, "record \(leaf.id) (leaf \(position))", words)
        }
        checkClock(leaf, at: position, &result)
        if position == 0 && leaf.kind != .genesis { damage("a log must begin with its genesis") }
        try checkChains(leaf, damage)
        switch leaf.kind {
        case .genesis: checkGenesis(leaf, at: position, damage)
        case .keyset: checkKeySet(leaf, damage)
        case .boot:
            if let size = leaf.int("size"), UInt64(size) == position, leaf.digest("root") != root {
                damage("the server started on another history than this one")
            }
        case .policy:
            if let words = policies.add(leaf, at: position) {
                damage("an unlawful policy: \(words)")
            }
        case .hold: holds.append(try ActiveHold(leaf, index: position))
        case .unhold: checkUnhold(leaf, damage)
        case .delete: try checkDelete(leaf, damage)
        case .deleted: try checkDeleted(leaf, damage)
        case .segmentSeal: noteSeal(leaf, at: position)
        case .clock: clockWasStepped = true
        case .link, .unlink, .derive: try checkTarget(leaf, damage)
        case .anchor:
            if let anchor = AnchorLeaf(leaf, index: position) {
                if anchor.size > position { damage("an anchor of a tree that was not there yet") }
                anchors.append(anchor)
            }
        case .snapshot, .clip, .part, .gap, .close, .event, .scrub, .import, .incident, .successor,
            .grant, .access, .check:
            break
        }
    }

    private func checkClock(_ leaf: Leaf, at position: UInt64, _ result: inout Verification) {
        let back = newest.microseconds - leaf.time.microseconds
        if back > Self.clockToleranceMicroseconds && !clockWasStepped {
            result.add(
                .note, "record \(leaf.id) (leaf \(position))",
                "its time \(leaf.time) is \(back / 1_000_000) s before that of earlier leaves")
        }
        let claimed = Int64(leaf.id.high >> 16) * 1000
        if abs(claimed - leaf.time.microseconds) > Self.clockToleranceMicroseconds {
            result.add(
                .note, "record \(leaf.id) (leaf \(position))",
                "its id was made at another time than it claims (\(leaf.time))")
        }
        if leaf.time > newest || clockWasStepped { newest = leaf.time }
        clockWasStepped = false
    }

    private func checkGenesis(_ leaf: Leaf, at position: UInt64, _ damage: (String) -> Void) {
        if position != 0 { damage("a second genesis") }
        if leaf.string("origin") != origin { damage("the genesis of another log than \(origin)") }
        if leaf.string("root_key") != rootKey.text {
            damage("the log was begun under another root key than \(rootKey.text)")
        }
    }

    private func checkKeySet(_ leaf: Leaf, _ damage: (String) -> Void) {
        do throws(Failure) {
            let note = try SignedNote(parsing: Array((leaf.string("note") ?? "").utf8))
            let set = try KeySet(opening: note, origin: origin, root: rootKey)
            if set.ordinal < keySetOrdinal { damage("an older key set after a newer one") }
            keySetOrdinal = set.ordinal
            newestKeySet = note
        } catch {
            damage("its key set is not signed by the root key: \(error.words)")
        }
    }

    // MARK: Chains

    private func checkChains(_ leaf: Leaf, _ damage: (String) -> Void) throws(Failure) {
        for placed in leaf.links {
            guard let place = placed.place else { continue }
            try checkPlace(placed.link.value, place, damage)
        }
        guard leaf.kind == .close, let check = leaf.string("check"), let n = leaf.int("n"),
            let previous = leaf.digest("prev")
        else { return }
        try checkPlace(check, ChainPlace(ordinal: n, previous: previous), damage)
        var hashes: [Digest] = []
        for item in try index.chain(of: check) { hashes.append(try read(item).hash) }
        if leaf.int("count") != Int64(hashes.count) {
            damage("closes check \(check) with a wrong count; the log has \(hashes.count) leaves")
        }
        if leaf.digest("root") != Merkle.root(of: hashes) {
            damage("closes check \(check) over other leaves than the log has")
        }
    }

    private func checkPlace(
        _ check: String, _ place: ChainPlace, _ damage: (String) -> Void
    ) throws(Failure) {
        let head = try index.chainHead(check)
        if head.closed { damage("adds to check \(check) after it was closed") }
        if UInt64(place.ordinal) != head.count + 1 || place.previous != head.previous {
            damage(
                "does not tie in with check \(check): it says \(place.ordinal), the chain is at"
                    + " \(head.count)")
        }
    }

    private func checkTarget(_ leaf: Leaf, _ damage: (String) -> Void) throws(Failure) {
        guard let target = leaf.recordID("target") ?? leaf.recordID("parent") else { return }
        if try index.entry(of: target) == nil {
            damage("speaks of \(target), which is not in the log")
        }
    }

    // MARK: Holds and removals

    private func checkUnhold(_ leaf: Leaf, _ damage: (String) -> Void) {
        guard let id = leaf.recordID("hold"), let i = holds.firstIndex(where: { $0.id == id })
        else {
            return damage("ends a hold that is not active")
        }
        guard leaf.string("step") == "release" else {
            holds[i].releaseAskedBy = leaf.actor
            return
        }
        guard let asked = holds[i].releaseAskedBy, asked != leaf.actor else {
            return damage("releases hold \(id) without a second person")
        }
        holds.remove(at: i)
    }

    /// The record that a removal speaks of, as it stood before this leaf, and what is one with it.
    private func facts(_ id: RecordID) throws(Failure) -> (RecordFacts, Leaf)? {
        guard let (alone, leaf) = try factsAlone(id) else { return nil }
        var facts = alone
        for partner in try index.partners(of: leaf, read) {
            if let (other, _) = try factsAlone(partner) { facts.partners.append(other) }
        }
        return (facts, leaf)
    }

    private func factsAlone(_ id: RecordID) throws(Failure) -> (RecordFacts, Leaf)? {
        guard let entry = try index.entry(of: id) else { return nil }
        let leaf = try read(entry.leaf)
        var facts = RecordFacts(
            id: id, index: entry.leaf, camera: leaf.string("cam"), instant: entry.time,
            links: leaf.links.map(\.link))
        for position in try index.about(id) {
            let about = try read(position)
            if about.kind == .link { facts.links += about.links.map(\.link) }
        }
        return (facts, leaf)
    }

    private func checkDelete(_ leaf: Leaf, _ damage: (String) -> Void) throws(Failure) {
        guard let target = leaf.recordID("target"), let (facts, record) = try facts(target) else {
            return damage("deletes a record that is not in the log")
        }
        let field = leaf.removalCode == 1 ? "priv" : "pay"
        if leaf.int("index") != Int64(facts.index) || leaf.string("pay") != record.string(field) {
            damage("deletes \(target) under a wrong index or hash")
        }
        if let hold = holds.first(where: { $0.covers(facts) }) {
            damage("an unlawful deletion: \(target) is under hold \(hold.id)")
        }
        let actors = (leaf.body["actors"]?.array ?? []).compactMap(\.string)
        if !actors.contains(leaf.actor) { damage("a deletion by somebody else than it names") }
        let policy = leaf.int("policy") ?? -1
        if policy == -1 {
            if Set(actors).count < 2 { damage("an early erasure by one person alone") }
            return
        }
        let expiry = try policies.expiry(of: facts) { name, facts throws(Failure) in
            try index.latestEvent(name, facts)
        }
        guard let expiry, expiry.at <= leaf.time else {
            return damage("an unlawful deletion: \(target) was still within its retention")
        }
        if expiry.rule != leaf.string("rule") || Int64(expiry.policy) != policy
            || expiry.at != leaf.time("due")
        {
            damage("deletes \(target) by a rule that does not say so")
        }
    }

    private func checkDeleted(_ leaf: Leaf, _ damage: (String) -> Void) throws(Failure) {
        guard let id = leaf.recordID("delete"), let entry = try index.entry(of: id) else {
            return damage("confirms a deletion that nobody ordered")
        }
        let order = try read(entry.leaf)
        guard order.kind == .delete, order.recordID("target") == leaf.recordID("target") else {
            return damage("confirms a deletion that nobody ordered")
        }
        if let until = order.time("until"), leaf.time < until {
            damage("an unlawful deletion: before the grace period ended at \(until)")
        }
        if let target = order.recordID("target"), let (facts, _) = try facts(target),
            let hold = holds.first(where: { $0.covers(facts) })
        {
            damage("an unlawful deletion: \(target) is under hold \(hold.id)")
        }
    }

    private func noteSeal(_ leaf: Leaf, at position: UInt64) {
        guard let segment = leaf.int("segment"), let first = leaf.int("first"),
            let count = leaf.int("count"), let bytes = leaf.int("len"),
            let digest = leaf.digest("digest")
        else { return }
        let seal = SegmentSeal(
            segment: UInt32(clamping: segment), first: UInt64(first), count: UInt64(count),
            bytes: UInt64(bytes), digest: digest)
        seals[seal.segment] = (seal, position)
    }
}
