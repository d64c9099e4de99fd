package import Base
internal import EvidenceFormat
internal import IndexFormat
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
        let facts = record.facts
        let expiry = try policies.expiry(of: facts) { name, facts throws(Failure) in
            try latestEvent(name, facts)
        }
        guard let expiry, expiry.at <= now else { return nil }
        return ExpiredRecord(
            record: record, due: expiry.at, rule: expiry.rule, policy: expiry.policy,
            heldBy: holds.filter { $0.covers(facts) })
    }

    /// Orders the removal of a record's bytes. They stay for the grace period; the leaf stays for ever.
    package func order(
        removalOf id: RecordID, on ground: RemovalGround, graceSeconds: Int64 = 7 * 86_400,
        personalDataOnly: Bool = false, reason: String, by author: Author
    ) throws(Failure) -> Receipt {
        let record = try record(id)
        let code: UInt8 = personalDataOnly ? 1 : 0
        guard case .present = try removal(of: id, code: code, LeafReader(engine, rows)) else {
            throw Failure(.alreadyExists, "the removal of \(id) was ordered before")
        }
        let held = holds.filter { $0.covers(record.facts) }
        if let hold = held.first {
            throw Failure(
                .refused, "\(id) is held (\(hold.id): \(hold.reason)); holds always win")
        }
        var draft = Draft(.delete, by: author)
        let hash = personalDataOnly ? record.leaf.string("priv") : record.leaf.string("pay")
        guard let hash else {
            throw Failure(.notFound, "\(id) has no \(personalDataOnly ? "personal data" : "payload")")
        }
        let now = clock.now
        draft.fields = [
            ("target", .string(id.description)), ("index", .int(Int64(record.index))),
            ("pay", .string(hash)), ("what", .string(personalDataOnly ? "private" : "payload")),
            ("holds", .int(0)), ("until", .string(now.adding(seconds: graceSeconds).description)),
            ("reason", .string(reason)),
        ]
        draft.fields += try grounds(ground, record, author, now)
        return try commit(draft)
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
    /// 1. personal postings leave the index   crash after: repeated
    /// 2. the bytes are erased                crash after: repeated, nothing more to erase
    /// 3. the `deleted` leaf                  done
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
            let record = try record(target)
            if holds.contains(where: { $0.covers(record.facts) }) { continue }
            try remove(order, record, reader)
            done += 1
        }
        return done
    }

    private func remove(_ order: Leaf, _ record: Record, _ reader: LeafReader) throws(Failure) {
        let (leaf, place) = try reader.read(record.index)
        let object = Names.segment(place.segment)
        let bytes: Int
        if order.removalCode == 1 {
            var builder = IndexBuilder(engine)
            let posting = Posting(time: record.instant, leaf: record.index)
            for link in try PrivateSection.links(of: leaf, at: place, engine) {
                builder.removeLink(link, posting)
            }
            try engine.apply(builder.writes, epoch: epoch)
            bytes = place.privateBytes
            try engine.erase(
                Locator(object, offset: place.privateOffset, count: bytes), epoch: epoch)
        } else {
            bytes = place.payloadBytes
            try engine.erase(
                Locator(object, offset: place.payloadOffset, count: bytes), epoch: epoch)
        }
        var draft = Draft(.deleted, by: .server)
        draft.fields = [
            ("target", .string(record.leaf.id.description)),
            ("delete", .string(order.id.description)), ("bytes", .int(Int64(bytes))),
        ]
        _ = try commit(draft)
    }
}
