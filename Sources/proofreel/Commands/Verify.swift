internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import Store

extension CommandSpec {
    static let verify = CommandSpec(
        path: ["verify"],
        summary: "Check every byte of a bundle or a data directory, with nothing but public keys.",
        usage: "BUNDLE|DATADIR [--root VKEY] [--checkpoint FILE]… [--receipt FILE]…",
        positionals: 1...1,
        options: [
            .value("root", "VKEY", "the root key that you were told; else the log's own"),
            .list("checkpoint", "FILE", "a signed checkpoint that was kept elsewhere"),
            .list("receipt", "FILE", "a tlog-proof that was kept elsewhere"),
            .list("witness", "VKEY", "a witness whose signature counts; for bundles"),
            .list("trust-tsa", "FILE", "certificates whose time stamps count; for bundles"),
            .scratch, .json,
        ],
        examples: [
            .init(
                "proofreel verify order.zip --root plant7.example/root+f2ff1ccf+AVSy…",
                "a bundle, as a file or unpacked"),
            .init("proofreel verify /srv/reel", "also while it is served"),
            .init(
                "proofreel verify /media/copy --root plant7.example/root+f2ff1ccf+AVSy…"
                    + " --receipt weld.tlog-proof",
                "what an auditor runs: the key from the contract, a receipt from the ERP"),
        ],
        notes: "Ends with 0 VERIFIED, 1 TAMPERED or no verdict, 2 ORIGIN NOT AUTHENTICATED (no"
            + " --root), 3 UNANCHORED\n(nothing from elsewhere vouches). Nothing is written below"
            + " DATADIR.",
        run: { arguments, console in
            // Here 4 would be no verdict and 3 is one, so whatever stops it is 1.
            do {
                if BundleVerifying.isBundle(arguments.positionals[0]) {
                    return try BundleVerifying(arguments).run(console)
                }
                let directory = DataDirectory(path: arguments.positionals[0])
                let result = try Verifying(directory, arguments).run()
                Verifying.print(result, arguments, console)
                return ExitCode(rawValue: result.verdict.exitCode) ?? .failed
            } catch let failure as Failure {
                console.complain(failure.words)
                return .failed
            }
        })
}

extension OptionSpec {
    static let scratch = value(
        "scratch", "DIR", "where to build a second index or unpack a .tar.zst; else TMPDIR")
}

/// Runs the verifier on a directory and adds what it does not look at: the keys.
struct Verifying {
    private let directory: DataDirectory
    private let arguments: Arguments

    init(_ directory: DataDirectory, _ arguments: Arguments) {
        self.directory = directory
        self.arguments = arguments
    }

    func run() throws -> Verification {
        try directory.requireExisting()
        let keys = directory.keys
        let pinned = try arguments.value("root").map { text throws in
            do throws(Failure) {
                return try VerifierKey(text)
            } catch {
                throw Failure(.invalid, "--root \(text) is no key: \(error.words)")
            }
        }
        let root = try pinned ?? keys.rootVerifierKey()
        let note = try keys.keySetNote()
        let keySet: KeySet
        do {
            let claimed = try KeySet(text: note.text)
            keySet = try KeySet(opening: note, origin: claimed.origin, root: root)
        } catch {
            var result = Verification()
            let whose = pinned == nil ? "the root key beside it" : "the root key you gave"
            result.add(
                EngineFinding(
                    .damage, keys.path(KeyFolder.keySetFile),
                    "not signed by \(whose), \(root.text): this is another log, or its keys were"
                        + " replaced"))
            return result
        }
        var request = Verifier.Request(
            rootKey: root, rootPinned: pinned != nil, keySetNote: note, scratchPath: "")
        request.outside = try outside(keySet)
        return try ScratchFolder.use(below: arguments.value("scratch")) { path in
            request.scratchPath = path
            return try verify(request)
        }
    }

    private func verify(_ request: Verifier.Request) throws -> Verification {
        var request = request
        let progress = ByteProgress("verifying")
        defer { progress.end() }
        request.progress = { progress.at($0, of: $1) }
        var options = EmbeddedEngine.Options()
        options.readOnly = true
        let engine = try EmbeddedEngine(directory.path, options: options)
        defer { do { try engine.close() } catch {} }
        var verifier = try Verifier(engine, request)
        var result = try verifier.run()
        try directory.keys.check { result.add($0) }
        return result
    }

    private func outside(_ keySet: KeySet) throws -> [SignedNote] {
        var notes: [SignedNote] = []
        func take(_ path: String, _ what: String, _ parse: ([UInt8]) throws(Failure) -> SignedNote)
            throws
        {
            let bytes = try RealFileSystem().contents(of: path, limit: LogProof.bytesMax)
            do throws(Failure) {
                let note = try parse(bytes)
                _ = try keySet.open(note)
                notes.append(note)
            } catch {
                throw Failure(.invalid, "\(path) is no \(what) of this log: \(error.words)")
            }
        }
        for path in arguments.all("checkpoint") {
            try take(path, "checkpoint") { bytes throws(Failure) in
                try SignedNote(parsing: bytes)
            }
        }
        for path in arguments.all("receipt") {
            try take(path, "receipt") { bytes throws(Failure) in
                try LogProof(parsing: bytes).checkpoint
            }
        }
        return notes
    }

    static func print(_ result: Verification, _ arguments: Arguments, _ console: Console) {
        if arguments.has("json") {
            console.print(VerificationPage.json(result))
        } else {
            for line in VerificationPage(result).lines(console) { console.print(line) }
        }
    }
}
