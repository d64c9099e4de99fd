internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Linux

extension CommandSpec {
    static let prove = CommandSpec(
        path: ["prove"], summary: "Write the proof that a record stands in the signed log.",
        usage: "ID [-o FILE]", positionals: 1...1,
        options: [.value("o", "FILE", "where to; else standard output")] + OptionSpec.reading,
        examples: [
            .init(
                "proofreel prove $ID -o weld.tlog-proof",
                "a text that any C2SP tlog-proof reader checks")
        ],
        notes: "With --json also the leaf that is proven, as its exact text.",
        place: .served,
        run: { try Proving(Work(arguments: $0, console: $1)).prove() })

    static let checkpoint = CommandSpec(
        path: ["checkpoint"], summary: "Print the newest signed checkpoint; also while served.",
        usage: "[-o FILE]",
        options: [.value("o", "FILE", "where to; else standard output")] + OptionSpec.reading,
        examples: [
            .init(
                "proofreel checkpoint -o /media/stick/checkpoint",
                "kept elsewhere, it defeats whoever would rewrite or roll back the log")
        ],
        run: { try Proving(Work(arguments: $0, console: $1)).checkpoint() })

    static let consistency = CommandSpec(
        path: ["consistency"], summary: "Prove that the log continues what it was at a size.",
        usage: "SIZE", positionals: 1...1, options: OptionSpec.reading,
        examples: [
            .init("proofreel consistency 1200", "hashes (RFC 9162), then the newest checkpoint")
        ],
        place: .served,
        run: { try Proving(Work(arguments: $0, console: $1)).consistency() })
}

struct Proving {
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func prove() throws -> ExitCode {
        let id = try arguments.recordID(arguments.positionals[0])
        try work.reading { log in
            let index = try log.index(of: id)
            let proof = try log.prove(index).encode()
            if arguments.has("json") {
                let leaf = try log.leaf(at: index)
                work.console.print(
                    JSON.object(
                        JSONObject([
                            ("id", .string(id.description)), ("index", .int(Int64(index))),
                            ("leaf", .string(String(decoding: leaf.bytes, as: UTF8.self))),
                            ("leaf_hash", .string(leaf.hash.hex)),
                            ("proof", .string(String(decoding: proof, as: UTF8.self))),
                        ])))
            } else {
                try emit(proof)
            }
        }
        return .done
    }

    func checkpoint() throws -> ExitCode {
        let directory = try DataDirectory(arguments)
        let status = try Status.document(directory).object
        guard let text = status?["checkpoint"]?.string, let size = status?["size"],
            let root = status?["root"], let origin = status?["origin"]
        else {
            throw Failure(.corrupt, "the server's status has no checkpoint; is it this version?")
        }
        if arguments.has("json") {
            work.console.print(
                JSON.object(
                    JSONObject([
                        ("checkpoint", .string(text)), ("origin", origin), ("root", root),
                        ("size", size),
                    ])))
        } else {
            try emit(Array(text.utf8))
        }
        return .done
    }

    func consistency() throws -> ExitCode {
        guard let size = UInt64(arguments.positionals[0]) else {
            throw UsageError("SIZE is the number on the second line of an older checkpoint")
        }
        try work.reading { log in
            guard size <= log.size else {
                throw Failure(
                    .notFound,
                    "this log has \(log.size) leaves, not yet \(size); if a checkpoint of that size"
                        + " is around, this is an older copy")
            }
            let (proof, note) = try log.consistency(from: size)
            if arguments.has("json") {
                work.console.print(
                    JSON.object(
                        JSONObject([
                            ("from", .int(Int64(size))), ("size", .int(Int64(log.size))),
                            ("proof", .array(proof.map { .string($0.bytes.base64) })),
                            ("checkpoint", .string(note.text(withSignatures: true))),
                        ])))
            } else {
                for hash in proof { work.console.print(hash.bytes.base64) }
                work.console.print("")
                try emit(note.encode())
            }
        }
        return .done
    }

    private func emit(_ bytes: [UInt8]) throws {
        guard let path = arguments.value("o"), path != "-" else {
            work.console.write(bytes)
            return
        }
        do throws(Failure) {
            try RealFileSystem().create(path, bytes)
        } catch {
            guard error.kind == .alreadyExists else { throw error }
            throw Failure(.alreadyExists, "\(path) is there already; it is not overwritten")
        }
        work.console.print("written to \(path)")
    }
}
