/// The log itself, its rules, its keys and its clock.
extension LeafSchema {
    static let server: [LeafSchema] = [
        LeafSchema(
            .genesis, "The first leaf of every log: its name and the keys to check it with.",
            [
                LeafField(
                    "origin", .text(VerifierKey.nameBytesMax), "first line of every checkpoint"),
                LeafField("log_key", .verifierKey, "key that signs the checkpoints"),
                LeafField("root_key", .verifierKey, "key that signs key sets; pin this one"),
                LeafField("format", .int(1...1), "version of the layout on disk"),
            ]),
        LeafSchema(
            .boot, "The server started: which software handles the leaves that follow.",
            [
                LeafField("binary", .digest, "SHA-256 of the program"),
                LeafField("config", .digest, "SHA-256 of its configuration"),
                LeafField("boot_id", .text(64), "the kernel's id of this boot"),
                LeafField("version", .text(64), "the program's version"),
                LeafField("size", .count, "size of the last checkpoint found"),
                LeafField("root", .digest, "its root"),
                LeafField("clean", .bool, "the last run ended in order"),
            ]),
        LeafSchema(
            .policy, "How long records are kept from here on. A policy can only lengthen.",
            [
                LeafField("n", .ordinal, "ordinal of the policy"),
                LeafField(
                    "rules", .list(of: policyRule, 1...16), "the first rule that matches holds"),
                LeafField("reason", .reason, "why"),
            ]),
        LeafSchema(
            .keyset, "The log keys that are valid from here on.",
            [LeafField("note", .words(max: 2500), "a signed note by the root key")]),
        LeafSchema(
            .clock, "The server's clock did something that its times should be read with.",
            [
                LeafField("what", .oneOf(["sync-lost", "sync-regained", "step", "leap"]), "what"),
                LeafField(
                    "step_us", .signed, "how far it moved, in microseconds; 0 when it did not"),
            ]),
    ]

    private static let policyRule = LeafType.object(
        [
            LeafField("name", .text(64), "name of the rule, quoted by delete leaves"),
            LeafField(
                "match",
                .object(
                    [
                        .optional("all", .yes, "every record"),
                        .optional("cam", .camera, "records of this camera"),
                        .optional("link", .linkKey, "records with this link"),
                    ], [.exactlyOne(["all", "cam", "link"])]),
                "which records"),
            LeafField("days", .int(1...73_000), "how long they are kept"),
            LeafField(
                "basis", .oneOf(["capture", "event"]), "counted from the capture or an event"),
            .optional("event", .text(64), "name of that event; no event, no expiry"),
        ], [.onlyWhen("event", "basis", is: "event")])
}
