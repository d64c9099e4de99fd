/// What came from cameras and files.
extension LeafSchema {
    static let captures: [LeafSchema] = [
        LeafSchema(
            .snapshot, "One picture of one instant.",
            [
                LeafField("cam", .camera, "camera id"),
                LeafField("t", .time, "the frame's instant on the server's clock"),
                .optional("asked", .time, "the instant that was asked for"),
                .optional("dist_us", .signed, "the frame's instant minus the asked one"),
                .optional(
                    "src", .oneOf(["live", "ring"]), "taken from the live stream or the ring"),
                .optional("t_cam", .time, "the camera's own claim of the instant"),
            ] + LeafField.cameraClock + LeafField.payload + [
                .optional("w", .int(1...65_535), "width in pixels"),
                .optional("h", .int(1...65_535), "height in pixels"),
                .optional("trig", .text(128), "what triggered it"),
                .optional("shot", .id, "shared by the pictures of several cameras taken together"),
                .optional("skew_us", .count, "this frame's instant minus the shot's earliest one"),
                .optional("clip", .id, "record of the exact stream up to this frame"),
                .optional("made", .text(128), "how the picture was made from that stream"),
                LeafField("links", .links, "what it belongs to"),
                .flags, .request, .privateData,
            ]),
        LeafSchema(
            .import, "A picture that came from elsewhere, and is marked so.",
            [LeafField("t", .time, "the instant it claims, or that of the import")]
                + LeafField.payload + [
                    LeafField("name", .text(255), "its file name"),
                    .optional("source", .text(255), "where it came from"),
                    LeafField("links", .links, "what it belongs to"),
                    .flags, .request, .privateData,
                ]),
        LeafSchema(
            .part, "A stretch of one camera's footage, at most ten seconds.",
            [
                LeafField("cam", .camera, "camera id"),
                LeafField("n", .ordinal, "ordinal of the part for this camera"),
                LeafField(
                    "prev", .digest, "hash of the previous part's leaf; 64 zeros for the first"),
                LeafField("init", .digest, "SHA-256 of the init segment"),
                LeafField("root", .digest, "RFC 6962 root over its fragments"),
                LeafField("count", .ordinal, "number of fragments"),
                LeafField("from", .time, "instant of the first frame"),
                LeafField("to", .time, "instant of the last frame"),
                LeafField("len", .ordinal, "bytes of the fragments"),
                .optional("ring", .text(32), "the ring that they were in"),
                .optional("seq", .ordinal, "sequence of the first one in that ring"),
                .optional("seq_to", .ordinal, "sequence of the last one"),
            ] + LeafField.cameraClock,
            [.ordered("from", "to"), .ordered("seq", "seq_to"), .together("seq", "seq_to")]),
        LeafSchema(
            .clip, "Footage of one camera, byte for byte as it was recorded.",
            [
                LeafField("cam", .camera, "camera id"),
                LeafField("t", .time, "instant of the first frame"),
                LeafField("to", .time, "instant of the last frame"),
                LeafField("frames", .ordinal, "number of frames"),
                .optional(
                    "use", .oneOf(["stream"]), "what a picture was rendered from, beside it"),
                LeafField("init", .digest, "SHA-256 of the init segment, the payload's beginning"),
                LeafField("init_len", .ordinal, "its length"),
            ] + LeafField.payload + [
                .optional("w", .int(1...65_535), "width in pixels"),
                .optional("h", .int(1...65_535), "height in pixels"),
                .optional(
                    "parts", .list(of: .ordinal, 1...64),
                    "ordinals of the camera's parts that hold its fragments, in order, where it is"
                        + " made of whole ones"),
                .optional(
                    "skip", .count, "how many fragments of the first part stand before its first"),
                .optional(
                    "before", .list(of: .digest, 1...8),
                    "hashes of the first part's tree to the left of its fragments, left to right"),
                .optional(
                    "after", .list(of: .digest, 1...8),
                    "hashes of the last part's tree to the right of its fragments"),
                LeafField("links", .links, "what it belongs to"),
                .flags, .request, .privateData,
            ] + LeafField.cameraClock,
            [
                .ordered("t", "to"), .needs("skip", "parts"), .needs("before", "skip"),
                .needs("after", "skip"),
            ]),
        LeafSchema(
            .gap, "Footage that is missing: a fact, not a silence.",
            [
                LeafField("cam", .camera, "camera id"),
                LeafField("from", .time, "last instant that was recorded"),
                LeafField("to", .time, "first instant that was recorded again"),
                LeafField("err_us", .count, "error of both, in microseconds"),
                LeafField(
                    "cause",
                    .oneOf([
                        "camera", "network", "auth", "disk", "overload", "restart", "configuration",
                    ]), "why"),
                .optional("detail", .words(max: 500), "the same in words"),
            ], [.ordered("from", "to")]),
        LeafSchema(
            .derive, "A picture made from another: blurred faces, a crop.",
            [
                LeafField("parent", .id, "the record it was made from"),
                LeafField("transform", .text(64), "what was done"),
                .optional("params", .texts(max: 8), "with which settings"),
                LeafField("t", .time, "when"),
            ] + LeafField.payload + [.request]),
    ]
}
