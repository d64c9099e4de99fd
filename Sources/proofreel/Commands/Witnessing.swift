internal import Anchors
internal import Base
internal import Crypto
internal import EvidenceFormat
internal import Linux

extension CommandSpec {
    static let witness = CommandSpec(
        path: ["witness"],
        summary: "Be a witness: remember the largest tree of each log, sign what continues it.",
        usage: "--key FILE --logs FILE (--listen ADDRESS:PORT | --file FILE [-o FILE])",
        options: [
            .value("key", "FILE", "the witness's own key; made with --name where it is not there"),
            .value("name", "NAME", "of a new key, such as witness.qa.example/w1"),
            .value("logs", "FILE", "keys of the logs that are witnessed, one a line"),
            .value("state", "DIR", "what was seen; else the key's file and .state"),
            .value("listen", "ADDRESS:PORT", "answer C2SP tlog-witness over HTTP"),
            .value("file", "FILE", "a checkpoint, or what proofreel consistency wrote, on a stick"),
            .value("o", "FILE", "where the cosigned checkpoint goes; else standard output"),
        ],
        examples: [
            .init(
                "proofreel witness --name witness.qa.example/w1 --key w1.key --logs logs.txt"
                    + " --listen 0.0.0.0:7449",
                "on a machine of another department; prints the key for proofreel anchor add"),
            .init(
                "proofreel witness --key w1.key --logs logs.txt --file /media/stick/checkpoint",
                "without a network"),
        ],
        notes: "Whoever owns the log's machine must not own this one.\nSIGHUP reads the list of"
            + " logs again, SIGINT and SIGTERM end it.",
        run: { try Witnessing($0, $1).run() })
}

struct Witnessing {
    private static let fileBytesMax = 1 << 20

    private let arguments: Arguments
    private let console: Console
    private let files = RealFileSystem()

    init(_ arguments: Arguments, _ console: Console) {
        self.arguments = arguments
        self.console = console
    }

    func run() throws -> ExitCode {
        let (listen, file) = (arguments.value("listen"), arguments.value("file"))
        guard (listen == nil) != (file == nil) else {
            throw UsageError("give --listen ADDRESS:PORT, or --file FILE")
        }
        let keyPath = try arguments.required("key")
        let keys = try keys()
        let witness = try Witness(
            try cosigner(keyPath), keys: keys,
            folder: arguments.value("state") ?? "\(keyPath).state", clock: SystemClock())
        if let file { return try cosign(file, witness) }
        return try serve(witness, at: listen ?? "")
    }

    private func keys() throws -> [VerifierKey] {
        let path = try arguments.required("logs")
        let bytes = try files.contents(of: path, limit: Self.fileBytesMax)
        do throws(Failure) {
            return try Witness.keys(bytes)
        } catch {
            throw Failure(error.kind, "\(path): \(error.words)")
        }
    }

    private func cosigner(_ path: String) throws -> Cosigner {
        if files.exists(path) {
            let text = String(decoding: try files.contents(of: path, limit: 4096), as: UTF8.self)
            do throws(Failure) {
                return try Cosigner(String(text.prefix { $0 != "\n" }))
            } catch {
                throw Failure(error.kind, "\(path): \(error.words)")
            }
        }
        guard let name = arguments.value("name") else {
            throw UsageError("\(path) is not there; --name NAME makes a new key in it")
        }
        let made = try Cosigner(name: name, seed: randomBytes(32))
        try files.create(path, Array((made.text + "\n").utf8))
        return made
    }

    // MARK: On the network

    private func serve(_ witness: Witness, at text: String) throws -> ExitCode {
        Process.blockSignals()
        let (address, port) = try Doors.address(text)
        let console = self.console
        let server = try WitnessServer(
            witness, at: address, port: port, clock: SystemClock()
        ) { console.print("\(Amount.time(SystemClock().now))  \(Table.printable($0))") }
        console.print("witness key  \(witness.cosigner.key.text)")
        console.print("listens at   \(Doors.text(address, server.port))")
        console.print("\nready; Ctrl-C ends")
        waiting: while true {
            switch Process.waitForSignal(milliseconds: 3_600_000) {
            case nil: continue
            case .end: break waiting
            case .hangUp: readAgain(witness)
            }
        }
        server.end()
        return .done
    }

    private func readAgain(_ witness: Witness) {
        do {
            let keys = try keys()
            witness.replace(keys: keys)
            console.print("the list of logs was read: \(Amount.count(keys.count, "key"))")
        } catch {
            let words = (error as? Failure)?.words ?? "\(error)"
            console.print(console.bad("the list of logs stays as it was: \(words)"))
        }
    }

    // MARK: From a stick

    private func cosign(_ path: String, _ witness: Witness) throws -> ExitCode {
        let bytes = try files.contents(of: path, limit: Self.fileBytesMax)
        let request = try request(bytes, witness, path)
        switch try witness.add(request) {
        case .cosigned(let line):
            let note = request.note.adding(line).encode()
            guard let target = arguments.value("o") else {
                console.write(note)
                return .done
            }
            try files.create(target, note)
            let size = try Checkpoint(text: request.note.text).size
            console.print("cosigned size \(size); written to \(target)")
            return .done
        case .refused(let verdict): throw refusal(verdict, path)
        }
    }

    /// A checkpoint alone continues nothing but an unseen log; else hashes stand before it.
    private func request(
        _ bytes: [UInt8], _ witness: Witness, _ path: String
    ) throws -> AddCheckpoint {
        let text = String(decoding: bytes, as: UTF8.self)
        let start: [UInt8]
        do throws(Failure) {
            let note = try SignedNote(parsing: bytes)
            _ = try Checkpoint(text: note.text)
            start = [0x0A]
        } catch {
            start = []
        }
        if text.hasPrefix("old ") { return try AddCheckpoint(parsing: bytes) }
        // Which log it is stands behind the hashes.
        let body = start + bytes
        let probe = try AddCheckpoint(parsing: Array("old 0\n".utf8) + body)
        let head = try Checkpoint(text: probe.note.text)
        let last = try witness.last(of: head.origin).map { try Checkpoint(text: $0.text).size } ?? 0
        // Of a smaller tree, the witness is to say what it saw.
        return AddCheckpoint(
            oldSize: min(last, head.size), proof: probe.proof, note: probe.note)
    }

    private func refusal(_ verdict: WitnessRules.Verdict, _ path: String) -> Failure {
        switch verdict {
        case .cosign: preconditionFailure("what is cosigned is not refused")
        case .unknownLog(let origin):
            Failure(.refused, "the log \(origin) is not in --logs; add its key there")
        case .untrusted(let words), .malformed(let words): Failure(.refused, "\(path): \(words)")
        case .conflict(let size):
            Failure(
                .dataLoss,
                "\(path) is no larger tree than the one of \(size) leaves that was seen: an older"
                    + " copy, or another history. Keep both, and tell the auditor")
        case .inconsistent:
            Failure(
                .corrupt,
                "\(path) is not proven to continue the tree that was seen; make it with proofreel"
                    + " consistency SIZE, SIZE being the second line of what was cosigned last. If"
                    + " that is so already, history was rewritten: keep both, and tell the auditor")
        }
    }
}
