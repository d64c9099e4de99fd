/// What a field may hold. Each case is a check (`LeafSchema+Check.swift`) and a phrase in
/// `docs/leaves.md` (`LeafSchema+Markdown.swift`).
package indirect enum LeafType: Sendable {
    /// One line of UTF-8 without control characters.
    case text(ClosedRange<Int>)
    /// UTF-8 that may have several lines: reasons, notes.
    case words(max: Int)
    case id
    case time
    case digest
    case int(ClosedRange<Int64>)
    case bool
    /// Present and true, or absent.
    case yes
    case oneOf([String])
    case verifierKey
    case linkKind
    case linkValue
    case list(of: LeafType, ClosedRange<Int>)
    case object(LeafFields)
    /// Names chosen by the caller, each with one line of text.
    case texts(max: Int)
    /// Reserved for later versions; this one reads past it.
    case anything

    static func object(_ fields: [LeafField], _ rules: [LeafRule]) -> LeafType {
        .object(LeafFields(fields, rules))
    }

    static func text(_ max: Int) -> LeafType { .text(1...max) }
    static let count = LeafType.int(0...JSON.intRange.upperBound)
    static let ordinal = LeafType.int(1...JSON.intRange.upperBound)
    static let signed = LeafType.int(JSON.intRange)
}

/// One field of a leaf: its name and its meaning never change once released.
package struct LeafField: Sendable {
    package let name: String
    package let type: LeafType
    package let required: Bool
    package let meaning: String

    init(_ name: String, _ type: LeafType, _ meaning: String) {
        self.init(name, type, required: true, meaning)
    }

    static func optional(_ name: String, _ type: LeafType, _ meaning: String) -> LeafField {
        LeafField(name, type, required: false, meaning)
    }

    private init(_ name: String, _ type: LeafType, required: Bool, _ meaning: String) {
        self.name = name
        self.type = type
        self.required = required
        self.meaning = meaning
    }
}

/// The fields of one object and the rules between them. A class, so that the table is shared and
/// not copied when it is walked.
package final class LeafFields: Sendable {
    /// In the order of the documentation.
    package let list: [LeafField]
    package let rules: [LeafRule]
    /// In the order of the bytes.
    let sorted: [LeafField]

    init(_ list: [LeafField], _ rules: [LeafRule]) {
        self.list = list
        self.rules = rules
        sorted = list.sorted { $0.name < $1.name }
    }
}

/// What must hold between the fields of one object.
package enum LeafRule: Sendable {
    case exactlyOne([String])
    /// Both or neither.
    case together(String, String)
    /// The first may stand only where the second does.
    case needs(String, String)
    /// The first is there if, and only if, the second has this value.
    case onlyWhen(String, String, is: String)
    /// Numbers or times that must not go backwards.
    case ordered(String, String)
    case distinct(String)
    /// The list has two entries when the number is −1.
    case twoWhenEarly(list: String, number: String)
}
