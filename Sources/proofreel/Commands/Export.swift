internal import Archive
internal import Base
internal import Client
internal import Crypto
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

extension CommandSpec {
    static let export = CommandSpec(
        path: ["export"],
        summary: "Take evidence out in a bundle that anybody can verify without us.",
        usage: "[filters] -o BUNDLE.zip|BUNDLE.tar.zst",
        options: OptionSpec.links + [
            .value("camera", "ID", "pictures of this camera"),
            .value("from", "TIME", "from this instant on"),
            .value("to", "TIME", "before this instant"),
            .value("ids", "FILE", "instead: the records whose ids this file lists, one a line"),
            .list("since", "FILE", "a checkpoint that was kept, to be shown that the log goes on"),
            .value("o", "FILE", "where to: .zip or .tar.zst; - is standard output, as a ZIP"),
        ] + OptionSpec.adding,
        examples: [
            .init("proofreel export --work-order WH/MO/00001 -o order.zip", "all of an order"),
            .init(
                "proofreel export --check odoo:6f1c/quality.check/17 --since last.checkpoint"
                    + " -o 17.zip", "and that nothing was rewritten since the last time"),
            .init("proofreel export --from -1d --camera press-3 -o day.tar.zst", "a day"),
        ],
        notes: "Several filters must all hold. When the connection breaks, it goes on where it was;"
            + " also later, with\nthe same command, from what BUNDLE.part has. TIME:"
            + " \(TimeText.examples).",
        run: { try Exporting(Work(arguments: $0, console: $1)).run() })
}

/// Takes a bundle from a server, or has the desk in this process write it.
struct Exporting {
    private static let attemptsMax = 10
    private static let pauseMilliseconds = 500
    private static let listBytesMax = BundleList.bytesMax

    private let work: Work
    private var arguments: Arguments { work.arguments }
    private let files = RealFileSystem()

    init(_ work: Work) { self.work = work }

    /// What the server is asked, the same in every attempt.
    private struct Question {
        var fields = FieldWriter()
        var ids: [UInt8] = []
    }

    private enum BundleList {
        /// A hundred thousand ids.
        static let bytesMax = 4 << 20
    }

    func run() throws -> ExitCode {
        let target = try arguments.required("o")
        let question = try question(container: container(of: target))
        guard target != "-" else { return try stream(question) }
        guard !files.exists(target) else {
            throw Failure(.alreadyExists, "\(target) is there already; it is not overwritten")
        }
        var partial = try PartialBundle(
            for: target, question: SHA256.hash((question.fields.bytes + question.ids).span))
        if partial.count > 0 {
            work.console.note(
                "going on with \(partial.path), which has \(Amount.bytes(UInt64(partial.count)))")
        }
        try work.asking(writes: true) { door in try fetch(&partial, question, door) }
        let hash = try partial.finish(as: target)
        tell(target, partial.count, hash)
        return .done
    }

    private func container(of target: String) throws -> Container {
        if target == "-" || target.hasSuffix(".zip") { return .zip }
        if target.hasSuffix(".tar.zst") { return .tarZstd }
        throw UsageError("-o \(target): a bundle is a .zip or a .tar.zst; name it so")
    }

    private func question(container: Container) throws -> Question {
        let keys = try LinkText.keys(arguments)
        let (from, to) = (try arguments.time("from"), try arguments.time("to"))
        if let from, let to, from >= to { throw UsageError("--from should come before --to") }
        let hasFilter =
            !keys.isEmpty || from != nil || to != nil || arguments.value("camera") != nil
        guard hasFilter != (arguments.value("ids") != nil) else {
            throw UsageError(
                "say what to export: links such as --check ID, --camera, --from; or --ids FILE"
                    + " alone")
        }
        var question = Question()
        question.fields.add(.form, container.rawValue)
        for key in keys { question.fields.add(.link, "\(key.kind)=\(key.value)") }
        question.fields.add(.camera, arguments.value("camera"))
        question.fields.add(.from, from)
        question.fields.add(.to, to)
        for path in arguments.all("since") {
            question.fields.add(.since, try text(path, limit: SignedNote.bytesMax))
        }
        if let path = arguments.value("ids") { question.ids = try ids(path) }
        return question
    }

    private func text(_ path: String, limit: Int) throws -> String {
        let bytes =
            path == "-"
            ? try work.console.readInput(limit: limit) : try files.contents(of: path, limit: limit)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.invalid, "\(path) is no text")
        }
        return text
    }

    /// One a line; what follows an id on its line, as in a table, is passed over.
    private func ids(_ path: String) throws -> [UInt8] {
        var list: [UInt8] = []
        for (i, line) in try text(path, limit: Self.listBytesMax).split(separator: "\n")
            .enumerated()
        {
            guard let word = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).first else {
                continue
            }
            guard let id = RecordID(String(word)) else {
                throw UsageError("\(path), line \(i + 1): \(word) is no record id")
            }
            list += Array("\(id)\n".utf8)
        }
        guard !list.isEmpty else { throw UsageError("\(path) lists no record") }
        return list
    }

    // MARK: Fetching

    /// Thrown where the client would begin anew by itself.
    private struct Interrupted: Error {}

    private func fetch(
        _ partial: inout PartialBundle, _ question: Question, _ door: any Door
    ) throws {
        let progress = ByteProgress("exporting")
        defer { progress.end() }
        for attempt in 1... {
            let before = partial.count
            do {
                return try fetchOnce(&partial, question, door, progress)
            } catch let error where Self.passes(error) && attempt < Self.attemptsMax {
                progress.end()
                let words = Failure(told: error)?.words ?? "the connection broke"
                work.console.note(
                    "\(words); going on after \(Amount.bytes(UInt64(partial.count)))")
                if partial.count == before {
                    Thread.sleep(nanoseconds: UInt64(Self.pauseMilliseconds * attempt) * 1_000_000)
                }
            }
        }
    }

    private static func passes(_ error: any Error) -> Bool {
        if error is Interrupted { return true }
        if let error = error as? WireError { return error.code == .goingAway }
        return (error as? Failure)?.kind == .io
    }

    private func fetchOnce(
        _ partial: inout PartialBundle, _ question: Question, _ door: any Door,
        _ progress: ByteProgress
    ) throws {
        var fields = question.fields
        if let beginning = partial.beginning {
            fields.add(.note, beginning.note)
            fields.add(.instant, beginning.instant.microseconds)
            fields.add(.offset, Int64(partial.count))
            fields.add(.sha256, partial.hash.bytes)
        }
        // Closures may not keep an inout parameter, and the door calls them while it is asked.
        var taken = partial
        defer { partial = taken }
        var sink = Sink()
        sink.reply = { reply in
            let told = try Fields(reply.span)
            guard let note = told.text(.note), let instant = told.int(.instant) else {
                throw Failure(.corrupt, "the answer is no bundle; are both sides up to date?")
            }
            try taken.begin(note: note, instant: WallTime(microseconds: instant))
        }
        sink.body = { piece in
            try taken.add(piece)
            progress.at(UInt64(taken.count))
        }
        sink.restart = { throw Interrupted() }
        _ = try door.ask(.export, isSafe: true, upload: question.ids, sink) { $0 = fields }
    }

    private func stream(_ question: Question) throws -> ExitCode {
        var sink = Sink()
        sink.body = { piece in work.console.write(piece.array()) }
        sink.restart = { throw Failure(.io, "the connection broke; -o FILE could go on") }
        try work.asking(writes: true) { door in
            _ = try door.ask(.export, isSafe: true, upload: question.ids, sink) {
                $0 = question.fields
            }
        }
        return .done
    }

    private func tell(_ target: String, _ count: Int, _ hash: Digest) {
        guard !arguments.has("json") else {
            return work.console.print(
                JSON.object(
                    JSONObject([
                        ("file", .string(target)), ("bytes", .int(Int64(count))),
                        ("sha256", .string(hash.hex)),
                    ])))
        }
        work.console.print("\(target)  \(Amount.bytes(UInt64(count)))  sha256 \(hash.hex)")
        work.console.print(
            work.console.faint("verify it anywhere: proofreel verify \(target) --root VKEY"))
    }
}
