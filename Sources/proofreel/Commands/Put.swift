internal import Base
internal import Client
internal import Crypto
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

extension CommandSpec {
    static let put = CommandSpec(
        path: ["put"], summary: "Store pictures from elsewhere as evidence, marked as imported.",
        usage: "FILE… --check ID [options]", positionals: 1...1000,
        options: OptionSpec.links + [
            .value("at", "TIME", "the instant it shows; else now, the instant of the import"),
            .value("name", "NAME", "what to call it; else the file's name"),
            .value("request-id", "ID", "the same id with the same picture is stored once"),
        ] + OptionSpec.adding,
        examples: [
            .init(
                "proofreel put weld.jpg --check odoo:6f1c/quality.check/17 --work-order MO/1",
                "the answer is a receipt: stored, findable and provable when it comes"),
            .init(
                "proofreel put *.jpg --serial SN-0042 --at 'yesterday 14:03'",
                "several pictures of one serial number"),
            .init(
                "curl -s http://camera/still.jpg | proofreel put - --name still.jpg --check QA/7",
                "from standard input"),
        ],
        notes: "TIME: \(TimeText.examples).\nA file is stored byte for byte, at most 64 MiB.",
        run: { try Put(Work(arguments: $0, console: $1)).run() })
}

struct Put {
    static let fileBytesMax = 64 << 20

    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let paths = arguments.positionals
        let links = try LinkText.links(arguments)
        let instant = try arguments.time("at")
        guard !links.isEmpty else {
            throw UsageError("say what it belongs to: --check ID, --work-order ID, --serial ID, …")
        }
        if paths.count > 1, arguments.value("request-id") ?? arguments.value("name") != nil {
            throw UsageError("--request-id and --name are for one file; there are \(paths.count)")
        }
        // All are looked at before the first is stored, so that a slip leaves nothing half done.
        for path in paths { try inspect(path) }
        let progress = Progress("storing", of: paths.count)
        try work.asking(writes: true) { door in
            for (i, path) in paths.enumerated() {
                progress.at(i + 1)
                do {
                    try put(path, links, instant, door)
                } catch {
                    progress.end()
                    guard let failure = Failure(told: error) else { throw error }
                    let stored =
                        switch (i, failure.kind) {
                        case (0, .unknownOutcome): ""
                        case (0, _): " (nothing was stored)"
                        default: " (\(i) of \(paths.count) were stored)"
                        }
                    throw Failure(failure.kind, "\(path): \(failure.words)\(stored)")
                }
            }
            progress.end()
        }
        return .done
    }

    private func inspect(_ path: String) throws {
        _ = try name(of: path)
        if path == "-" { return }
        guard RealFileSystem().exists(path) else {
            throw Failure(.notFound, "there is no file \(Table.printable(path))")
        }
        let status = try FileStatus(path)
        switch status.kind {
        case .directory:
            throw Failure(.invalid, "\(path) is a directory; name the files in it, as in \(path)/*")
        case .other: throw Failure(.invalid, "\(path) is no plain file; pipe it: put - --name NAME")
        case .file: break
        }
        guard status.bytes > 0 else {
            throw Failure(.invalid, "\(path) is empty; nothing was stored")
        }
        guard status.bytes <= UInt64(Self.fileBytesMax) else {
            throw Failure(
                .invalid,
                "\(path) has \(Amount.bytes(status.bytes)); a picture may have at most"
                    + " \(Amount.bytes(UInt64(Self.fileBytesMax))) (64 MiB), so make it smaller")
        }
    }

    private func name(of path: String) throws -> String {
        let name =
            arguments.value("name") ?? path.split(separator: "/").last.map(String.init) ?? path
        if path == "-", arguments.value("name") == nil {
            throw UsageError("put - wants --name NAME")
        }
        let isLine = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isLine, name.utf8.count <= 255 else {
            throw UsageError(
                "\(Table.printable(path)) has a name that is no line of text; give --name")
        }
        return name
    }

    private func put(
        _ path: String, _ links: [Link], _ instant: WallTime?, _ door: any Door
    ) throws {
        let bytes =
            path == "-"
            ? try work.console.readInput(limit: Self.fileBytesMax)
            : try RealFileSystem().contents(of: path, limit: Self.fileBytesMax)
        // A connection that breaks must not store it twice.
        let request = try arguments.value("request-id") ?? "cli-\(randomBytes(16).hex)"
        let name = try name(of: path)
        let answer = try door.ask(.put, isSafe: true, upload: bytes) { fields in
            for text in LinkText.texts(links) { fields.add(.link, text) }
            fields.add(.name, name)
            fields.add(.mime, MediaType.of(bytes))
            fields.add(.instant, instant ?? SystemClock().now)
            fields.add(.requestID, request)
        }
        show(try Document(answer.reply))
    }

    private func show(_ record: Document) {
        if work.arguments.has("json") {
            work.console.print(record.json)
            return
        }
        let console = work.console
        var facts = Facts()
        facts.add(
            record.bool("repeated") ? "known" : console.good("stored"),
            Table.printable(record.text("name") ?? ""))
        facts.add("id", record.id)
        facts.add("instant", record.time("instant").map(Amount.time) ?? "")
        facts.add("sha256", record.text("sha256") ?? "")
        facts.add(
            "content",
            "\(record.text("mime") ?? ""), \(Amount.bytes(UInt64(record.int("bytes") ?? 0)))")
        for link in record.links { facts.add(link.kind, Table.printable(link.value)) }
        if let (index, size) = record.proven {
            facts.add("proven by", "leaf \(index) of a signed log of \(size)")
        }
        for line in facts.lines(console) { console.print(line) }
    }
}
