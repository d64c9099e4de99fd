internal import Base
internal import Client
internal import EvidenceFormat
internal import WireProtocol

extension CommandSpec {
    static let hold = CommandSpec(
        path: ["hold"], summary: "Forbid the deletion of records, whatever retention says.",
        usage: "ID | --check ID | --from TIME --to TIME [--camera ID]  --reason TEXT",
        positionals: 0...1,
        options: OptionSpec.links + [
            .value("from", "TIME", "every record from this instant"),
            .value("to", "TIME", "to this one"),
            .value("camera", "ID", "with --from and --to: of this camera only"), .reason,
        ] + OptionSpec.adding,
        examples: [
            .init("proofreel hold --lot L-2026-11 --reason 'complaint 4711'", "a whole lot"),
            .init(
                "proofreel hold --from 'yesterday 06:00' --to 'yesterday 14:00' --camera press-3"
                    + " --reason accident", "a shift of one camera"),
        ],
        run: { try Holding(Work(arguments: $0, console: $1)).hold() })

    static let unhold = CommandSpec(
        path: ["unhold"], summary: "End a hold; it takes two people, one after the other.",
        usage: "HOLD --reason TEXT", positionals: 1...1,
        options: [.reason] + OptionSpec.adding,
        examples: [
            .init(
                "proofreel unhold $ID --reason 'case closed' --actor ann",
                "asks; somebody else must do the same to release it")
        ],
        notes: "For the owner of a data directory people are what --actor says; at a server, who"
            + " logged in.",
        run: { try Holding(Work(arguments: $0, console: $1)).unhold() })
}

struct Holding {
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func hold() throws -> ExitCode {
        let links = try LinkText.links(arguments)
        let (from, to) = (try arguments.time("from"), try arguments.time("to"))
        let ways = arguments.positionals.count + links.count + (from != nil || to != nil ? 1 : 0)
        guard ways == 1 else {
            throw UsageError(
                "say what to hold in one way: a record's id, one link such as --check ID, or --from"
                    + " and --to")
        }
        if from != nil || to != nil {
            guard let from, let to, from <= to else {
                throw UsageError("--from and --to belong together, the earlier first")
            }
        }
        let id = try arguments.positionals.first.map { try arguments.recordID($0) }
        let reason = try arguments.required("reason")
        try work.asking(writes: true) { door in
            let answer = try door.ask(.hold) { fields in
                fields.add(.id, id?.description)
                for text in LinkText.texts(links) { fields.add(.link, text) }
                fields.add(.from, from)
                fields.add(.to, to)
                fields.add(.camera, arguments.value("camera"))
                fields.add(.reason, reason)
            }
            let hold = try Document(answer.reply).id
            try work.answer(answer.reply, "held; release it with: proofreel unhold \(hold)")
        }
        return .done
    }

    func unhold() throws -> ExitCode {
        let id = try arguments.recordID(arguments.positionals[0])
        let reason = try arguments.required("reason")
        try work.asking(writes: true) { door in
            let answer = try door.ask(.unhold) { fields in
                fields.add(.id, id.description)
                fields.add(.reason, reason)
            }
            try work.answer(
                answer.reply,
                try Document(answer.reply).bool("released")
                    ? "released" : "asked for; it holds until a second person runs the same command"
            )
        }
        return .done
    }
}
