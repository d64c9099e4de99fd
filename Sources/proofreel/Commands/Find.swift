internal import Access
internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import Server

extension CommandSpec {
    static let find = CommandSpec(
        path: ["find"], summary: "Find pictures by what they belong to, by camera, by time.",
        usage: "[filters] [--limit N] [--json]",
        options: OptionSpec.links + [
            .value("camera", "ID", "pictures of this camera"),
            .value("from", "TIME", "from this instant on"),
            .value("to", "TIME", "before this instant"),
            .value("limit", "N", "at most so many, 1 to 1000; else 50"),
            .flag("oldest", "the oldest first; else the newest"),
            .flag("streams", "also the streams that pictures were rendered from"),
            .value("cursor", "TEXT", "go on where an earlier answer ended"),
        ] + OptionSpec.reading,
        examples: [
            .init("proofreel find --check odoo:6f1c/quality.check/17", "pictures of a check"),
            .init("proofreel find --work-order WH/MO/00001 --from -7d", "of an order, this week"),
            .init("proofreel find --serial SN-0042 --json | jq -r .sha256", "for scripts"),
        ],
        notes: "Several filters must all hold. TIME: \(TimeText.examples).",
        place: .served,
        run: { try Find(Work(arguments: $0, console: $1)).run() })
}

struct Find {
    private let work: Work

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let arguments = work.arguments
        var query = Query()
        query.links = try LinkText.keys(arguments)
        query.camera = arguments.value("camera")
        query.from = try arguments.time("from")
        query.to = try arguments.time("to")
        query.newestFirst = !arguments.has("oldest")
        query.limit = try arguments.number("limit", in: 1...Query.limitMax) ?? 50
        query.cursor = arguments.value("cursor")
        query.streams = arguments.has("streams")
        if let from = query.from, let to = query.to, from >= to {
            throw UsageError("--from should come before --to")
        }
        try work.reading { log in
            try work.note(.search, TrailEntry.target(of: query))
            let page = try log.find(query)
            let records = try page.hits.map { try log.record($0.leaf.id) }
            if arguments.has("json") {
                for record in records { work.console.print(RecordJSON.make(record)) }
                if let cursor = page.cursor {
                    work.console.print(JSON.object(JSONObject([("cursor", .string(cursor))])))
                }
            } else {
                show(records, page.cursor)
            }
        }
        return .done
    }

    private func show(_ records: [Record], _ cursor: String?) {
        let console = work.console
        guard !records.isEmpty else {
            console.print("nothing found")
            return
        }
        var table = Table(["instant", "id", "from", "belongs to", ""])
        for record in records {
            let links = record.links.map { "\($0.kind) \($0.value)" }.joined(separator: ", ")
            let source = record.camera ?? record.leaf.string("name") ?? record.leaf.kind.rawValue
            table.add([
                Amount.time(record.instant), record.leaf.id.description, source, links,
                mark(record.removal),
            ])
        }
        for line in table.lines(console) { console.print(line) }
        if let cursor {
            console.print(console.faint("more: repeat with --cursor \(cursor)"))
        }
    }

    private func mark(_ removal: RemovalState) -> String {
        switch removal {
        case .present: ""
        case .due(let until): "goes \(Amount.time(until))"
        case .removed(_, let at): "removed \(Amount.time(at))"
        }
    }
}
