internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Linux

extension CommandSpec {
    static let keyShow = CommandSpec(
        path: ["key", "show"], summary: "Show the public keys: what to pin, what signs now.",
        usage: "[--json]", options: OptionSpec.reading,
        examples: [.init("proofreel key show", "the root key's line goes on contracts and walls")],
        run: { try KeyCommands(Work(arguments: $0, console: $1)).show() })

    static let keyRotate = CommandSpec(
        path: ["key", "rotate"],
        summary: "Give the log a new signing key; old signatures stay good.",
        usage: "[--root-key FILE]",
        options: [
            .value("root-key", "FILE", "the root key, when it was moved away"),
            .value("root-passphrase-file", "FILE", "its passphrase, when it has another"),
            .data, .passphrase, .json,
        ],
        examples: [
            .init(
                "proofreel key rotate --root-key /media/stick/root.key",
                "once a year, or at once"
                    + " when somebody may have copied the key")
        ],
        run: { try KeyCommands(Work(arguments: $0, console: $1)).rotate() })

    static let keyMoveRoot = CommandSpec(
        path: ["key", "move-root"], summary: "Put the root key away, out of the data directory.",
        usage: "FILE", positionals: 1...1, options: [.data, .json],
        examples: [
            .init(
                "proofreel key move-root /media/stick/root.key",
                "then lock the stick away; only rotation needs it")
        ],
        notes: "The copy is read back before the original is removed. Works while served.",
        run: { try KeyCommands(Work(arguments: $0, console: $1)).moveRoot() })

    static let keyPassphrase = CommandSpec(
        path: ["key", "set-passphrase"], summary: "Put the keys behind another passphrase.",
        usage: "--to FILE | --generate",
        options: [
            .value("to", "FILE", "holds the new one; keys/passphrase is removed"),
            .flag("generate", "make a new one in keys/passphrase"), .data, .passphrase, .json,
        ],
        examples: [
            .init(
                "proofreel key set-passphrase --to /etc/proofreel/passphrase",
                "then serve --passphrase-file, or LoadCredential=proofreel-passphrase:… in the unit"
            )
        ],
        run: { try KeyCommands(Work(arguments: $0, console: $1)).setPassphrase() })
}

struct KeyCommands {
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func show() throws -> ExitCode {
        let directory = try DataDirectory(arguments)
        try directory.requireExisting()
        let identity = try directory.keys.openPublic()
        if arguments.has("json") {
            let keys = identity.keySet.entries.map { entry in
                var fields: [(String, JSON)] = [
                    ("key", .string(entry.key.text)), ("from", .int(Int64(entry.from))),
                ]
                if let to = entry.to { fields.append(("to", .int(Int64(to)))) }
                return JSON.object(JSONObject(fields))
            }
            work.console.print(
                JSON.object(
                    JSONObject([
                        ("origin", .string(identity.origin)), ("log_keys", .array(keys)),
                        ("root_key", .string(identity.rootKey.text)),
                        ("root_key_here", .bool(directory.keys.holdsRootKey)),
                    ])))
            return .done
        }
        var facts = Facts()
        facts.add("origin", identity.origin)
        facts.add("pin this", identity.rootKey.text)
        for entry in identity.keySet.entries {
            let range = "signs sizes \(entry.from) " + (entry.to.map { "to \($0)" } ?? "and on")
            facts.add("log key", "\(entry.key.text)  \(range)")
        }
        facts.add(
            "root key",
            directory.keys.holdsRootKey
                ? work.console.warning("still here; put it away: proofreel key move-root FILE")
                : "put away")
        for line in facts.lines(work.console) { work.console.print(line) }
        return .done
    }

    func rotate() throws -> ExitCode {
        let opening = Opening(
            try DataDirectory(arguments), passphraseFile: arguments.value("passphrase-file"))
        try opening.directory.requireExisting()
        let keys = opening.directory.keys
        let root = try rootKey(keys)
        let session = try Session.writing(opening)
        let (size, key) = try session.use { log in
            guard let source = session.passphrase else {
                preconditionFailure("a log open for writing had a passphrase")
            }
            // The directory is locked and nothing is left to seal, so the log stays at this size.
            try log.careOnce()
            let passphrase = try source.read()
            let rootPassphrase =
                try arguments.value("root-passphrase-file").map { try Passphrase(file: $0) }
                ?? passphrase
            let key = try keys.rotate(
                root: root, at: log.size, passphrase: passphrase, rootPassphrase: rootPassphrase)
            return (log.size, key)
        }
        // Opening it again writes the new key set into the log.
        let again = try Session.writing(opening)
        try again.close()
        if arguments.has("json") {
            work.console.print(
                JSON.object(
                    JSONObject([("key", .string(key.text)), ("from", .int(Int64(size)))])))
        } else {
            work.console.print("from size \(size) on the log is signed by\n\(key.text)")
            work.console.print(
                "what was signed before stays good; verifiers go on pinning the root key")
        }
        return .done
    }

    /// Where the option says, or still in the folder.
    func rootKey(_ keys: KeyFolder) throws -> KeyFile {
        if let path = arguments.value("root-key") { return try KeyFolder.readKeyFile(at: path) }
        guard keys.holdsRootKey else {
            throw UsageError("the root key was put away; bring it and name it: --root-key FILE")
        }
        return try keys.keyFile(KeyFolder.rootKeyFile)
    }

    func moveRoot() throws -> ExitCode {
        let directory = try DataDirectory(arguments)
        try directory.requireExisting()
        let target = arguments.positionals[0]
        try directory.keys.moveRoot(to: target)
        if arguments.has("json") {
            work.console.print(JSON.object(JSONObject([("file", .string(target))])))
        } else {
            work.console.print(
                "the root key is in \(target) and nowhere else; keep a second copy, and its"
                    + " passphrase apart from both")
        }
        return .done
    }

    func setPassphrase() throws -> ExitCode {
        let directory = try DataDirectory(arguments)
        try directory.requireExisting()
        try directory.requireFree()
        let target = arguments.value("to")
        guard (target != nil) != arguments.has("generate") else {
            throw UsageError("give the file of the new passphrase (--to FILE), or --generate")
        }
        let keys = directory.keys
        let old = try PassphraseSource.find(
            option: arguments.value("passphrase-file"), keys: keys
        ).read()
        let new = if let target { try Passphrase(file: target) } else { try Passphrase.generated() }
        try keys.setPassphrase(from: old, to: new, keep: target == nil)
        if arguments.has("json") {
            work.console.print(JSON.object(JSONObject([("done", .bool(true))])))
        } else {
            work.console.print(
                target.map { "done; start with --passphrase-file \($0)" }
                    ?? "done; the new passphrase is in keys/passphrase")
        }
        return .done
    }
}
