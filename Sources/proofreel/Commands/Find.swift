internal import Base
internal import Client
internal import Evidence
internal import EvidenceFormat
internal import WireProtocol

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
        ] + OptionSpec.asking,
        examples: [
            .init("proofreel find --check odoo:6f1c/quality.check/17", "pictures of a check"),
            .init("proofreel find --work-order WH/MO/00001 --from -7d", "of an order, this week"),
            .init("proofreel find --serial SN-0042 --json | jq -r .sha256", "for scripts"),
        ],
        notes: "Several filters must all hold. TIME: \(TimeText.examples).",
        run: { try Find(Work(arguments: $0, console: $1)).run() })
}

struct Find {
    private let work: Work

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let arguments = work.arguments
        let keys = try LinkText.keys(arguments)
        let (from, to) = (try arguments.time("from"), try arguments.time("to"))
        if let from, let to, from >= to { throw UsageError("--from should come before --to") }
        let limit = try arguments.number("limit", in: 1...Query.limitMax) ?? 50
        let answer = try work.asking { door in
            try door.ask(.find, isSafe: true) { fields in
                for key in keys { fields.add(.link, "\(key.kind)=\(key.value)") }
                fields.add(.camera, arguments.value("camera"))
                fields.add(.from, from)
                fields.add(.to, to)
                fields.add(.limit, Int64(limit))
                fields.add(.cursor, arguments.value("cursor"))
                if arguments.has("oldest") { fields.add(.oldest) }
                if arguments.has("streams") { fields.add(.streams) }
            }
        }
        let records = try answer.items.map { try Document($0) }
        let cursor = try Fields(answer.reply.span).text(.cursor)
        if arguments.has("json") {
            for record in records { work.console.print(record.json) }
            if let cursor {
                work.console.print(JSON.object(JSONObject([("cursor", .string(cursor))])))
            }
        } else {
            show(records, cursor)
        }
        return .done
    }

    private func show(_ records: [Document], _ cursor: String?) {
        let console = work.console
        guard !records.isEmpty else {
            console.print("nothing found")
            return
        }
        var table = Table(["instant", "id", "from", "belongs to", ""])
        for record in records {
            let links = record.links.map { "\($0.kind) \($0.value)" }.joined(separator: ", ")
            let source = record.text("camera") ?? record.text("name") ?? record.text("kind") ?? ""
            table.add([
                record.time("instant").map(Amount.time) ?? "", record.id, source, links,
                mark(record),
            ])
        }
        for line in table.lines(console) { console.print(line) }
        if let cursor {
            console.print(console.faint("more: repeat with --cursor \(cursor)"))
        }
    }

    private func mark(_ record: Document) -> String {
        guard let at = record.time("removal_at") else { return "" }
        return record.text("removal") == "removed"
            ? "removed \(Amount.time(at))" : "goes \(Amount.time(at))"
    }
}
