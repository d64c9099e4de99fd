internal import Base
internal import Client
internal import EvidenceFormat
internal import WireProtocol

extension CommandSpec {
    static let link = CommandSpec(
        path: ["link"], summary: "Say later what a picture belongs to.",
        usage: "ID --check ID --reason TEXT", positionals: 1...1,
        options: OptionSpec.links + [.reason] + OptionSpec.adding,
        examples: [
            .init(
                "proofreel link $ID --check QA/18 --reason 'check made"
                    + " after posting'", "one picture may belong to many things")
        ],
        run: { try Linking(Work(arguments: $0, console: $1)).run(adds: true) })

    static let unlink = CommandSpec(
        path: ["unlink"], summary: "Take a wrong link back; the old one stays in the log.",
        usage: "ID --check ID --reason TEXT", positionals: 1...1,
        options: OptionSpec.links + [.reason] + OptionSpec.adding,
        examples: [
            .init(
                "proofreel unlink $ID --serial SN-0024 --reason typo",
                "link it to the right one before or after")
        ],
        run: { try Linking(Work(arguments: $0, console: $1)).run(adds: false) })

    static let close = CommandSpec(
        path: ["close"], summary: "Seal a check: nothing can be added, and what is missing shows.",
        usage: "CHECK [--pass|--fail] --reason TEXT", positionals: 1...1,
        options: [
            .flag("pass", "the check was passed"), .flag("fail", "the check was failed"),
            .incomplete, .reason,
        ] + OptionSpec.adding,
        examples: [
            .init(
                "proofreel close odoo:6f1c/quality.check/17 --pass --reason 'signed off by ann'",
                "keep its receipt with the check")
        ],
        run: { try Linking(Work(arguments: $0, console: $1)).close() })
}

struct Linking {
    private let work: Work

    init(_ work: Work) { self.work = work }

    func run(adds: Bool) throws -> ExitCode {
        let arguments = work.arguments
        let id = try arguments.recordID(arguments.positionals[0])
        let links = try LinkText.links(arguments)
        guard !links.isEmpty else { throw UsageError("give the link, such as --check ID") }
        let reason = try arguments.required("reason")
        let words = links.map { "\($0.kind) \(Table.printable($0.value))" }.joined(separator: ", ")
        try work.asking(writes: true) { door in
            let answer = try door.ask(adds ? .link : .unlink) { fields in
                fields.add(.id, id.description)
                for text in LinkText.texts(links) { fields.add(.link, text) }
                fields.add(.reason, reason)
            }
            try work.answer(
                answer.reply, adds ? "linked to \(words)" : "no longer linked to \(words)")
        }
        return .done
    }

    func close() throws -> ExitCode {
        let arguments = work.arguments
        let check = arguments.positionals[0]
        let reason = try arguments.required("reason")
        guard !(arguments.has("pass") && arguments.has("fail")) else {
            throw UsageError("--pass or --fail, not both")
        }
        let verdict = arguments.has("pass") ? "pass" : arguments.has("fail") ? "fail" : nil
        try work.asking(writes: true) { door in
            let answer = try door.ask(.close) { fields in
                fields.add(.check, check)
                fields.add(.reason, reason)
                fields.add(.state, verdict)
                if arguments.has("incomplete") { fields.add(.incomplete) }
            }
            let count = try Document(answer.reply).leaf?["count"]?.int ?? 0
            try work.answer(
                answer.reply,
                "closed check \(Table.printable(check)) with"
                    + " \(Amount.count(count, "leaf", "leaves"))"
            )
        }
        return .done
    }
}
