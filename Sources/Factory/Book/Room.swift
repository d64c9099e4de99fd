package import Base
package import EvidenceFormat

/// A room, and what else people call it. Which cameras are in it, the cameras say.
package struct Room: Hashable, Sendable {
    package static let countMax = 1024
    package static let aliasesMax = 16
    package static let names = ["aliases"]

    package let name: String
    package var aliases: [String] = []

    package init(name: String) throws(Failure) {
        try Limits.check(text: name, "a room's name")
        guard !PlainText.words(of: name).isEmpty else {
            throw Failure(.invalid, "a room's name has a letter or a digit at least")
        }
        self.name = name
    }

    package mutating func change(_ entry: Entry) throws(Failure) {
        if let aliases = try entry.texts("aliases", countMax: Self.aliasesMax) {
            self.aliases = aliases
        }
    }

    /// Whether a camera's room is this one.
    package func isMeant(by text: String) -> Bool {
        let words = PlainText.words(of: text)
        return ([name] + aliases).contains { PlainText.words(of: $0) == words }
    }

    package var json: JSON {
        .object(
            JSONObject([
                ("name", .string(name)), ("aliases", .array(aliases.map { .string($0) })),
            ]))
    }

    /// Of the book's file.
    init(_ json: JSON) throws(Failure) {
        let entry = try Entry(json, "a room", names: Self.names + ["name"])
        try self.init(name: entry.required("name"))
        try change(entry)
    }
}
