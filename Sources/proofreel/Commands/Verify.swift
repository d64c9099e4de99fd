internal import Anchors
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
            .list(
                "receipt", "FILE", "a receipt that was kept elsewhere, as file or text"),
            .list("trust-tsa", "FILE", "certificates of a TSA that you trust"),
            .list("witness", "VKEY", "the key of a witness that you trust"), .scratch, .json,
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
            + " --root), 3 UNANCHORED\n(no checkpoint from elsewhere, and no anchor in it by"
            + " somebody whom you trust). Nothing is written\nbelow DATADIR.",
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
        request.outside = try checkpoints(keySet)
        request.receipts = try receipts(keySet)
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
        try checkAnchors(&result, verifier)
        return result
    }

    /// Files that the log speaks of, and those that it does not.
    private func checkAnchors(_ result: inout Verification, _ verifier: Verifier) throws {
        let trust = try AnchorTrust(
            pem: arguments.all("trust-tsa").map {
                try RealFileSystem().contents(of: $0, limit: 256 << 10)
            },
            witnesses: arguments.all("witness").map { text throws in
                do throws(Failure) {
                    return try CosignerKey(text)
                } catch {
                    throw Failure(.invalid, "--witness \(text): \(error.words)")
                }
            })
        var check = AnchorCheck(dataDirectory: directory.path, trust: trust)
        try check.run(result.anchorLeaves, isBusy: result.inUse)
        check.compareTimes(verifier)
        for finding in check.findings {
            result.add(
                EngineFinding(
                    finding.isDamage ? .damage : .note, finding.subject, finding.words))
        }
        for _ in 0..<check.trusted { result.countAnchor() }
    }

    private func checkpoints(_ keySet: KeySet) throws -> [SignedNote] {
        try arguments.all("checkpoint").map { path in
            try taking(path, "checkpoint") { bytes throws(Failure) in
                let note = try SignedNote(parsing: bytes)
                _ = try keySet.open(note)
                return note
            }
        }
    }

    private func receipts(
        _ keySet: KeySet
    ) throws -> [(name: String, receipt: KeptReceipt)] {
        try arguments.all("receipt").map { path in
            let receipt = try taking(path, "receipt") { bytes throws(Failure) in
                let receipt = try KeptReceipt(parsing: bytes)
                _ = try keySet.open(receipt.proof.checkpoint)
                return receipt
            }
            return (path, receipt)
        }
    }

    private func taking<R>(
        _ path: String, _ what: String, _ parse: ([UInt8]) throws(Failure) -> R
    ) throws -> R {
        let bytes = try RealFileSystem().contents(of: path, limit: KeptReceipt.bytesMax)
        do throws(Failure) {
            return try parse(bytes)
        } catch {
            throw Failure(.invalid, "\(path) is no \(what) of this log: \(error.words)")
        }
    }

    static func print(_ result: Verification, _ arguments: Arguments, _ console: Console) {
        if arguments.has("json") {
            console.print(VerificationPage.json(result))
        } else {
            for line in VerificationPage(result).lines(console) { console.print(line) }
        }
    }
}
