/// What goes away, and by which right.
extension LeafSchema {
    static let removals: [LeafSchema] = [
        LeafSchema(
            .delete, "A payload will be removed when the grace period ends. Its leaf stays.",
            [
                LeafField("target", .id, "the record"),
                LeafField("index", .count, "index of its leaf"),
                LeafField("pay", .digest, "hash of what is removed"),
                LeafField(
                    "what", .oneOf(["payload", "private"]), "the payload or the personal data"),
                LeafField("rule", .text(64), "the policy's rule, or the order's reference"),
                LeafField(
                    "policy", .int(-1...JSON.intRange.upperBound),
                    "index of the policy leaf; -1 for an early erasure"),
                LeafField("due", .time, "when retention ended"),
                LeafField(
                    "holds", .count, "holds that covered the record; anything but 0 is unlawful"),
                LeafField("actors", .list(of: .text(256), 1...2), "who decided"),
                LeafField("until", .time, "end of the grace period"),
                LeafField("reason", .reason, "why"),
            ],
            [.distinct("actors"), .twoWhenEarly(list: "actors", number: "policy")]),
        LeafSchema(
            .deleted, "The removal is done.",
            [
                LeafField("target", .id, "the record"),
                LeafField("delete", .id, "the delete leaf"),
                LeafField("bytes", .count, "bytes given back"),
            ]),
    ]
}
