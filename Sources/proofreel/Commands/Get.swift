internal import Access
internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import Server

extension CommandSpec {
    static let get = CommandSpec(
        path: ["get"], summary: "Take pictures out, exactly as they were stored.",
        usage: "ID | --check ID [-o FILE|DIR]", positionals: 0...1,
        options: OptionSpec.links + [
            .value("o", "FILE|DIR", "where to; - is standard output; else shown, or here, by id")
        ] + OptionSpec.reading,
        examples: [
            .init("proofreel get $ID -o weld.jpg", "one picture"),
            .init(
                "proofreel get --check odoo:6f1c/quality.check/17 -o evidence/", "all of a check"),
        ],
        notes: "A file that is there already is not overwritten. Without -o a terminal shows up to"
            + " \(OfferedPicture.shownMax) pictures\nif it can (kitty graphics, sixel, or colours);"
            + " else they become files here.",
        place: .served,
        run: { try Get(Work(arguments: $0, console: $1)).run() })
}

struct Get {
    private let work: Work
    private var arguments: Arguments { work.arguments }
    private let files = RealFileSystem()

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let keys = try LinkText.keys(arguments)
        let id = try arguments.positionals.first.map { try arguments.recordID($0) }
        guard (id == nil) != keys.isEmpty else {
            throw UsageError("give either a record's id, or what it belongs to, such as --check ID")
        }
        try work.reading { log in
            let ids = if let id { [id] } else { try find(keys, log) }
            guard !ids.isEmpty else {
                throw Failure(
                    .notFound, "no record has these links; proofreel find shows what is there")
            }
            if ids.count > 1, let target = arguments.value("o"), !isFolder(target) {
                throw UsageError(
                    "there are \(ids.count) pictures; -o should be a folder, such as -o evidence/")
            }
            let progress = Progress("reading", of: ids.count)
            for (i, id) in ids.enumerated() {
                progress.at(i + 1)
                try get(id, log, isOneOfFew: ids.count <= OfferedPicture.shownMax)
            }
            progress.end()
        }
        return .done
    }

    private func find(_ keys: [Query.LinkKey], _ log: EvidenceLog) throws -> [RecordID] {
        var query = Query()
        query.links = keys
        query.newestFirst = false
        query.limit = Query.limitMax
        var ids: [RecordID] = []
        repeat {
            let page = try log.find(query)
            ids += page.hits.map(\.leaf.id)
            query.cursor = page.cursor
        } while query.cursor != nil
        return ids
    }

    private func isFolder(_ target: String) -> Bool {
        if target.hasSuffix("/") { return true }
        do throws(Failure) {
            return try FileStatus(target).kind == .directory
        } catch {
            return false
        }
    }

    private func get(_ id: RecordID, _ log: EvidenceLog, isOneOfFew: Bool) throws {
        let record = try log.record(id)
        try work.note(.read, id.description)
        let bytes = try log.payload(of: id)
        let target = arguments.value("o")
        if target == "-" {
            work.console.write(bytes)
            return
        }
        let own = "\(id).\(MediaType.fileExtension(of: record.leaf.string("mime") ?? ""))"
        if target == nil, isOneOfFew, work.console.isTerminal, !arguments.has("json") {
            return try work.console.offer(OfferedPicture(id, orFile: own, bytes))
        }
        var path = target ?? own
        if let target, isFolder(target) {
            let folder = target.hasSuffix("/") && target != "/" ? String(target.dropLast()) : target
            try files.createDirectory(folder)
            path = "\(folder)/\(own)"
        }
        do throws(Failure) {
            try files.create(path, bytes)
        } catch {
            guard error.kind == .alreadyExists else { throw error }
            throw Failure(.alreadyExists, "\(path) is there already; it is not overwritten")
        }
        if arguments.has("json") {
            guard let fields = RecordJSON.make(record).object?.members else { return }
            work.console.print(
                JSON.object(
                    JSONObject(fields.map { ($0.key, $0.value) } + [("file", .string(path))])))
        } else {
            let hash = record.leaf.string("pay") ?? ""
            work.console.print(
                "\(path)  \(Amount.bytes(UInt64(bytes.count)))  sha256 \(hash.prefix(16))…"
                    + " as recorded"
            )
        }
    }
}
