package import Base
package import EvidenceFormat

/// A place of work: its triggers in order, the input device on its bench, and what is read out of
/// codes that are scanned there.
package struct WorkCentre: Hashable, Sendable {
    package static let countMax = 256
    package static let patternsMax = 16
    package static let names = ["grab", "input", "link", "name", "patterns", "scanner"]

    package let id: String
    package var name: String
    /// Value of its link, as the ERP writes it; else the id.
    package var link: String?
    package private(set) var triggers: [Trigger] = []
    /// The stable id of a keyboard, foot switch or scanner of this machine.
    package var input: String?
    /// Whether nobody else of this machine hears that device.
    package var grabs = true
    /// Whether its keys are letters of a code that ends with Enter.
    package var scans = false
    package var patterns: [CodePattern] = []
    /// Numbers of triggers are never given twice.
    private var triggersMade = 0

    package init(id: String) throws(Failure) {
        try Limits.check(id: id, "a work centre")
        self.id = id
        name = id
    }

    package mutating func change(_ entry: Entry) throws(Failure) {
        if let text = try entry.text("name") {
            try Limits.check(text: text, "a work centre's name")
            name = text
        }
        if let text = try entry.text("link", max: Link.valueBytesMax) {
            link = text.isEmpty ? nil : text
            if let link { _ = try Link(kind: "work-centre", value: link) }
        }
        if let text = try entry.text("input", max: 256) { input = text.isEmpty ? nil : text }
        if let bool = try entry.bool("grab") { grabs = bool }
        if let bool = try entry.bool("scanner") { scans = bool }
        if let texts = try entry.texts("patterns", countMax: Self.patternsMax) {
            patterns = try texts.map { text throws(Failure) in try CodePattern(text) }
        }
    }

    // MARK: Triggers

    /// Several may match: the first listed is chosen.
    package func trigger(for key: String?) -> Trigger? { triggers.first { $0.answers(to: key) } }

    package func trigger(_ id: String) throws(Failure) -> Trigger {
        if let found = triggers.first(where: { $0.id == id }) { return found }
        let known = triggers.map(\.id).joined(separator: ", ")
        throw Failure(
            .notFound,
            "\(self.id) has no trigger \(id)" + (known.isEmpty ? "" : "; there are: \(known)"))
    }

    /// At the end of the list.
    package mutating func addTrigger(_ entry: Entry) throws(Failure) -> Trigger {
        guard triggers.count < Trigger.countMax else {
            throw Failure(.refused, "\(id) has \(Trigger.countMax) triggers; no more fit")
        }
        let trigger = try Trigger(id: "t\(triggersMade + 1)", entry)
        triggersMade += 1
        triggers.append(trigger)
        return trigger
    }

    /// - position: from 1.
    package mutating func moveTrigger(_ id: String, to position: Int) throws(Failure) {
        let trigger = try trigger(id)
        guard (1...triggers.count).contains(position) else {
            throw Failure(.invalid, "\(self.id) has the places 1 to \(triggers.count)")
        }
        triggers.removeAll { $0.id == id }
        triggers.insert(trigger, at: position - 1)
    }

    package mutating func removeTrigger(_ id: String) throws(Failure) {
        _ = try trigger(id)
        triggers.removeAll { $0.id == id }
    }

    package func asLink() throws(Failure) -> Link {
        try Link(kind: "work-centre", value: link ?? "centre/\(id)")
    }

    // MARK: JSON

    private var fields: [(String, JSON)] {
        var fields: [(String, JSON)] = [
            ("id", .string(id)), ("name", .string(name)), ("grab", .bool(grabs)),
            ("scanner", .bool(scans)), ("triggers", .array(triggers.map(\.json))),
            ("patterns", .array(patterns.map { .string($0.text) })),
        ]
        if let link { fields.append(("link", .string(link))) }
        if let input { fields.append(("input", .string(input))) }
        return fields
    }

    package func json(_ more: [(String, JSON)] = []) -> JSON { .object(JSONObject(fields + more)) }

    var stored: JSON { .object(JSONObject(fields + [("made", .int(Int64(triggersMade)))])) }

    /// Of the book's file.
    init(_ json: JSON) throws(Failure) {
        let entry = try Entry(
            json, "a work centre", names: Self.names + ["id", "made", "triggers"])
        try self.init(id: entry.required("id"))
        try change(entry)
        for item in try entry.items("triggers", countMax: Trigger.countMax) {
            triggers.append(try Trigger(item))
        }
        guard Set(triggers.map(\.id)).count == triggers.count else {
            throw Failure(.corrupt, "the work centre \(id) has a trigger twice")
        }
        let highest = triggers.compactMap { Int($0.id.dropFirst()) }.max() ?? 0
        let made = try entry.number("made", in: 0...1_000_000_000) ?? 0
        triggersMade = max(highest, Int(made))
    }
}
