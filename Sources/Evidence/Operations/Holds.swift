package import Base
package import EvidenceFormat
internal import IndexFormat
internal import Linux

/// What a hold covers.
package enum HoldScope: Hashable, Sendable {
    case record(RecordID)
    /// Every record that has, had or will have this link.
    case link(Link)
    case time(camera: String?, from: WallTime, to: WallTime)
}

/// A hold that has not been released.
package struct ActiveHold: Hashable, Sendable {
    static let countMax = 100_000

    package let id: RecordID
    package let index: UInt64
    package let scope: HoldScope
    package let reason: String
    package let actor: String
    /// Who asked for its release; another person must agree.
    package var releaseAskedBy: String?

    package init(_ leaf: Leaf, index: UInt64) throws(Failure) {
        id = leaf.id
        self.index = index
        actor = leaf.actor
        reason = leaf.string("reason") ?? ""
        if let record = leaf.recordID("record") {
            scope = .record(record)
        } else if let link = leaf.linkKey("link") {
            scope = .link(link)
        } else if let from = leaf.time("from"), let to = leaf.time("to") {
            scope = .time(camera: leaf.string("cam"), from: from, to: to)
        } else {
            throw Failure(.corrupt, "hold leaf \(index) covers nothing")
        }
    }

    /// A picture and its stream are held together.
    package func covers(_ record: RecordFacts) -> Bool {
        coversAlone(record) || record.partners.contains { coversAlone($0) }
    }

    private func coversAlone(_ record: RecordFacts) -> Bool {
        switch scope {
        case .record(let id): id == record.id
        case .link(let link):
            record.links.contains { $0.answers(to: link.kind, link.value) }
        case .time(let camera, let from, let to):
            (camera == nil || camera == record.camera) && from <= record.instant
                && record.instant <= to
        }
    }
}

/// What holds and retention look at; verifiers have the same from the leaves alone.
package struct RecordFacts {
    package let id: RecordID
    package let index: UInt64
    package let camera: String?
    package let instant: WallTime
    /// Every link it ever had.
    package var links: [Link]
    /// Of the records that are one with it; see `PairReader`.
    package var partners: [RecordFacts] = []

    package init(
        id: RecordID, index: UInt64, camera: String?, instant: WallTime, links: [Link]
    ) {
        self.id = id
        self.index = index
        self.camera = camera
        self.instant = instant
        self.links = links
    }
}

extension Record {
    var facts: RecordFacts {
        RecordFacts(
            id: leaf.id, index: index, camera: camera, instant: instant, links: linksEver)
    }
}

extension EvidenceLog {
    package var holds: [ActiveHold] { monitor.withLock { $0.holds } }

    package func hold(
        _ scope: HoldScope, reason: String, by author: Author
    ) throws(Failure) -> Receipt {
        guard holds.count < ActiveHold.countMax else {
            throw Failure(.full, "there are \(holds.count) holds; release some first")
        }
        var draft = Draft(.hold, by: author)
        draft.fields = [("reason", .string(reason))]
        switch scope {
        case .record(let id):
            _ = try record(id)
            draft.fields.append(("record", .string(id.description)))
        case .link(let link):
            try Self.refusePersonal(link)
            draft.fields.append(("link", link.key))
        case .time(let camera, let from, let to):
            draft.fields += [("from", .string(from.description)), ("to", .string(to.description))]
            if let camera { draft.fields.append(("cam", .string(camera))) }
        }
        return try decisions.withLock { _ throws(Failure) in
            let receipt = try commit(draft)
            let hold = try ActiveHold(receipt.leaf, index: receipt.index)
            monitor.withLock { $0.holds.append(hold) }
            return receipt
        }
    }

    /// Two people end a hold: the first call asks, the second, by somebody else, releases.
    package func unhold(
        _ id: RecordID, reason: String, by author: Author
    ) throws(Failure) -> (receipt: Receipt, released: Bool) {
        try decisions.withLock { _ throws(Failure) in try unholdAlone(id, reason, author) }
    }

    /// With `decisions` held: of two people who come at once, one asks and the other releases.
    private func unholdAlone(
        _ id: RecordID, _ reason: String, _ author: Author
    ) throws(Failure) -> (receipt: Receipt, released: Bool) {
        guard let hold = holds.first(where: { $0.id == id }) else {
            throw Failure(.notFound, "there is no active hold \(id)")
        }
        if hold.releaseAskedBy == author.actor {
            throw Failure(
                .refused,
                "\(author.actor) has asked for the release of this hold already;"
                    + " a second person must release it")
        }
        let releases = hold.releaseAskedBy != nil
        var draft = Draft(.unhold, by: author)
        draft.fields = [
            ("hold", .string(id.description)), ("step", .string(releases ? "release" : "request")),
            ("reason", .string(reason)),
        ]
        let receipt = try commit(draft)
        monitor.withLock { state in
            if releases {
                state.holds.removeAll { $0.id == id }
            } else if let i = state.holds.firstIndex(where: { $0.id == id }) {
                state.holds[i].releaseAskedBy = author.actor
            }
        }
        return (receipt, releases)
    }
}
