internal import Access
internal import Base
internal import Client
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

extension CommandSpec {
    static let audit = CommandSpec(
        path: ["audit"], summary: "Show who looked at what, logged in or was refused.",
        usage: "[--who NAME] [--what WORD] [--from TIME] [--to TIME]",
        options: [
            .value("who", "NAME", "one identity, as the list shows it"),
            .value("what", "WORD", TrailAction.allCases.map(\.rawValue).joined(separator: ", ")),
            .value("from", "TIME", "from this instant on; else a day back"),
            .value("to", "TIME", "before this instant"),
            .flag("refused", "only what was refused"),
            .value("limit", "N", "at most so many lines; else 1000"),
        ] + OptionSpec.asking,
        examples: [
            .init("proofreel audit --who anna --from -7d", "what anna looked at this week"),
            .init("proofreel audit --what log-in --refused", "failed log-ins since yesterday"),
            .init("proofreel audit --from 2026-01-01 --json > trail.ndjson", "for scripts"),
        ],
        notes: "What changes evidence is a leaf of its own and stands in the log.",
        run: { try Audit(Work(arguments: $0, console: $1)).run() })
}

struct Audit {
    private static let daySeconds: Int64 = 86_400
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let what = try arguments.value("what").map(Self.action)
        let from =
            try arguments.time("from") ?? SystemClock().now.adding(seconds: -Self.daySeconds)
        let to = try arguments.time("to")
        let limit = try arguments.number("limit", in: 1...TrailQuery.limitMax) ?? 1000
        var lines: [TrailLine] = []
        var cursor: String?
        try work.asking { door in
            repeat {
                let page = try door.ask(.audit, isSafe: true) { fields in
                    fields.add(.name, arguments.value("who"))
                    fields.add(.kind, what?.rawValue)
                    fields.add(.from, from)
                    fields.add(.to, to)
                    if arguments.has("refused") { fields.add(.state, "refused") }
                    fields.add(.limit, Int64(min(limit - lines.count, Self.pageMax)))
                    fields.add(.cursor, cursor)
                }
                for item in page.items { lines.append(try TrailLine(Document(item).json)) }
                cursor = try Fields(page.reply.span).text(.cursor)
            } while cursor != nil && lines.count < limit
        }
        show(lines, cursor != nil)
        return .done
    }

    /// Lines of one answer.
    private static let pageMax = 5000

    private static func action(_ text: String) throws -> TrailAction {
        if let action = TrailAction(rawValue: text) { return action }
        throw UsageError(
            "--what wants one of: "
                + TrailAction.allCases.map(\.rawValue).joined(separator: ", "))
    }

    private func show(_ lines: [TrailLine], _ isMore: Bool) {
        let console = work.console
        if arguments.has("json") {
            for line in lines { console.print(line.json) }
        } else if lines.isEmpty {
            console.print("nothing in this time")
        } else {
            var table = Table(["time", "who", "what", "on", "times", "from", ""])
            for line in lines {
                table.add([
                    Amount.time(line.from), line.entry.who, line.entry.what.rawValue,
                    line.entry.target, "\(line.count)", line.entry.peer,
                    line.entry.refusal.map { "refused: \($0)" } ?? "",
                ])
            }
            for line in table.lines(console) { console.print(line) }
        }
        if isMore { console.note("there is more; narrow it down, or give a larger --limit") }
    }
}
