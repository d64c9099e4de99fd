internal import Base
internal import Evidence
internal import EvidenceFormat

extension CommandSpec {
    static let hold = CommandSpec(
        path: ["hold"], summary: "Forbid the deletion of records, whatever retention says.",
        usage: "ID | --check ID | --from TIME --to TIME [--camera ID]  --reason TEXT",
        positionals: 0...1,
        options: OptionSpec.links + [
            .value("from", "TIME", "every record from this instant"),
            .value("to", "TIME", "to this one"),
            .value("camera", "ID", "with --from and --to: of this camera only"), .reason,
        ] + OptionSpec.writing,
        examples: [
            .init("proofreel hold --lot L-2026-11 --reason 'complaint 4711'", "a whole lot"),
            .init(
                "proofreel hold --from 'yesterday 06:00' --to 'yesterday 14:00' --camera press-3"
                    + " --reason accident", "a shift of one camera"),
        ],
        place: .served,
        run: { try Holding(Work(arguments: $0, console: $1)).hold() })

    static let unhold = CommandSpec(
        path: ["unhold"], summary: "End a hold; it takes two people, one after the other.",
        usage: "HOLD --reason TEXT", positionals: 1...1,
        options: [.reason] + OptionSpec.writing,
        examples: [
            .init(
                "proofreel unhold $ID --reason 'case closed' --actor ann",
                "asks; somebody else must do the same to release it")
        ],
        notes: "Identities are what --actor says until the server authenticates people.",
        place: .served,
        run: { try Holding(Work(arguments: $0, console: $1)).unhold() })
}

struct Holding {
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func hold() throws -> ExitCode {
        let scope = try scope()
        let reason = try arguments.required("reason")
        try work.writing { log in
            let receipt = try log.hold(scope, reason: reason, by: work.author)
            try work.answer(receipt, log, "held; release it with: proofreel unhold \(receipt.id)")
        }
        return .done
    }

    private func scope() throws -> HoldScope {
        let links = try LinkText.links(arguments)
        let from = try arguments.time("from")
        let to = try arguments.time("to")
        let ways = arguments.positionals.count + links.count + (from != nil || to != nil ? 1 : 0)
        guard ways == 1 else {
            throw UsageError(
                "say what to hold in one way: a record's id, one link such as --check ID, or --from"
                    + " and --to")
        }
        if let id = arguments.positionals.first { return .record(try arguments.recordID(id)) }
        if let link = links.first { return .link(link) }
        guard let from, let to, from <= to else {
            throw UsageError("--from and --to belong together, the earlier first")
        }
        return .time(camera: arguments.value("camera"), from: from, to: to)
    }

    func unhold() throws -> ExitCode {
        let id = try arguments.recordID(arguments.positionals[0])
        let reason = try arguments.required("reason")
        try work.writing { log in
            let (receipt, released) = try log.unhold(id, reason: reason, by: work.author)
            try work.answer(
                receipt, log,
                released
                    ? "released" : "asked for; it holds until a second person runs the same command"
            )
        }
        return .done
    }
}
