internal import Access
internal import Base
package import Evidence
package import EvidenceFormat
internal import Recorder
internal import WireProtocol

/// How long records are kept: holds, and the rules of retention.
extension Desk {
    private static let expiredMax: Int64 = 10_000
    /// Of one call; the next one goes on.
    private static let ordersMax = 100_000

    func hold(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let scope = try scope(fields)
        try require(.hold, of: caller, for: .change, on: "hold")
        let receipt = try log.hold(scope, reason: try fields.reason(), by: caller.author)
        return document(try receipt.fact(log))
    }

    private func scope(_ fields: borrowing Fields) throws -> HoldScope {
        let links = try fields.links()
        let (id, from, to) = (try fields.recordID(), fields.time(.from), fields.time(.to))
        let ways = links.count + (id == nil ? 0 : 1) + (from == nil && to == nil ? 0 : 1)
        guard ways == 1 else {
            throw WireError(
                .invalid, "say what to hold in one way: an id, one link, or from and to")
        }
        if let id { return .record(id) }
        if let link = links.first { return .link(link) }
        guard let from, let to, from <= to else {
            throw WireError(.invalid, "from and to belong together, the earlier first")
        }
        return .time(camera: fields.text(.camera), from: from, to: to)
    }

    /// The first call asks; a second person's releases, with a right of its own.
    func unhold(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let id = try fields.requiredID()
        let isAskedFor = log.holds.first { $0.id == id }?.releaseAskedBy != nil
        try require(isAskedFor ? .release : .hold, of: caller, for: .change, on: "hold \(id)")
        let (receipt, released) = try log.unhold(
            id, reason: try fields.reason(), by: caller.author)
        return document(try receipt.fact(log, [("released", .bool(released))]))
    }

    func holds(_ caller: Caller) throws -> Answer {
        if !caller.identity.rights.has(.release) {
            try require(.hold, of: caller, for: .status, on: "holds")
        }
        var answer = Answer()
        for hold in log.holds { answer.add(document: hold.json) }
        answer.reply.add(.count, Int64(answer.items.count))
        return answer
    }

    // MARK: Retention

    func retention(_ caller: Caller) throws -> Answer {
        try require(.status, of: caller, for: .status, on: "retention")
        return document(
            .object(JSONObject([("rules", .array(log.policies.rules.map(\.json)))])))
    }

    func retentionSet(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        try require(.policy, of: caller, for: .change, on: "retention")
        let text = try fields.required(.document, "the rules, as {\"rules\": [ … ]}")
        let rules = try PolicyText.rules(Array(text.utf8))
        let receipt = try log.setPolicy(rules, reason: try fields.reason(), by: caller.author)
        return document(try receipt.fact(log))
    }

    /// What has expired; nothing is removed.
    func retentionPreview(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        try require(.status, of: caller, for: .status, on: "retention")
        let limit = fields.int(.limit) ?? 1000
        guard (1...Self.expiredMax).contains(limit) else {
            throw WireError(.invalid, "a limit is 1 to \(Self.expiredMax)")
        }
        var answer = Answer()
        var isMore = false
        try log.forEachExpired { expired throws(Failure) in
            guard answer.items.count < limit else {
                isMore = true
                return false
            }
            answer.add(document: expired.json)
            return true
        }
        answer.reply.add(.count, Int64(answer.items.count))
        if isMore { answer.reply.add(.more) }
        return answer
    }

    /// The first call asks, a second person's orders.
    func retentionErase(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let id = try fields.requiredID()
        try require(.erase, of: caller, for: .change, on: "erase \(id)")
        let isPersonal: Bool
        switch fields.text(.kind) {
        case nil, "payload": isPersonal = false
        case "private": isPersonal = true
        case let kind?:
            throw WireError(.invalid, "payload or private can be erased, not \(kind)")
        }
        let (receipt, ordered) = try log.erase(
            id, reference: try fields.required(.name, "the number of the order or request"),
            personalDataOnly: isPersonal, reason: try fields.reason(), by: caller.author)
        return document(try receipt.fact(log, [("ordered", .bool(ordered))]))
    }

    /// No role removes: rules do, or two people, and the machine's owner has it done.
    func retentionApply(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        try check(caller, .change, "retention") { identity throws(Failure) in
            guard identity.kind == .owner else {
                throw Failure(
                    .denied, "only the owner has removals carried out, over the local socket")
            }
        }
        let reason = try fields.reason()
        var due: [RecordID] = []
        var held = 0
        try log.forEachExpired { expired throws(Failure) in
            if expired.heldBy.isEmpty { due.append(expired.record.leaf.id) } else { held += 1 }
            return due.count < Self.ordersMax
        }
        for id in due {
            _ = try log.order(removalOf: id, on: .expired, reason: reason, by: caller.author)
        }
        let removed = try log.carryOutRemovals()
        let counts = [("ordered", due.count), ("held", held), ("removed", removed)]
        return document(.object(JSONObject(counts.map { ($0.0, .int(Int64($0.1))) })))
    }

    func retentionEvent(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        try require(.event, of: caller, for: .change, on: "event")
        let name = try fields.required(.name, "the event's name")
        let links = try fields.links()
        guard links.count == 1, let link = links.first else {
            throw WireError(.invalid, "say what it happened to with one link")
        }
        let receipt = try log.addEvent(
            name, on: link, at: fields.time(.at) ?? now, reason: try fields.reason(),
            by: caller.author)
        return document(try receipt.fact(log))
    }
}

extension ActiveHold {
    var json: JSON {
        var fields: [(String, JSON)] = [
            ("id", .string(id.description)), ("index", .int(Int64(index))),
            ("reason", .string(reason)), ("actor", .string(actor)),
        ]
        switch scope {
        case .record(let record): fields.append(("record", .string(record.description)))
        case .link(let link): fields.append(("link", link.json))
        case .time(let camera, let from, let to):
            fields.append(("from", .string(from.description)))
            fields.append(("to", .string(to.description)))
            if let camera { fields.append(("camera", .string(camera))) }
        }
        if let releaseAskedBy { fields.append(("release_asked_by", .string(releaseAskedBy))) }
        return .object(JSONObject(fields))
    }
}

extension ExpiredRecord {
    /// As `admin retention preview` prints it.
    package var json: JSON {
        var fields: [(String, JSON)] = [
            ("id", .string(record.leaf.id.description)), ("due", .string(due.description)),
            ("rule", .string(rule)), ("held", .bool(!heldBy.isEmpty)),
        ]
        if let hold = heldBy.first {
            fields.append(("hold", .string(hold.id.description)))
            fields.append(("reason", .string(hold.reason)))
        }
        return .object(JSONObject(fields))
    }
}
