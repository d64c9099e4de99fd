package import Base
package import Evidence
package import EvidenceFormat

/// What somebody did that leaves no leaf of its own.
package enum TrailAction: String, CaseIterable, Sendable {
    case read, search, export, live, watch, prove, audit, status
    case logIn = "log-in"
    case logOut = "log-out"
    /// Something that would have left a leaf, had it been allowed.
    case change
}

/// One look at something, as the caller knows it. Equal ones of one batch share a line.
package struct TrailEntry: Sendable {
    /// Peers send these texts, so they are bounded.
    static let textBytesMax = 512

    package let who: String
    package let kind: Identity.Kind
    package let what: TrailAction
    /// A record's id, a link's kind=value, a camera, or what a question asked; may be empty.
    package let target: String
    /// Address, or `local`.
    package let peer: String
    /// Why it was refused; nil when it was allowed.
    package let refusal: String?

    package init(
        _ identity: Identity, _ what: TrailAction, _ target: String, peer: String,
        refusal: String? = nil
    ) {
        self.init(
            who: identity.actor, kind: identity.kind, what, target, peer: peer, refusal: refusal)
    }

    /// For somebody who has not proven who he is: `who` is what he claims.
    package init(
        who: String, kind: Identity.Kind, _ what: TrailAction, _ target: String, peer: String,
        refusal: String? = nil
    ) {
        self.who = who.cut(toBytes: Self.textBytesMax)
        self.kind = kind
        self.what = what
        self.target = target.cut(toBytes: Self.textBytesMax)
        self.peer = peer.cut(toBytes: Self.textBytesMax)
        self.refusal = refusal?.cut(toBytes: Self.textBytesMax)
    }

    /// What a question asked. Values of personal links stay out: the trail cannot be erased.
    package static func target(of query: Query) -> String {
        var parts = query.links.map { link in
            PrivateSection.kinds.contains(link.kind) ? link.kind : "\(link.kind)=\(link.value)"
        }
        if let camera = query.camera { parts.append("camera=\(camera)") }
        if let from = query.from { parts.append("from=\(from)") }
        if let to = query.to { parts.append("to=\(to)") }
        return parts.joined(separator: " ")
    }

    /// About what its line will take.
    var byteCount: Int {
        128 + who.utf8.count + target.utf8.count + peer.utf8.count + (refusal?.utf8.count ?? 0)
    }
}

extension TrailEntry: Hashable {
    /// By bytes: two spellings of `é` are two targets.
    package static func == (a: TrailEntry, b: TrailEntry) -> Bool {
        a.what == b.what && a.kind == b.kind && a.target.hasSameBytes(as: b.target)
            && a.who.hasSameBytes(as: b.who) && a.peer.hasSameBytes(as: b.peer)
            && sameRefusal(a.refusal, b.refusal)
    }

    private static func sameRefusal(_ a: String?, _ b: String?) -> Bool {
        switch (a, b) {
        case (nil, nil): true
        case (let a?, let b?): a.hasSameBytes(as: b)
        case (nil, _?), (_?, nil): false
        }
    }

    /// Who and what are enough to spread.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(who)
        hasher.combine(target)
        hasher.combine(what)
    }
}

/// An entry as it stands in the log: when first, when last, how often.
package struct TrailLine: Hashable, Sendable {
    package let entry: TrailEntry
    package var from: WallTime
    package var to: WallTime
    package var count: Int

    init(_ entry: TrailEntry, at now: WallTime) {
        self.entry = entry
        from = now
        to = now
        count = 1
    }

    package var json: JSON {
        var members: [(String, JSON)] = [
            ("who", .string(entry.who)), ("kind", .string(entry.kind.rawValue)),
            ("what", .string(entry.what.rawValue)), ("on", .string(entry.target)),
            ("peer", .string(entry.peer)), ("t", .string(from.description)),
            ("count", .int(Int64(count))),
        ]
        if to != from { members.append(("to", .string(to.description))) }
        if let refusal = entry.refusal { members.append(("refused", .string(refusal))) }
        return .object(JSONObject(members))
    }

    package init(_ json: JSON) throws(Failure) {
        guard let object = json.object, let who = object["who"]?.string,
            let kind = object["kind"]?.string.flatMap(Identity.Kind.init(rawValue:)),
            let what = object["what"]?.string.flatMap(TrailAction.init(rawValue:)),
            let target = object["on"]?.string, let peer = object["peer"]?.string,
            let from = object["t"]?.string.flatMap({ WallTime($0) }),
            let count = object["count"]?.int, count > 0
        else {
            throw Failure(
                .unsupported, "a line of the trail is of another version; use a newer Proofreel")
        }
        entry = TrailEntry(
            who: who, kind: kind, what, target, peer: peer, refusal: object["refused"]?.string)
        self.from = from
        to = object["to"]?.string.flatMap { WallTime($0) } ?? from
        self.count = Int(count)
    }
}
