/// What people and other systems say about records.
extension LeafSchema {
    static let marks: [LeafSchema] = [
        LeafSchema(
            .link, "A record belongs to something, said after it was taken.",
            [
                LeafField("target", .id, "the record"),
                LeafField("links", .links(min: 1), "what it belongs to"),
                LeafField("reason", .reason, "why"),
                .privateData,
            ]),
        LeafSchema(
            .unlink, "A link was wrong. The old leaf stays.",
            [
                LeafField("target", .id, "the record"),
                LeafField("links", .links(min: 1), "what it does not belong to"),
                LeafField("reason", .reason, "why"),
            ]),
        LeafSchema(
            .close, "A check is complete: what is missing from here on was left out.",
            [
                LeafField("check", .linkValue, "value of the check's link"),
                LeafField("n", .ordinal, "ordinal of this leaf among those of the check"),
                LeafField("prev", .digest, "hash of the check's previous leaf; 64 zeros for none"),
                LeafField("count", .count, "number of the check's leaves before this one"),
                LeafField("root", .digest, "RFC 6962 root over their hashes"),
                .optional("verdict", .oneOf(["pass", "fail"]), "outcome of the check"),
                LeafField("reason", .reason, "meaning of the sign-off"),
            ]),
        LeafSchema(
            .check, "Production reached a check: what it demands, said before anything is found.",
            [
                LeafField("t", .time, "when it was reached"),
                LeafField("type", .oneOf(["picture"]), "what is to be done"),
                LeafField(
                    "cams", .list(of: .camera, 1...16), "cameras, one picture of each is demanded"),
                LeafField("mandatory", .bool, "whether it cannot be passed without them"),
                .optional("point", .text(64), "control point it was made from; else asked for"),
                .optional("centre", .text(64), "work centre"),
                .optional("product", .linkValue, "product"),
                .optional("operation", .text(128), "operation"),
                LeafField("links", .links(min: 1), "the check, and what it is about"),
                .request,
            ], [.distinct("cams")]),
        LeafSchema(
            .hold, "Records that must not be deleted, whatever the policy says.",
            [
                LeafField("reason", .reason, "why"),
                .optional("record", .id, "one record"),
                .optional("link", .linkKey, "every record with this link"),
                .optional("cam", .camera, "with from and to: of this camera only"),
                .optional("from", .time, "every record from this instant"),
                .optional("to", .time, "to this one"),
            ],
            [
                .exactlyOne(["record", "link", "from"]), .together("from", "to"),
                .needs("cam", "from"), .ordered("from", "to"),
            ]),
        LeafSchema(
            .unhold, "The end of a hold, in two steps by two people.",
            [
                LeafField("hold", .id, "the hold"),
                LeafField("step", .oneOf(["request", "release"]), "which of the two"),
                LeafField("reason", .reason, "why"),
            ]),
        LeafSchema(
            .event, "Something happened that retention is counted from.",
            [
                LeafField("name", .text(64), "name that policies use, for example end-of-life"),
                LeafField("link", .linkKey, "the thing it happened to"),
                LeafField("at", .time, "when"),
                LeafField("reason", .reason, "why"),
            ]),
    ]
}
