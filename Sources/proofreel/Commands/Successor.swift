internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Linux

extension CommandSpec {
    static let successor = CommandSpec(
        path: ["admin", "successor"],
        summary: "Begin a new log that continues a restored or given-up one; two people decide.",
        usage: "NEWDIR --reason TEXT --second-actor NAME", positionals: 1...1,
        options: [
            .reason, .value("second-actor", "NAME", "the other person who decides"),
            .value("root-key", "FILE", "the root key, when it was moved away"), .actor, .data,
            .passphrase, .json,
        ],
        examples: [
            .init(
                "proofreel admin successor /srv/reel-2 --data /srv/reel --reason restored"
                    + " --second-actor bob",
                "the old directory stays as it is, readable and verifiable")
        ],
        notes: "The root key stays the same, so what verifiers pin stays the same.",
        run: { try Successor(Work(arguments: $0, console: $1)).run() })
}

/// The new log's `successor` leaf carries the old checkpoint, and two signatures tie the two
/// together: the old key's over the new log's first leaf, the new key's over the old checkpoint.
struct Successor {
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    /// What the old log's key signs.
    static func statement(origin: String, genesis: Digest) -> String {
        "proofreel successor v1\n\(origin)\n\(genesis.hex)\n"
    }

    func run() throws -> ExitCode {
        let reason = try arguments.required("reason")
        let second = try arguments.required("second-actor")
        guard second != work.author.actor else {
            throw UsageError("--second-actor should be somebody else than \(second)")
        }
        let old = try DataDirectory(arguments)
        let new = DataDirectory(path: arguments.positionals[0])
        guard !RealFileSystem().exists("\(new.path)/FORMAT") else {
            throw Failure(.alreadyExists, "\(new.path) is a data directory already; give a new one")
        }
        let source = PassphraseSource.find(
            option: arguments.value("passphrase-file"), keys: old.keys)
        let passphrase = try source.read()
        let root = try KeyCommands(work).rootKey(old.keys)
        guard try root.verifierKey == old.keys.rootVerifierKey() else {
            throw Failure(
                .refused, "the root key is not the one of \(old.path); give the right file")
        }
        let session = try Session.reading(old)
        let (note, origin, site) = try session.use { log in
            (log.checkpoint, log.origin, try log.leaf(at: 0).site)
        }
        var opening = Opening(new, passphraseFile: arguments.value("passphrase-file"))
        opening.origin = Self.next(origin)
        opening.inherited = (root, passphrase, keep: source.isBesideTheKeys)
        opening.site = site
        try Session.writing(opening).use { log in
            let fields = try fields(
                note, log, oldKey: old.keys.keyFile(KeyFolder.logKeyFile).open(passphrase),
                newKey: new.keys.keyFile(KeyFolder.logKeyFile).open(passphrase), reason, second)
            let receipt = try log.addFact(.successor, fields, by: work.author)
            try work.answer(
                receipt, log, "\(log.origin) continues \(origin); serve it from \(new.path)")
        }
        return .done
    }

    private func fields(
        _ note: SignedNote, _ log: EvidenceLog, oldKey: NoteSigner, newKey: NoteSigner,
        _ reason: String, _ second: String
    ) throws -> [(String, JSON)] {
        let checkpoint = try Checkpoint(text: note.text)
        let statement = Self.statement(origin: log.origin, genesis: try log.leaf(at: 0).hash)
        let byOld = SignedNote(text: statement, signers: [oldKey]).signatures
        let byNew = SignedNote(text: note.text, signers: [newKey]).signatures
        return [
            ("old_origin", .string(checkpoint.origin)), ("old_size", .int(Int64(checkpoint.size))),
            ("old_root", .string(checkpoint.root.hex)),
            ("old_note", .string(note.text(withSignatures: true))), ("reason", .string(reason)),
            ("actors", .array([.string(work.author.actor), .string(second)])),
            ("sigs", .array((byOld + byNew).map { .string(Self.text(of: $0)) })),
        ]
    }

    /// As a signature line has it: base64 of key id and signature.
    private static func text(of signature: NoteSignature) -> String {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(signature.keyID)
        return (bytes + signature.signature).base64
    }

    /// `…/e1` becomes `…/e2`; a name without a number gets `/e2`.
    static func next(_ origin: String) -> String {
        guard let slash = origin.lastIndex(of: "/"),
            origin[origin.index(after: slash)...].first == "e",
            let number = UInt32(origin[origin.index(slash, offsetBy: 2)...]), number < .max
        else { return "\(origin)/e2" }
        return "\(origin[..<slash])/e\(number + 1)"
    }
}
