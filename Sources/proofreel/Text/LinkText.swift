internal import Base
internal import Evidence
internal import EvidenceFormat

/// Links as options give them: `--check ID`, `--serial ID`, `--link KIND=VALUE`.
enum LinkText {
    private static let named = ["check", "work-order", "lot", "serial", "product", "operator"]

    static func links(_ arguments: Arguments) throws -> [Link] {
        try pairs(arguments).map { kind, value in
            do throws(Failure) {
                return try Link(kind: kind, value: value)
            } catch {
                throw UsageError(error.words)
            }
        }
    }

    /// As a question a bare number is fine: it may be somebody's free reference.
    static func keys(_ arguments: Arguments) throws -> [Query.LinkKey] {
        try pairs(arguments).map { Query.LinkKey(kind: $0, value: $1) }
    }

    /// As requests carry them.
    static func texts(_ links: [Link]) -> [String] { links.map { "\($0.kind)=\($0.value)" } }

    private static func pairs(_ arguments: Arguments) throws -> [(String, String)] {
        var pairs: [(String, String)] = []
        for kind in named { pairs += arguments.all(kind).map { (kind, $0) } }
        for text in arguments.all("link") {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw UsageError("--link wants KIND=VALUE, such as --link pallet=P-77, not \(text)")
            }
            pairs.append((String(text[..<equals]), String(text[text.index(after: equals)...])))
        }
        return pairs
    }
}
