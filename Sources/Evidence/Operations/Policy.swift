package import Base
package import EvidenceFormat
internal import IndexFormat
internal import Store
internal import Linux

/// One rule of a retention policy.
package struct RetentionRule: Hashable, Sendable {
    package enum Match: Hashable, Sendable {
        case all
        case camera(String)
        case link(kind: String, value: String)
    }
    package let name: String
    package let match: Match
    package let days: Int64
    /// Nil: counted from the capture. Else from the event of this name; no event, no expiry.
    package let event: String?

    package init(name: String, match: Match, days: Int64, event: String? = nil) {
        self.name = name
        self.match = match
        self.days = days
        self.event = event
    }

    package init?(_ json: JSON) {
        guard let object = json.object, let name = object["name"]?.string,
            let days = object["days"]?.int, let match = object["match"]?.object
        else { return nil }
        self.name = name
        self.days = days
        event = object["event"]?.string
        if let camera = match["cam"]?.string {
            self.match = .camera(camera)
        } else if let link = match["link"]?.object, let kind = link["kind"]?.string,
            let value = link["value"]?.string
        {
            self.match = .link(kind: kind, value: value)
        } else {
            self.match = .all
        }
    }

    package var json: JSON {
        let matchJSON: JSON =
            switch match {
            case .all: .object(JSONObject([("all", .bool(true))]))
            case .camera(let camera): .object(JSONObject([("cam", .string(camera))]))
            case .link(let kind, let value):
                .object(
                    JSONObject([
                        (
                            "link",
                            .object(
                                JSONObject([("kind", .string(kind)), ("value", .string(value))]))
                        )
                    ]))
            }
        var members: [(String, JSON)] = [
            ("name", .string(name)), ("match", matchJSON), ("days", .int(days)),
            ("basis", .string(event == nil ? "capture" : "event")),
        ]
        if let event { members.append(("event", .string(event))) }
        return .object(JSONObject(members))
    }

    func matches(_ record: RecordFacts) -> Bool {
        switch match {
        case .all: true
        case .camera(let camera): record.camera == camera
        case .link(let kind, let value):
            record.links.contains { $0.answers(to: kind, value) }
        }
    }
}

/// All policies of a log, folded into what holds now. The same code refuses a shorter policy when
/// it is made and finds a forged one in the log.
///
/// A rule binds records that come after it; those from before keep what they were promised, for
/// ever if that was nothing. Later policies can only lengthen a rule, and a record is kept as long
/// as the longest of the rules that match it says.
package struct PolicyHistory: Sendable {
    static let countMax = 10_000

    struct Standing: Sendable {
        var rule: RetentionRule
        /// The leaf in which the rule first stood.
        let since: UInt64
        /// The leaf in which it stands now.
        var leaf: UInt64
    }
    private(set) var standing: [Standing] = []
    private(set) var count: Int64 = 0

    package init() {}

    package var rules: [RetentionRule] { standing.map(\.rule) }

    /// Words that say what is wrong with a policy after those so far; nil when nothing is.
    func objection(to rules: [RetentionRule], ordinal: Int64) -> String? {
        guard ordinal == count + 1 else {
            return "its ordinal is \(ordinal), the next one is \(count + 1)"
        }
        guard Set(rules.map(\.name)).count == rules.count else { return "two rules have one name" }
        for old in standing {
            guard let new = rules.first(where: { $0.name == old.rule.name }) else {
                return "the rule \(old.rule.name) is missing; retention can only be lengthened"
            }
            guard new.match == old.rule.match, new.event == old.rule.event else {
                return "the rule \(old.rule.name) means something else; give a new rule a new name"
            }
            guard new.days >= old.rule.days else {
                return "the rule \(old.rule.name) would be shortened from \(old.rule.days) to "
                    + "\(new.days) days; retention can only be lengthened"
            }
        }
        return nil
    }

    /// Folds a policy leaf in; the objection, where it breaks the rules.
    package mutating func add(_ leaf: Leaf, at index: UInt64) -> String? {
        let rules = (leaf.body["rules"]?.array ?? []).compactMap { RetentionRule($0) }
        let ordinal = leaf.int("n") ?? 0
        if let objection = objection(to: rules, ordinal: ordinal) { return objection }
        count = ordinal
        standing = rules.map { rule in
            let known = standing.first { $0.rule.name == rule.name }
            return Standing(rule: rule, since: known?.since ?? index, leaf: index)
        }
        return nil
    }

    package struct Expiry: Hashable {
        package let at: WallTime
        package let rule: String
        package let policy: UInt64
    }

    /// When a record may go, and what is one with it; nil: never, as things stand. `eventTime`
    /// tells the latest event of a name for one of the record's links.
    package func expiry(
        of record: RecordFacts, eventTime: (String, RecordFacts) throws(Failure) -> WallTime?
    ) throws(Failure) -> Expiry? {
        guard var last = try expiryAlone(of: record, eventTime) else { return nil }
        for partner in record.partners {
            guard let other = try expiryAlone(of: partner, eventTime) else { return nil }
            if other.at > last.at { last = other }
        }
        return last
    }

    private func expiryAlone(
        of record: RecordFacts, _ eventTime: (String, RecordFacts) throws(Failure) -> WallTime?
    ) throws(Failure) -> Expiry? {
        var longest: Expiry?
        for standing in standing
        where standing.since < record.index && standing.rule.matches(record) {
            var start = record.instant
            if let event = standing.rule.event {
                guard let time = try eventTime(event, record) else { return nil }
                start = time
            }
            let end = start.adding(seconds: standing.rule.days * 86_400)
            if longest == nil || end > longest!.at {
                longest = Expiry(at: end, rule: standing.rule.name, policy: standing.leaf)
            }
        }
        return longest
    }
}

extension EvidenceLog {
    package var policies: PolicyHistory { monitor.withLock { $0.policies } }

    package func setPolicy(
        _ rules: [RetentionRule], reason: String, by author: Author
    ) throws(Failure) -> Receipt {
        for rule in rules {
            if case .link(let kind, let value) = rule.match {
                try Self.refusePersonal(Link(kind: kind, value: value))
            }
        }
        return try decisions.withLock { _ throws(Failure) in
            try setPolicyAlone(rules, reason, author)
        }
    }

    /// With `decisions` held: two policies at once would both take the same ordinal, and the log
    /// would refuse to open with the second.
    private func setPolicyAlone(
        _ rules: [RetentionRule], _ reason: String, _ author: Author
    ) throws(Failure) -> Receipt {
        let ordinal = policies.count + 1
        guard ordinal <= PolicyHistory.countMax else {
            throw Failure(.full, "this log has \(ordinal - 1) policies; no more can be set")
        }
        if let objection = policies.objection(to: rules, ordinal: ordinal) {
            throw Failure(.refused, "this policy is refused: \(objection)")
        }
        var draft = Draft(.policy, by: author)
        draft.fields = [
            ("n", .int(ordinal)), ("rules", .array(rules.map(\.json))), ("reason", .string(reason)),
        ]
        let receipt = try commit(draft)
        let objection = monitor.withLock { $0.policies.add(receipt.leaf, at: receipt.index) }
        precondition(objection == nil, "policies are set one after the other")
        return receipt
    }

    /// Something that retention is counted from, such as the end of life of a part.
    package func addEvent(
        _ name: String, on link: Link, at time: WallTime, reason: String, by author: Author
    ) throws(Failure) -> Receipt {
        try Self.refusePersonal(link)
        var draft = Draft(.event, by: author)
        draft.fields = [
            ("name", .string(name)), ("link", link.key), ("at", .string(time.description)),
            ("reason", .string(reason)),
        ]
        return try commit(draft)
    }

    func latestEvent(_ name: String, _ record: RecordFacts) throws(Failure) -> WallTime? {
        try EventReader(engine).latest(name, record)
    }
}
