/// Pieces that several kinds share.
extension LeafType {
    static let camera = LeafType.text(64)
    static let reason = LeafType.words(max: 500)
    static let links = links(min: 0)

    static func links(min: Int) -> LeafType { .list(of: link, min...Link.countMax) }

    /// A link as a leaf carries it.
    static let link = LeafType.object(
        [
            LeafField("kind", .linkKind, "check, work-order, lot, serial, … or any custom kind"),
            LeafField("value", .linkValue, "the key in its own system; never a bare number"),
            .optional(
                "refs", .list(of: .text(Link.refBytesMax), 0...Link.refsMax), "free references"),
            .optional("n", .ordinal, "ordinal of this leaf among those of the check"),
            .optional("prev", .digest, "hash of the check's previous leaf; 64 zeros for the first"),
        ],
        [.onlyWhen("n", "kind", is: Link.checkKind), .onlyWhen("prev", "kind", is: Link.checkKind)])

    /// A link as a question: what is meant, without references or place.
    static let linkKey = LeafType.object(
        [
            LeafField("kind", .linkKind, "kind of the link"),
            LeafField("value", .linkValue, "its value"),
        ], [])
}

extension LeafField {
    /// The payload that a leaf stands for.
    static let payload: [LeafField] = [
        LeafField("pay", .digest, "SHA-256 of the exact payload bytes, as `sha256sum` prints it"),
        LeafField("len", .ordinal, "their number"),
        LeafField("mime", .text(100), "their media type"),
    ]
    static let flags = optional(
        "flags", .list(of: .text(64), 0...16), "what was noticed: too dark, blurred, frozen, …")
    static let request = optional("req", .text(200), "the caller's request id; one id, one leaf")
    static let privateData = optional(
        "priv", .digest, "salted commitment to personal data that is kept beside and can be erased")
    static let cameraClock: [LeafField] = [
        optional("cam_off_us", .signed, "camera clock minus server clock, in microseconds"),
        optional("cam_err_us", .count, "error of that offset"),
    ]
}
