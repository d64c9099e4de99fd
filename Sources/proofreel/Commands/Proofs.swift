internal import Base
internal import Client
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

extension CommandSpec {
    static let prove = CommandSpec(
        path: ["prove"], summary: "Write the proof that a record stands in the signed log.",
        usage: "ID [-o FILE]", positionals: 1...1,
        options: [.value("o", "FILE", "where to; else standard output")] + OptionSpec.asking,
        examples: [
            .init(
                "proofreel prove $ID -o weld.tlog-proof",
                "a text that any C2SP tlog-proof reader checks")
        ],
        notes: "With --json also the leaf that is proven, as its exact text.",
        run: { try Proving(Work(arguments: $0, console: $1)).prove() })

    static let checkpoint = CommandSpec(
        path: ["checkpoint"], summary: "Print the newest signed checkpoint.",
        usage: "[-o FILE]",
        options: [.value("o", "FILE", "where to; else standard output")] + OptionSpec.asking,
        examples: [
            .init(
                "proofreel checkpoint -o /media/stick/checkpoint",
                "kept elsewhere, it defeats whoever would rewrite or roll back the log")
        ],
        run: { try Proving(Work(arguments: $0, console: $1)).checkpoint() })

    static let consistency = CommandSpec(
        path: ["consistency"], summary: "Prove that the log continues what it was at a size.",
        usage: "SIZE", positionals: 1...1, options: OptionSpec.asking,
        examples: [
            .init("proofreel consistency 1200", "hashes (RFC 9162), then the newest checkpoint")
        ],
        run: { try Proving(Work(arguments: $0, console: $1)).consistency() })
}

struct Proving {
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func prove() throws -> ExitCode {
        let id = try arguments.recordID(arguments.positionals[0])
        let answer = try work.asking { door in
            try door.ask(.prove, isSafe: true) { $0.add(.id, id.description) }
        }
        let fields = try Fields(answer.reply.span)
        let leaf = fields.text(.leaf) ?? ""
        let proof = fields.text(.note) ?? ""
        if arguments.has("json") {
            work.console.print(
                JSON.object(
                    JSONObject([
                        ("id", .string(id.description)), ("index", .int(fields.int(.index) ?? 0)),
                        ("leaf", .string(leaf)),
                        ("leaf_hash", .string(Merkle.leafHash(Array(leaf.utf8).span).hex)),
                        ("proof", .string(proof)),
                    ])))
        } else {
            try emit(Array(proof.utf8))
        }
        return .done
    }

    func checkpoint() throws -> ExitCode {
        let note = try work.asking { try newest($0) }
        let checkpoint = try Checkpoint(text: note.text)
        if arguments.has("json") {
            work.console.print(
                JSON.object(
                    JSONObject([
                        ("checkpoint", .string(note.text(withSignatures: true))),
                        ("origin", .string(checkpoint.origin)),
                        ("root", .string(checkpoint.root.hex)),
                        ("size", .int(Int64(checkpoint.size))),
                    ])))
        } else {
            try emit(note.encode())
        }
        return .done
    }

    private func newest(_ door: any Door) throws -> SignedNote {
        let answer = try door.ask(.checkpoint, isSafe: true)
        return try SignedNote(
            parsing: Array((try Fields(answer.reply.span).text(.note) ?? "").utf8))
    }

    func consistency() throws -> ExitCode {
        guard let size = UInt64(arguments.positionals[0]), size <= Int64.max else {
            throw UsageError("SIZE is the number on the second line of an older checkpoint")
        }
        let answer = try work.asking { door in
            let known = try Checkpoint(text: newest(door).text).size
            guard size <= known else {
                throw Failure(
                    .notFound,
                    "this log has \(known) leaves, not yet \(size); if a checkpoint of that size"
                        + " is around, this is an older copy")
            }
            return try door.ask(.consistency, isSafe: true) { $0.add(.oldSize, Int64(size)) }
        }
        let fields = try Fields(answer.reply.span)
        let hashes = (fields.text(.state) ?? "").split(separator: "\n").compactMap {
            Digest(hex: String($0))?.bytes.base64
        }
        let note = try SignedNote(parsing: Array((fields.text(.note) ?? "").utf8))
        if arguments.has("json") {
            work.console.print(
                JSON.object(
                    JSONObject([
                        ("from", .int(Int64(size))),
                        ("size", .int(Int64(try Checkpoint(text: note.text).size))),
                        ("proof", .array(hashes.map { .string($0) })),
                        ("checkpoint", .string(note.text(withSignatures: true))),
                    ])))
        } else {
            for hash in hashes { work.console.print(hash) }
            work.console.print("")
            try emit(note.encode())
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
