internal import Access
internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Linux

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
        ] + OptionSpec.reading,
        examples: [
            .init("proofreel audit --who anna --from -7d", "what anna looked at this week"),
            .init("proofreel audit --what log-in --refused", "failed log-ins since yesterday"),
            .init("proofreel audit --from 2026-01-01 --json > trail.ndjson", "for scripts"),
        ],
        notes: "What changes evidence is a leaf of its own and stands in the log.",
        place: .served,
        run: { try Audit(Work(arguments: $0, console: $1)).run() })
}

struct Audit {
    private static let daySeconds: Int64 = 86_400
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        var query = TrailQuery()
        query.who = arguments.value("who")
        query.what = try arguments.value("what").map(Self.action)
        query.from =
            try arguments.time("from") ?? SystemClock().now.adding(seconds: -Self.daySeconds)
        query.to = try arguments.time("to")
        query.refusedOnly = arguments.has("refused")
        let limit = try arguments.number("limit", in: 1...TrailQuery.limitMax) ?? 1000
        try work.note(.audit, query.who ?? "")
        // What was noted a moment ago is asked for, too.
        try Serving.current?.access.trail.flush()
        try work.reading { log in
            var lines: [TrailLine] = []
            var isMore = false
            try query.run(log) { line, _ in
                guard lines.count < limit else {
                    isMore = true
                    return false
                }
                lines.append(line)
                return true
            }
            show(lines, isMore)
        }
        return .done
    }

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
