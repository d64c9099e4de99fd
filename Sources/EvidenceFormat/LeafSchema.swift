/// The schema of one kind of leaf: one table for the check, the documentation and the reader of
/// this file. What it allows today must be readable for ever; what it refuses may be allowed later.
package struct LeafSchema: Sendable {
    package let kind: LeafKind
    package let meaning: String
    /// Without the common ones.
    package let fields: [LeafField]
    package let rules: [LeafRule]
    /// With the common ones.
    let all: LeafFields

    init(_ kind: LeafKind, _ meaning: String, _ fields: [LeafField], _ rules: [LeafRule] = []) {
        self.kind = kind
        self.meaning = meaning
        self.fields = fields
        self.rules = rules
        all = LeafFields(Self.common + fields, rules)
    }

    package static func of(_ kind: LeafKind) -> LeafSchema {
        guard let schema = byKind[kind] else { preconditionFailure("no schema for \(kind)") }
        return schema
    }

    package static let all: [LeafSchema] = server + captures + marks + removals + upkeep + access

    private static let byKind = Dictionary(uniqueKeysWithValues: all.map { ($0.kind, $0) })

    package static let common: [LeafField] = [
        LeafField("v", .int(1...1), "version of the leaf format"),
        LeafField("alg", .oneOf([Leaf.algorithm]), "hash of the tree and of every digest field"),
        LeafField("kind", .oneOf(LeafKind.allCases.map(\.rawValue)), "what the leaf states"),
        LeafField("id", .id, "the record; a UUIDv7 whose time is a claim, never proof"),
        LeafField("site", .text(128), "the plant"),
        LeafField("t_srv", .time, "the server's clock when it made the leaf"),
        LeafField(
            "clk",
            .object(
                [
                    LeafField("sync", .bool, "the kernel calls its clock synchronised"),
                    LeafField("est_us", .count, "estimated error in microseconds"),
                    LeafField("max_us", .count, "maximum error in microseconds"),
                ], []),
            "how far that clock can be trusted"),
        LeafField("actor", .text(256), "the authenticated identity that caused it"),
        LeafField("sess", .text(0...128), "its session; empty when the server acts on its own"),
        .optional("ext", .anything, "reserved for later versions"),
    ]
}
