/// Who may do what, and who did.
extension LeafSchema {
    static let access: [LeafSchema] = [
        LeafSchema(
            .grant, "Somebody got rights, other ones, or none any more.",
            [
                LeafField("what", .oneOf(["granted", "changed", "revoked"]), "which of these"),
                LeafField("type", .oneOf(["person", "token", "machine"]), "what has the rights"),
                LeafField("subject", .text(128), "its name: what stands as actor in its leaves"),
                LeafField("roles", .list(of: .text(32), 0...16), "its roles from here on"),
                .optional(
                    "cams", .list(of: .camera, 1...32), "only these cameras; without it, all"),
                .optional("until", .time, "when the rights end by themselves"),
                .optional("key", .digest, "SHA-256 of a machine's public key (DER)"),
            ]),
        LeafSchema(
            .access, "Who looked at what, logged in or was refused: a batch of the trail.",
            [
                LeafField("from", .time, "its first entry"),
                LeafField("to", .time, "its last entry"),
                LeafField("lines", .ordinal, "lines in the payload, each one entry"),
                LeafField("count", .ordinal, "what happened, where equal entries share a line"),
            ] + LeafField.payload, [.ordered("from", "to")]),
    ]
}
