internal import Base

/// A value in the strict subset of RFC 8785 that leaves are written in: no null, no fractions,
/// whole numbers within ±(2^53 − 1), ASCII keys. In that subset every JSON library writes the same
/// bytes, so one fact has one text and one hash.
package enum JSON: Sendable {
    case string(String)
    case int(Int64)
    case bool(Bool)
    case array([JSON])
    case object(JSONObject)

    /// What every JSON reader can hold exactly, JavaScript's included.
    package static let intRange: ClosedRange<Int64> = -9_007_199_254_740_991...9_007_199_254_740_991

    /// Arrays and objects inside each other, the outermost counted.
    package static let depthMax = 8
}

/// The members of one object, sorted by key.
package struct JSONObject: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        package let key: String
        package let value: JSON
    }

    package static let keyBytesMax = 64

    package let members: [Member]

    /// Sorts by key. Two equal keys or a key outside printable ASCII are a bug of ours; text from
    /// outside that becomes a key is checked with `isKey` before.
    package init(_ members: [(String, JSON)]) {
        let sorted = members.map { Member(key: $0.0, value: $0.1) }.sorted { $0.key < $1.key }
        for (i, member) in sorted.enumerated() {
            precondition(Self.isKey(member.key), "not a key: \(member.key)")
            precondition(i == 0 || sorted[i - 1].key != member.key, "two keys \(member.key)")
        }
        self.members = sorted
    }

    /// For the parser, which has refused anything unsorted or doubled.
    init(sorted members: [Member]) { self.members = members }

    package subscript(key: String) -> JSON? {
        // By place: a loop over the members would hold each of them for a moment.
        for i in members.indices where members[i].key == key { return members[i].value }
        return nil
    }

    package static func isKey(_ text: String) -> Bool {
        (1...keyBytesMax).contains(text.utf8.count) && text.utf8.allSatisfy(isKeyByte)
    }

    /// Printable ASCII that needs no escape, so that the order of keys is the order of bytes.
    static func isKeyByte(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && byte != 0x22 && byte != 0x5C
    }
}

extension JSON: Hashable {
    /// Texts are equal when their bytes are: `String` alone would call `é` and `e` + accent one
    /// text, but they have two hashes.
    package static func == (a: JSON, b: JSON) -> Bool {
        switch (a, b) {
        case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
        case (.int(let a), .int(let b)): a == b
        case (.bool(let a), .bool(let b)): a == b
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        case (.string, _), (.int, _), (.bool, _), (.array, _), (.object, _): false
        }
    }

    package func hash(into hasher: inout Hasher) {
        switch self {
        case .string(let value): hasher.combine(value)
        case .int(let value): hasher.combine(value)
        case .bool(let value): hasher.combine(value)
        case .array(let value): hasher.combine(value)
        case .object(let value): hasher.combine(value)
        }
    }
}

extension JSON {
    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var int: Int64? { if case .int(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    package var object: JSONObject? { if case .object(let value) = self { value } else { nil } }

    /// 0 for a plain value, 1 for an array or object of plain values, and so on.
    package var depth: Int {
        switch self {
        case .string, .int, .bool: 0
        case .array(let items): 1 + (items.map(\.depth).max() ?? 0)
        case .object(let object): 1 + (object.members.map(\.value.depth).max() ?? 0)
        }
    }
}
