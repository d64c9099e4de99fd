internal import Base
internal import Evidence
internal import EvidenceFormat

extension CommandSpec {
    static let link = CommandSpec(
        path: ["link"], summary: "Say later what a picture belongs to.",
        usage: "ID --check ID --reason TEXT", positionals: 1...1,
        options: OptionSpec.links + [.reason] + OptionSpec.writing,
        examples: [
            .init(
                "proofreel link $ID --check QA/18 --reason 'check made"
                    + " after posting'", "one picture may belong to many things")
        ],
        place: .served,
        run: { try Linking(Work(arguments: $0, console: $1)).run(adds: true) })

    static let unlink = CommandSpec(
        path: ["unlink"], summary: "Take a wrong link back; the old one stays in the log.",
        usage: "ID --check ID --reason TEXT", positionals: 1...1,
        options: OptionSpec.links + [.reason] + OptionSpec.writing,
        examples: [
            .init(
                "proofreel unlink $ID --serial SN-0024 --reason typo",
                "link it to the right one before or after")
        ],
        place: .served,
        run: { try Linking(Work(arguments: $0, console: $1)).run(adds: false) })

    static let close = CommandSpec(
        path: ["close"], summary: "Seal a check: nothing can be added, and what is missing shows.",
        usage: "CHECK [--pass|--fail] --reason TEXT", positionals: 1...1,
        options: [
            .flag("pass", "the check was passed"), .flag("fail", "the check was failed"), .reason,
        ] + OptionSpec.writing,
        examples: [
            .init(
                "proofreel close odoo:6f1c/quality.check/17 --pass --reason 'signed off by ann'",
                "keep its receipt with the check")
        ],
        place: .served,
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
        try work.writing { log in
            let receipt =
                adds
                ? try log.link(id, to: links, reason: reason, by: work.author)
                : try log.unlink(id, from: links, reason: reason, by: work.author)
            try work.answer(
                receipt, log, adds ? "linked to \(words)" : "no longer linked to \(words)")
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
        try work.writing { log in
            guard try !log.chain(of: check).isEmpty else {
                throw Failure(.notFound, "nothing is linked to check \(check); is it spelt so?")
            }
            let receipt = try log.close(
                check: check, verdict: verdict, reason: reason, by: work.author)
            let count = receipt.leaf.int("count") ?? 0
            try work.answer(
                receipt, log,
                "closed check \(Table.printable(check)) with"
                    + " \(Amount.count(count, "leaf", "leaves"))"
            )
        }
        return .done
    }
}
