package import Base
internal import EvidenceFormat
internal import IndexFormat
internal import Linux
internal import SegmentFormat
internal import Store

/// A record whose retention has ended.
package struct ExpiredRecord: Sendable {
    package let record: Record
    package let due: WallTime
    package let rule: String
    package let policy: UInt64
    package let heldBy: [ActiveHold]
}

/// How a removal came to be decided.
package enum RemovalGround: Sendable {
    case expired
    /// A court's order or a person's right: two different people decide.
    case early(reference: String, secondActor: String)
}

extension EvidenceLog {
    package static let graceSecondsMax: Int64 = 366 * 86_400

    /// Records whose retention has ended by now, held ones included and marked; oldest first.
    /// `body` returns false to stop.
    package func forEachExpired(
        _ body: (ExpiredRecord) throws(Failure) -> Bool
    ) throws(Failure) {
        let policies = policies
        guard let shortest = policies.rules.map(\.days).min() else { return }
        let now = clock.now
        var query = Query()
        query.newestFirst = false
        query.limit = Query.limitMax
        query.streams = true
        // Events never come before the capture by enough to matter; rules count in whole days.
        query.to = now.adding(seconds: -(shortest - 1) * 86_400)
        repeat {
            let page = try find(query)
            for hit in page.hits {
                let record = try record(hit.leaf.id)
                guard case .present = record.removal else { continue }
                guard let expired = try expired(record, policies, now) else { continue }
                if try !body(expired) { return }
            }
            query.cursor = page.cursor
        } while query.cursor != nil
    }

    private func expired(
        _ record: Record, _ policies: PolicyHistory, _ now: WallTime
    ) throws(Failure) -> ExpiredRecord? {
        let facts = try facts(of: record)
        let expiry = try policies.expiry(of: facts) { name, facts throws(Failure) in
            try latestEvent(name, facts)
        }
        guard let expiry, expiry.at <= now else { return nil }
        return ExpiredRecord(
            record: record, due: expiry.at, rule: expiry.rule, policy: expiry.policy,
            heldBy: holds.filter { $0.covers(facts) })
    }

    /// Orders the removal of a record's bytes. They stay for the grace period; the leaf stays for
    /// ever. Personal data that came with a later `link` leaf is removed by the id of that leaf.
    /// A picture and the stream that it was rendered from go together.
    package func order(
        removalOf id: RecordID, on ground: RemovalGround, graceSeconds: Int64 = 7 * 86_400,
        personalDataOnly: Bool = false, reason: String, by author: Author
    ) throws(Failure) -> Receipt {
        guard (0...Self.graceSecondsMax).contains(graceSeconds) else {
            throw Failure(
                .invalid,
                "a grace period has 0 to \(Self.graceSecondsMax) seconds, not \(graceSeconds)")
        }
        return try decisions.withLock { _ throws(Failure) in
            let draft = try removalDraft(
                id, ground, graceSeconds, personalDataOnly, reason, author)
            // The partner first: after a crash in between, the same order again does the rest.
            for partner in personalDataOnly ? [] : try partners(of: record(id).leaf) {
                guard case .present = try record(partner).removal else { continue }
                _ = try commit(
                    removalDraft(partner, ground, graceSeconds, false, reason, author))
            }
            return try commit(draft)
        }
    }

    private static let referenceBytesMax = 64
    private static let askedFact = "erasure-asked"
    /// How long an early erasure that one person asked for waits for the other.
    private static let askedSeconds: Int64 = 30 * 86_400

    /// Two people erase early: the first call asks, which is a leaf, and the same by somebody else
    /// orders. Both are who they have proven to be.
    package func erase(
        _ id: RecordID, reference: String, personalDataOnly: Bool = false, reason: String,
        by author: Author
    ) throws(Failure) -> (receipt: Receipt, ordered: Bool) {
        guard (1...Self.referenceBytesMax).contains(reference.utf8.count) else {
            throw Failure(
                .invalid,
                "the reference of the order or request has 1 to \(Self.referenceBytesMax) bytes")
        }
        let subject = try subject(id, personalDataOnly, LeafReader(engine, rows))
        let what =
            "early erasure of the \(personalDataOnly ? "personal data" : "payload") of \(id),"
            + " \(reference): "
        let askers = try askers(what, subject.index)
        if let other = askers.first(where: { $0 != author.actor }) {
            let ground = RemovalGround.early(reference: reference, secondActor: other)
            let receipt = try order(
                removalOf: id, on: ground, personalDataOnly: personalDataOnly, reason: reason,
                by: author)
            return (receipt, true)
        }
        guard askers.isEmpty else {
            throw Failure(
                .refused,
                "\(author.actor) has asked for this erasure already; a second person must order it"
                    + " with the same reference")
        }
        // What could not be ordered need not be asked for.
        _ = try removalDraft(
            id, .early(reference: reference, secondActor: ""), 0, personalDataOnly, reason, author)
        let receipt = try addFact(
            .incident,
            [
                ("what", .string(Self.askedFact)), ("detail", .string(what + reason)),
                ("index", .int(Int64(subject.index))),
            ], by: author)
        return (receipt, false)
    }

    /// Who has asked for this, and not too long ago.
    private func askers(_ what: String, _ index: UInt64) throws(Failure) -> [String] {
        var askers: [String] = []
        var last: (index: UInt64, leaf: Leaf)?
        repeat {
            let page = try leaves(
                .incident, from: clock.now.adding(seconds: -Self.askedSeconds), after: last,
                limit: 100)
            for (_, leaf) in page
            where leaf.string("what") == Self.askedFact && leaf.int("index") == Int64(index)
                && leaf.string("detail")?.hasPrefix(what) == true
            {
                askers.append(leaf.actor)
            }
            last = page.last
        } while last != nil
        return askers
    }

    /// With `decisions` held, so that no hold comes between the look at them and the leaf.
    private func removalDraft(
        _ id: RecordID, _ ground: RemovalGround, _ graceSeconds: Int64, _ personalDataOnly: Bool,
        _ reason: String, _ author: Author
    ) throws(Failure) -> Draft {
        let reader = LeafReader(engine, rows)
        let subject = try subject(id, personalDataOnly, reader)
        let record = subject.record
        let code: UInt8 = personalDataOnly ? 1 : 0
        guard case .present = try removal(of: id, code: code, reader) else {
            throw Failure(.alreadyExists, "the removal of \(id) was ordered before")
        }
        let facts = try facts(of: record)
        let held = holds.filter { $0.covers(facts) }
        if let hold = held.first {
            throw Failure(
                .refused, "\(id) is held (\(hold.id): \(hold.reason)); holds always win")
        }
        var draft = Draft(.delete, by: author)
        let hash = subject.leaf.string(personalDataOnly ? "priv" : "pay")
        guard let hash else {
            throw Failure(
                .notFound, "\(id) has no \(personalDataOnly ? "personal data" : "payload")")
        }
        let now = clock.now
        draft.fields = [
            ("target", .string(id.description)), ("index", .int(Int64(subject.index))),
            ("pay", .string(hash)), ("what", .string(personalDataOnly ? "private" : "payload")),
            ("holds", .int(0)), ("until", .string(now.adding(seconds: graceSeconds).description)),
            ("reason", .string(reason)),
        ]
        draft.fields += try grounds(ground, record, author, now)
        return draft
    }

    /// What a removal is about: a record or, for personal data, also a `link` leaf about one.
    private struct Subject {
        let leaf: Leaf
        let index: UInt64
        let place: Place
        let record: Record
    }

    private func subject(
        _ id: RecordID, _ personalData: Bool, _ reader: LeafReader
    ) throws(Failure) -> Subject {
        let index = try entry(of: id).leaf
        let (leaf, place) = try reader.read(index)
        var recordID = id
        if personalData, leaf.kind == .link, let target = leaf.recordID("target") {
            recordID = target
        }
        return Subject(leaf: leaf, index: index, place: place, record: try record(recordID))
    }

    private func grounds(
        _ ground: RemovalGround, _ record: Record, _ author: Author, _ now: WallTime
    ) throws(Failure) -> [(String, JSON)] {
        switch ground {
        case .expired:
            guard let expired = try expired(record, policies, now) else {
                throw Failure(.refused, "\(record.leaf.id) is still within its retention")
            }
            return [
                ("rule", .string(expired.rule)), ("policy", .int(Int64(expired.policy))),
                ("due", .string(expired.due.description)),
                ("actors", .array([.string(author.actor)])),
            ]
        case .early(let reference, let second):
            guard second != author.actor else {
                throw Failure(.refused, "an early erasure needs two different people")
            }
            return [
                ("rule", .string(reference)), ("policy", .int(-1)),
                ("due", .string(now.description)),
                ("actors", .array([.string(author.actor), .string(second)])),
            ]
        }
    }

    /// Removes what was ordered and whose grace period is over; holds that came meanwhile win.
    /// Returns how many records lost their bytes.
    ///
    /// 1. personal postings leave the index for good   crash after: repeated
    /// 2. the bytes are erased                         crash after: repeated, nothing to erase
    /// 3. the `deleted` leaf                           done
    package func carryOutRemovals() throws(Failure) -> Int {
        var done = 0
        let pending = try engine.range(
            Table.pendingShard, from: [], to: nil, descending: false, limit: 100_000)
        let reader = LeafReader(engine, rows)
        for entry in pending {
            let order = try reader.leaf(at: entry.key.span.bigEndian(UInt64.self, at: 0))
            guard let until = order.time("until"), until <= clock.now,
                let target = order.recordID("target")
            else { continue }
            let removed = try decisions.withLock { _ throws(Failure) in
                let subject = try subject(target, order.removalCode == 1, reader)
                let facts = try facts(of: subject.record)
                if holds.contains(where: { $0.covers(facts) }) { return false }
                try remove(order, target, subject)
                return true
            }
            if removed { done += 1 }
        }
        return done
    }

    /// With `decisions` held: a hold is either acknowledged before and wins, or comes after.
    private func remove(
        _ order: Leaf, _ target: RecordID, _ subject: Subject
    ) throws(Failure) {
        let place = subject.place
        let object = Names.segment(place.segment)
        let bytes: Int
        if order.removalCode == 1 {
            var builder = IndexBuilder(engine)
            let posting = Posting(time: subject.record.instant, leaf: subject.record.index)
            for link in try PrivateSection.links(of: subject.leaf, at: place, engine) {
                builder.removeLink(link, posting)
            }
            try cache.forgetting(builder.writes) { writes throws(Failure) in
                try engine.apply(writes, epoch: epoch)
            }
            // Once the bytes are gone nothing tells any more which postings were made from them.
            try engine.syncMaps(epoch: epoch)
            bytes = place.privateBytes
            try engine.erase(
                Locator(object, offset: place.privateOffset, count: bytes), epoch: epoch)
        } else {
            bytes = place.payloadBytes
            // Before: a reader would get zeros until the leaf of step 3 is there.
            cache.beginErasing(subject.index)
            try engine.erase(
                Locator(object, offset: place.payloadOffset, count: bytes), epoch: epoch)
        }
        var draft = Draft(.deleted, by: .server)
        draft.fields = [
            ("target", .string(target.description)),
            ("delete", .string(order.id.description)), ("bytes", .int(Int64(bytes))),
        ]
        _ = try commit(draft)
        if order.removalCode == 0 { cache.endErasing(subject.index) }
    }
}
