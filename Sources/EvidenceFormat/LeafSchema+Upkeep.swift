/// The log looking after itself.
extension LeafSchema {
    static let upkeep: [LeafSchema] = [
        LeafSchema(
            .segmentSeal, "A payload file is full and never changes again.",
            [
                LeafField("segment", .count, "number of the file"),
                LeafField("first", .count, "index of the first leaf in it"),
                LeafField("count", .count, "leaves in it"),
                LeafField("len", .count, "its length in bytes"),
                LeafField(
                    "digest", .digest,
                    "SHA-256 of the file with each payload replaced by its hash"),
            ]),
        LeafSchema(
            .scrub, "Sealed files were read again and compared.",
            [
                LeafField("from", .count, "first file"),
                LeafField("to", .count, "last file"),
                LeafField("segments", .count, "files read"),
                LeafField("bytes", .count, "bytes read"),
                LeafField("faults", .count, "faults found"),
                LeafField("found", .list(of: .text(200), 0...16), "the first of them, by name"),
            ], [.ordered("from", "to")]),
        LeafSchema(
            .anchor, "A checkpoint was confirmed outside this server.",
            [
                LeafField("type", .text(32), "rfc3161, witness, …"),
                LeafField("size", .count, "size of the checkpoint"),
                LeafField("root", .digest, "its root"),
                LeafField("proof", .digest, "SHA-256 of the anchor file"),
                LeafField("name", .text(255), "name of that file or of the witness"),
                .optional("chain", .digest, "SHA-256 of the certificates kept with it"),
                .optional("crl", .digest, "SHA-256 of the revocation list kept with it"),
            ]),
        LeafSchema(
            .incident, "Something went wrong that a reader of the log should know.",
            [
                LeafField("what", .text(64), "short name"),
                LeafField("detail", .words(max: 1000), "what happened"),
                .optional("index", .count, "the leaf concerned"),
            ]),
        LeafSchema(
            .successor, "This log continues another one, which was restored or given up.",
            [
                LeafField("old_origin", .text(VerifierKey.nameBytesMax), "name of the old log"),
                LeafField("old_size", .count, "size of its last checkpoint"),
                LeafField("old_root", .digest, "its root"),
                LeafField("old_note", .words(max: 1000), "that checkpoint, signatures included"),
                LeafField("reason", .reason, "why"),
                LeafField("actors", .list(of: .text(256), 2...2), "the two people who decided"),
                LeafField("sigs", .list(of: .text(200), 2...2), "their signatures"),
            ], [.distinct("actors")]),
    ]
}
