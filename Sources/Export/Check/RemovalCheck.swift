internal import Base
internal import Evidence
internal import EvidenceFormat

/// Policies, holds, events and removals in the log's order, judged by the rules that the log's own
/// verifier goes by: what a holder of the log's key could write but must not.
struct RemovalCheck {
    struct Order {
        let id: RecordID
        let target: RecordID
        let isPayload: Bool
        let isEarly: Bool
        let rule: String
        let reason: String
        let until: WallTime
        var doneAt: WallTime?
        var bytes: Int64 = 0
    }

    private struct EventKey: Hashable {
        let name: [UInt8]
        let kind: [UInt8]
        let value: [UInt8]

        init(_ name: String, _ link: Link) {
            self.name = Array(name.utf8)
            kind = Array(link.kind.utf8)
            value = Array(link.value.utf8)
        }
    }

    private var policies = PolicyHistory()
    private var holds: [ActiveHold] = []
    private var events: [EventKey: WallTime] = [:]
    private var orders: [RecordID: Order] = [:]
    /// By record, the order about its payload.
    private var payloadOrders: [RecordID: RecordID] = [:]

    /// How the payload of a record was ordered to go; nil when it was not.
    func order(of record: RecordID) -> Order? { payloadOrders[record].flatMap { orders[$0] } }

    /// `facts` tells of the record, or other leaf, that a removal is about, as it stood then.
    mutating func take(
        _ leaf: Leaf, at index: UInt64,
        facts: (RecordID) throws(Failure) -> (RecordFacts, Leaf)?, _ report: (String) -> Void
    ) throws(Failure) {
        switch leaf.kind {
        case .policy:
            if let words = policies.add(leaf, at: index) {
                report("is an unlawful policy: \(words)")
            }
        case .hold: holds.append(try ActiveHold(leaf, index: index))
        case .unhold: takeUnhold(leaf, report)
        case .event: takeEvent(leaf)
        case .delete: try takeDelete(leaf, facts, report)
        case .deleted: try takeDeleted(leaf, facts, report)
        case .genesis, .boot, .keyset, .clock, .snapshot, .part, .gap, .link, .unlink, .check,
            .close, .derive, .segmentSeal, .scrub, .import, .anchor, .incident, .successor, .clip,
            .grant,
            .access:
            break
        }
    }

    private mutating func takeUnhold(_ leaf: Leaf, _ report: (String) -> Void) {
        guard let id = leaf.recordID("hold"), let i = holds.firstIndex(where: { $0.id == id })
        else {
            return report("ends a hold that is not here or not active")
        }
        guard leaf.string("step") == "release" else {
            holds[i].releaseAskedBy = leaf.actor
            return
        }
        guard let asked = holds[i].releaseAskedBy, asked != leaf.actor else {
            return report("releases hold \(id) without a second person")
        }
        holds.remove(at: i)
    }

    private mutating func takeEvent(_ leaf: Leaf) {
        guard let name = leaf.string("name"), let link = leaf.linkKey("link"),
            let at = leaf.time("at")
        else { return }
        let key = EventKey(name, link)
        events[key] = max(events[key] ?? at, at)
    }

    private func latestEvent(_ name: String, _ record: RecordFacts) -> WallTime? {
        record.links.compactMap { events[EventKey(name, $0)] }.max()
    }

    private mutating func takeDelete(
        _ leaf: Leaf, _ facts: (RecordID) throws(Failure) -> (RecordFacts, Leaf)?,
        _ report: (String) -> Void
    ) throws(Failure) {
        guard let target = leaf.recordID("target"), let (record, about) = try facts(target) else {
            return report("orders the removal of a record that is not here")
        }
        let policy = leaf.int("policy") ?? -1
        let order = Order(
            id: leaf.id, target: target, isPayload: leaf.removalCode == 0, isEarly: policy == -1,
            rule: leaf.string("rule") ?? "", reason: leaf.string("reason") ?? "",
            until: leaf.time("until") ?? .distantFuture)
        orders[leaf.id] = order
        if order.isPayload { payloadOrders[target] = leaf.id }
        let field = order.isPayload ? "pay" : "priv"
        if leaf.int("index") != Int64(record.index) || leaf.string("pay") != about.string(field) {
            report("orders the removal of \(target) under a wrong index or hash")
        }
        if let hold = holds.first(where: { $0.covers(record) }) {
            report("is an unlawful removal: \(target) is under hold \(hold.id)")
        }
        if leaf.int("holds") != 0 {
            report("is an unlawful removal: it says itself that it is held")
        }
        let actors = (leaf.body["actors"]?.array ?? []).compactMap(\.string)
        if !actors.contains(where: { $0.hasSameBytes(as: leaf.actor) }) {
            report("orders a removal in the name of others")
        }
        try judge(leaf, record, actors, policy, report)
    }

    private func judge(
        _ leaf: Leaf, _ record: RecordFacts, _ actors: [String], _ policy: Int64,
        _ report: (String) -> Void
    ) throws(Failure) {
        if policy == -1 {
            if Set(actors).count < 2 { report("is an early erasure by one person alone") }
            return
        }
        let expiry = try policies.expiry(of: record) { name, facts throws(Failure) in
            latestEvent(name, facts)
        }
        guard let expiry, expiry.at <= leaf.time else {
            return report("is an unlawful removal: \(record.id) was still within its retention")
        }
        if expiry.rule != leaf.string("rule") || Int64(expiry.policy) != policy
            || expiry.at != leaf.time("due")
        {
            report("removes \(record.id) by a rule that does not say so")
        }
    }

    private mutating func takeDeleted(
        _ leaf: Leaf, _ facts: (RecordID) throws(Failure) -> (RecordFacts, Leaf)?,
        _ report: (String) -> Void
    ) throws(Failure) {
        guard let id = leaf.recordID("delete"), let order = orders[id],
            order.target == leaf.recordID("target")
        else {
            return report("confirms a removal that nobody ordered")
        }
        orders[id]?.doneAt = leaf.time
        orders[id]?.bytes = leaf.int("bytes") ?? 0
        if leaf.time < order.until {
            report("is an unlawful removal: before its grace period ended at \(order.until)")
        }
        if let (record, _) = try facts(order.target),
            let hold = holds.first(where: { $0.covers(record) })
        {
            report("is an unlawful removal: \(order.target) is under hold \(hold.id)")
        }
    }
}
