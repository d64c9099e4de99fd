package import Base
package import EvidenceFormat

/// Who causes a leaf: the authenticated identity and its session.
package struct Author: Hashable, Sendable {
    package let actor: String
    package let session: String

    package init(actor: String, session: String = "") {
        self.actor = actor
        self.session = session
    }

    /// The server acting on its own.
    package static let server = Author(actor: "server")
}

/// A leaf before the log has given it a place: everything but index, and its place in the chains of
/// the checks that it links to.
struct Draft: Sendable {
    let kind: LeafKind
    let author: Author
    var fields: [(String, JSON)] = []
    /// Nil for kinds that carry no links.
    var links: [Link]?
    /// `close` ties into the chain of this check as its last leaf.
    var closes: String?
    /// Bytes of the private section; `fields` holds their hash.
    var secret: [UInt8] = []
    var personal: [Link] = []
    var request: String?

    init(_ kind: LeafKind, by author: Author) {
        self.kind = kind
        self.author = author
    }

    /// Values of the checks whose chains this leaf extends. Its links are distinct.
    var checks: [ExactText] {
        var checks = (links ?? []).filter { $0.kind == Link.checkKind }.map { ExactText($0.value) }
        if let closes { checks.append(ExactText(closes)) }
        return checks
    }

    var fingerprint: RequestFingerprint { RequestFingerprint(of: self) }

    func leaf(
        _ common: LeafCommon, places: [ExactText: ChainPlace]
    ) throws(Failure) -> Leaf {
        var fields = self.fields
        if let links {
            let placed = links.map { link in
                let isCheck = link.kind == Link.checkKind
                return PlacedLink(link, at: isCheck ? places[ExactText(link.value)] : nil).json
            }
            fields.append(("links", .array(placed)))
        }
        if let closes, let place = places[ExactText(closes)] {
            fields.append(("n", .int(place.ordinal)))
            fields.append(("prev", .string(place.previous.hex)))
        }
        if let request { fields.append(("req", .string(request))) }
        return try Leaf(kind: kind, common: common, fields: fields)
    }
}

/// A text as the index and the hash see it: equal when its bytes are. `String` alone would call `é`
/// and `e` with an accent one check, and mix up their chains.
struct ExactText: Hashable, Sendable {
    let text: String
    init(_ text: String) { self.text = text }
    static func == (a: ExactText, b: ExactText) -> Bool { a.text.hasSameBytes(as: b.text) }
    /// Texts of equal bytes are equal strings, so they hash alike.
    func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// What the log answers: the leaf, where it stands, and the signed head that covers it.
package struct Receipt: Sendable {
    package let index: UInt64
    package let leaf: Leaf
    package let checkpoint: SignedNote
    /// Size of the tree that `checkpoint` signs.
    package let size: UInt64
    /// True when an earlier request with the same id made it.
    package let repeated: Bool

    package var id: RecordID { leaf.id }
}
