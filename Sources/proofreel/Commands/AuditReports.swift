internal import Base
internal import Client
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

extension CommandSpec {
    static let auditReport = CommandSpec(
        path: ["audit", "report"],
        summary: "Compare the checks that were reached with the evidence that there is.",
        usage: "--work-order ID | --lot ID | --from TIME [--to TIME] [-o FILE.html]",
        options: OptionSpec.links + [
            .value("from", "TIME", "checks reached and pictures taken from this instant on"),
            .value("to", "TIME", "before this instant"),
            .value("late", "DURATION", "a picture that came to its check later is late; else 10m"),
            .value("o", "FILE.html", "write a page to print"),
        ] + OptionSpec.asking,
        examples: [
            .init("proofreel audit report --work-order WH/MO/00001", "is everything there?"),
            .init("proofreel audit report --from -7d -o week.html", "a page to print and sign"),
            .init("proofreel audit report --lot L-77 --json | jq .missing", "for scripts"),
        ],
        notes: "Checks are expected because the ERP or a control point said so (proofreel check"
            + " reach).\nEnds with 1 where something is missing, late, unlinked or unannounced.",
        run: { try AuditReporting(Work(arguments: $0, console: $1)).run() })
}

/// Asks for the report and shows it: on a terminal, as a page, or as one document.
struct AuditReporting {
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func run() throws -> ExitCode {
        let keys = try LinkText.keys(arguments)
        let (from, to) = (try arguments.time("from"), try arguments.time("to"))
        if let from, let to, from >= to { throw UsageError("--from should come before --to") }
        guard !keys.isEmpty || from != nil else {
            throw UsageError("say of what: --work-order ID, --lot ID, another link, or --from TIME")
        }
        let late = try arguments.duration("late")
        let answer = try work.askingServer { door in
            try door.ask(.auditReport, isSafe: true) { fields in
                for key in keys { fields.add(.link, "\(key.kind)=\(key.value)") }
                fields.add(.from, from)
                fields.add(.to, to)
                if let late { fields.add(.limit, late / 1_000_000) }
            }
        }
        let report = AuditDocument(
            summary: try Document(answer.reply), items: try answer.items.map { try Document($0) })
        if let path = arguments.value("o") {
            try RealFileSystem().create(path, Array(AuditPage(report).html.utf8))
            work.console.note("written to \(path)")
        }
        if arguments.has("json") {
            work.console.print(report.json)
        } else {
            for line in AuditText(report, work.console).lines { work.console.print(line) }
        }
        return report.isWhole ? .done : .failed
    }
}

/// The report as it came.
struct AuditDocument {
    let summary: Document
    let items: [Document]

    func items(_ kind: String) -> [Document] { items.filter { $0.text("of") == kind } }
    var isWhole: Bool { summary.bool("whole") }
    func count(_ name: String) -> Int64 { summary.int(name) ?? 0 }

    /// One document: the summary, and its lists under their names.
    var json: JSON {
        summary.adding([
            ("checks", .array(items("check").map(\.json))),
            ("unlinked_pictures", .array(items("unlinked").map(\.json))),
            ("gap_list", .array(items("gap").map(\.json))),
        ])
    }

    /// Of what it is, in words.
    var title: String {
        var parts = summary.array("links").compactMap { link -> String? in
            guard let kind = link.object?["kind"]?.string,
                let value = link.object?["value"]?.string
            else { return nil }
            return "\(kind) \(value)"
        }
        if let from = summary.time("from") { parts.append("from \(from)") }
        if let to = summary.time("to") { parts.append("to \(to)") }
        return parts.joined(separator: ", ")
    }

    /// What an auditor reads first.
    var verdict: String {
        guard !isWhole else {
            return "Every check that was reached has its pictures, in time; no picture is without"
                + " a check."
        }
        var parts: [String] = []
        for (name, one, many) in [
            ("missing", "check lacks a picture", "checks lack a picture"),
            ("late", "picture came late", "pictures came late"),
            ("unannounced", "check was not announced", "checks were not announced"),
            ("unlinked", "picture belongs to no check", "pictures belong to no check"),
        ] where count(name) > 0 {
            parts.append("\(count(name)) \(count(name) == 1 ? one : many)")
        }
        if summary.bool("cut") { parts.append("there is more than one report holds") }
        return parts.joined(separator: "; ") + "."
    }

    /// What is wrong with a check, in words; empty when nothing is.
    static func trouble(_ check: Document) -> String {
        var parts: [String] = []
        if !check.bool("opened") { parts.append("not announced") }
        let missing = check.array("missing").compactMap(\.string)
        if !missing.isEmpty { parts.append("no picture of \(missing.joined(separator: ", "))") }
        for late in check.array("late") {
            let seconds = late.object?["late_s"]?.int ?? 0
            parts.append("a picture \(seconds / 60) min late")
        }
        return parts.joined(separator: "; ")
    }

    static func state(_ check: Document) -> String {
        let state = check.text("state") ?? ""
        return check.text("verdict").map { "\(state), \($0)" } ?? state
    }
}
