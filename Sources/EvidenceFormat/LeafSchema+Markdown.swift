extension LeafSchema {
    /// The whole of `docs/leaves.md`; a test compares, so the page cannot fall behind.
    package static func markdown() -> String {
        var text = """
            # Leaves

            Every fact in the evidence log is a leaf: one line of JSON in the strict subset of
            RFC 8785 that [evidence.md](evidence.md) describes, at most \(Leaf.bytesMax) bytes.
            This page is generated from the table that the program checks leaves with; a field that
            is not listed here is refused.

            ## Fields of every leaf


            """
        text += table(common)
        for kind in LeafKind.allCases {
            let schema = of(kind)
            text += "\n## \(kind.rawValue)\n\n\(schema.meaning)\n\n" + table(schema.fields)
            let rules = schema.rules.map(\.phrase) + schema.fields.flatMap(\.innerRules)
            if !rules.isEmpty { text += "\n" + rules.map { "- \($0)\n" }.joined() }
        }
        text += "\n## Links\n\nA link in `links`:\n\n"
        if case .object(let fields) = LeafType.link {
            text += table(fields.list) + "\n"
            text += fields.rules.map { "- \($0.phrase)\n" }.joined()
        }
        return text
    }

    private static func table(_ fields: [LeafField]) -> String {
        "| field | | value | meaning |\n|---|---|---|---|\n" + rows(fields, prefix: "")
    }

    /// Fields inside an object follow it, as `outer.inner`; a list's as `outer[].inner`.
    private static func rows(_ fields: [LeafField], prefix: String) -> String {
        var text = ""
        for field in fields {
            let name = prefix + field.name
            let need = field.required ? "required" : "optional"
            text += "| `\(name)` | \(need) | \(field.type.phrase) | \(field.meaning) |\n"
            switch field.type {
            case .object(let inner): text += rows(inner.list, prefix: name + ".")
            case .list(.object(let inner), _) where field.name != "links":
                text += rows(inner.list, prefix: name + "[].")
            default: break
            }
        }
        return text
    }
}

extension LeafField {
    /// Rules between the fields inside this one; those of links stand in their own section.
    fileprivate var innerRules: [String] {
        switch type {
        case .object(let inner), .list(.object(let inner), _):
            name == "links"
                ? []
                : (inner.rules.map(\.phrase) + inner.list.flatMap(\.innerRules)).map {
                    "in `\(name)`: \($0)"
                }
        default: []
        }
    }
}

extension LeafType {
    /// Completes "should be …".
    var phrase: String {
        switch self {
        case .text(let counts):
            "one line of text, \(counts.lowerBound) to \(counts.upperBound) bytes"
        case .words(let max): "text, 1 to \(max) bytes"
        case .id: "a record id (UUID, lower case)"
        case .time: "a time like 2026-01-31T23:59:59.000000Z"
        case .digest: "64 lower-case hexadecimal digits"
        case .int(let range) where range == JSON.intRange: "a whole number"
        case .int(let range) where range.upperBound == JSON.intRange.upperBound:
            "a whole number from \(range.lowerBound)"
        case .int(let range) where range.lowerBound == range.upperBound: "\(range.lowerBound)"
        case .int(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .bool: "true or false"
        case .yes: "true"
        case .oneOf(let texts): texts.map { "`\($0)`" }.joined(separator: ", ")
        case .verifierKey: "a verifier key: name+id+base64"
        case .linkKind: "1 to \(Link.kindBytesMax) of a-z, 0-9 and -"
        case .linkValue: "one line of text, 1 to \(Link.valueBytesMax) bytes, not only digits"
        case .list(let type, let counts):
            "a list of \(counts.lowerBound) to \(counts.upperBound): \(type.phrase)"
        case .object: "an object"
        case .texts(let max): "an object of at most \(max) texts of at most 200 bytes"
        case .anything: "an object"
        }
    }
}

extension LeafRule {
    var phrase: String {
        switch self {
        case .exactlyOne(let names):
            "exactly one of \(names.map { "`\($0)`" }.joined(separator: ", ")) must be given"
        case .together(let a, let b): "`\(a)` and `\(b)` must be given together"
        case .needs(let a, let b): "`\(a)` may be given only with `\(b)`"
        case .onlyWhen(let name, let other, let value):
            "`\(name)` must be given if, and only if, `\(other)` is `\(value)`"
        case .ordered(let a, let b): "`\(a)` must not come after `\(b)`"
        case .distinct(let name): "the entries of `\(name)` must differ"
        case .twoWhenEarly(let list, let number): "`\(list)` must name two when `\(number)` is -1"
        }
    }
}
