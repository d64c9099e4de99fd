internal import Base
internal import Client
internal import Crypto
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

extension CommandSpec {
    static let get = CommandSpec(
        path: ["get"], summary: "Take pictures out, exactly as they were stored.",
        usage: "ID | --check ID [-o FILE|DIR]", positionals: 0...1,
        options: OptionSpec.links + [
            .value("o", "FILE|DIR", "where to; - is standard output; else shown, or here, by id")
        ] + OptionSpec.asking,
        examples: [
            .init("proofreel get $ID -o weld.jpg", "one picture"),
            .init(
                "proofreel get --check odoo:6f1c/quality.check/17 -o evidence/", "all of a check"),
        ],
        notes: "A file that is there already is not overwritten. Without -o a terminal shows up to"
            + " \(OfferedPicture.shownMax) pictures\nif it can (kitty graphics, sixel, or colours);"
            + " else they become files here.",
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
        try work.asking { door in
            let ids = if let id { [id] } else { try find(keys, door) }
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
                try get(id, keys, door, isOneOfFew: ids.count <= OfferedPicture.shownMax)
            }
            progress.end()
        }
        return .done
    }

    private func find(_ keys: [Query.LinkKey], _ door: any Door) throws -> [RecordID] {
        var ids: [RecordID] = []
        var cursor: String?
        repeat {
            let page = try door.ask(.find, isSafe: true) { fields in
                for key in keys { fields.add(.link, "\(key.kind)=\(key.value)") }
                fields.add(.form, "brief")
                fields.add(.oldest)
                fields.add(.limit, Int64(Query.limitMax))
                fields.add(.cursor, cursor)
            }
            for item in page.items {
                if let id = try Fields(item.span).text(.id).flatMap({ RecordID($0) }) {
                    ids.append(id)
                }
            }
            cursor = try Fields(page.reply.span).text(.cursor)
        } while cursor != nil
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

    private func get(
        _ id: RecordID, _ keys: [Query.LinkKey], _ door: any Door, isOneOfFew: Bool
    ) throws {
        let answer = try door.ask(.get, isSafe: true) { fields in
            fields.add(.id, id.description)
            // Who may read only what belongs to a link that it names, names it again.
            for key in keys { fields.add(.link, "\(key.kind)=\(key.value)") }
            fields.add(.describe)
        }
        let record = try Document(answer.reply)
        let bytes = answer.body
        guard let hash = record.text("sha256"), SHA256.hash(bytes.span).hex == hash else {
            throw Failure(
                .corrupt,
                "the bytes of \(id) are not those that were recorded; nothing was written. Run"
                    + " proofreel verify where the store is")
        }
        let target = arguments.value("o")
        if target == "-" {
            work.console.write(bytes)
            return
        }
        let own = "\(id).\(MediaType.fileExtension(of: record.text("mime") ?? ""))"
        if target == nil, isOneOfFew, work.console.isTerminal, !arguments.has("json") {
            return try OfferedPicture(id, orFile: own, bytes).show(work.console)
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
            work.console.print(record.adding([("file", .string(path))]))
        } else {
            work.console.print(
                "\(path)  \(Amount.bytes(UInt64(bytes.count)))  sha256 \(hash.prefix(16))…"
                    + " as recorded"
            )
        }
    }
}
