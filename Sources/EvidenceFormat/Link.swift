package import Base

/// What a record belongs to: a kind and a key in somebody's system, with free references beside it.
package struct Link: Sendable {
    package static let checkKind = "check"
    package static let kindBytesMax = 64
    package static let valueBytesMax = 512
    package static let refBytesMax = 256
    package static let refsMax = 4
    /// Links in one leaf.
    package static let countMax = 16

    package let kind: String
    package let value: String
    package let refs: [String]

    package init(kind: String, value: String, refs: [String] = []) throws(Failure) {
        try Self.check(kind: kind)
        try Self.check(value: value)
        guard refs.count <= Self.refsMax else {
            throw Failure(.invalid, "a link has \(refs.count) references; keep \(Self.refsMax)")
        }
        for ref in refs {
            try LeafType.text(Self.refBytesMax).check(.string(ref), "refs")
        }
        self.kind = kind
        self.value = value
        self.refs = refs
    }

    static func check(kind: String) throws(Failure) {
        let valid = kind.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
        }
        guard valid, (1...kindBytesMax).contains(kind.utf8.count) else {
            throw Failure(
                .invalid,
                "a link's kind should be \(LeafType.linkKind.phrase), for example work-order")
        }
    }

    /// A bare number names something else in every system, and in the next database of the same.
    static func check(value: String) throws(Failure) {
        try LeafType.text(valueBytesMax).check(.string(value), "value")
        guard value.utf8.contains(where: { !(0x30...0x39).contains($0) && $0 != 0x20 }) else {
            throw Failure(
                .invalid,
                "a link's value must not be a bare number (\(value)); write it with its system, "
                    + "for example odoo:<database>/quality.check/17")
        }
    }
}

extension Link: Hashable {
    /// By bytes, as the index and the hash see them.
    package static func == (a: Link, b: Link) -> Bool {
        a.kind == b.kind && a.value.hasSameBytes(as: b.value)
            && a.refs.elementsEqual(b.refs) { $0.hasSameBytes(as: $1) }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(value)
    }
}

/// A leaf's place in the chain of its check: a missing number shows what was left out.
package struct ChainPlace: Hashable, Sendable {
    /// From 1.
    package let ordinal: Int64
    /// Hash of the leaf before it; zero for the first.
    package let previous: Digest

    package init(ordinal: Int64, previous: Digest) {
        self.ordinal = ordinal
        self.previous = previous
    }
}

/// A link as it stands in a leaf. `place` is there if, and only if, the link is to a check.
package struct PlacedLink: Hashable, Sendable {
    package let link: Link
    package let place: ChainPlace?

    package init(_ link: Link, at place: ChainPlace? = nil) {
        self.link = link
        self.place = place
    }

    package init(_ json: JSON) throws(Failure) {
        try LeafType.link.check(json, "links")
        self.init(checked: json)
    }

    /// Of a leaf: its schema has checked every link.
    fileprivate init(checked json: JSON) {
        link = Link(checked: json)
        guard let n = json.object?["n"]?.int,
            let previous = json.object?["prev"]?.string.flatMap({ Digest(hex: $0) })
        else {
            place = nil
            return
        }
        place = ChainPlace(ordinal: n, previous: previous)
    }

    package var json: JSON {
        var members = link.members
        if let place {
            members.append(("n", .int(place.ordinal)))
            members.append(("prev", .string(place.previous.hex)))
        }
        return .object(JSONObject(members))
    }
}

extension Link {
    /// Kind, value and references; a place beside them is passed over.
    package init(_ json: JSON) throws(Failure) {
        guard let object = json.object, let kind = object["kind"]?.string,
            let value = object["value"]?.string
        else { throw Failure(.invalid, "a link should be an object with kind and value") }
        let refs = object["refs"]?.array?.compactMap(\.string) ?? []
        try self.init(kind: kind, value: value, refs: refs)
    }

    /// The schema has checked it.
    fileprivate init(checked json: JSON) {
        guard let object = json.object, let kind = object["kind"]?.string,
            let value = object["value"]?.string
        else { preconditionFailure("the schema has checked this link") }
        self.kind = kind
        self.value = value
        refs = object["refs"]?.array?.compactMap(\.string) ?? []
    }

    fileprivate var members: [(String, JSON)] {
        var members: [(String, JSON)] = [("kind", .string(kind)), ("value", .string(value))]
        if !refs.isEmpty { members.append(("refs", .array(refs.map { .string($0) }))) }
        return members
    }

    /// Kind, value and, when there are any, references.
    package var json: JSON { .object(JSONObject(members)) }

    /// Kind and value alone, as `hold`, `event` and `policy` name them.
    package var key: JSON {
        .object(JSONObject([("kind", .string(kind)), ("value", .string(value))]))
    }
}

extension Leaf {
    /// What the leaf links its record to; empty for kinds without links.
    package var links: [PlacedLink] {
        (body["links"]?.array ?? []).map { PlacedLink(checked: $0) }
    }
}
