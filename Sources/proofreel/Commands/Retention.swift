internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import Server

extension CommandSpec {
    static let retention: [CommandSpec] = [
        CommandSpec(
            path: ["admin", "retention", "show"], summary: "Show how long records are kept.",
            usage: "[--json]", options: OptionSpec.reading,
            examples: [
                .init("proofreel admin retention show", "no rule: everything stays for ever")
            ],
            place: .served,
            run: { try Retention(Work(arguments: $0, console: $1)).show() }),
        CommandSpec(
            path: ["admin", "retention", "set"], summary: "Set the rules; they can only lengthen.",
            usage: "FILE.json --reason TEXT", positionals: 1...1,
            options: [.reason] + OptionSpec.writing,
            examples: [
                .init("proofreel admin retention set rules.json --reason 'IATF 16949'", format)
            ],
            place: .served,
            run: { try Retention(Work(arguments: $0, console: $1)).set() }),
        CommandSpec(
            path: ["admin", "retention", "preview"],
            summary: "List what has expired; removes nothing.",
            usage: "[--json]", options: OptionSpec.reading,
            examples: [.init("proofreel admin retention preview", "held records are marked")],
            place: .served,
            run: { try Retention(Work(arguments: $0, console: $1)).preview() }),
        CommandSpec(
            path: ["admin", "retention", "apply"],
            summary: "Order the removal of what has expired; remove what was ordered 7 days ago.",
            usage: "--reason TEXT", options: [.reason] + OptionSpec.writing,
            examples: [
                .init("proofreel admin retention apply --reason monthly", "leaves and proofs stay")
            ],
            run: { try Retention(Work(arguments: $0, console: $1)).apply() }),
        CommandSpec(
            path: ["admin", "retention", "erase"],
            summary: "Order an early removal, as a court or a person's right demands: two people.",
            usage: "ID --reference R --second-actor NAME --reason TEXT", positionals: 1...1,
            options: [
                .value("reference", "R", "number of the order or request"),
                .value("second-actor", "NAME", "the other person who decides"),
                .flag("personal-only", "the operator's name alone; the picture stays"), .reason,
            ] + OptionSpec.writing,
            examples: [
                .init(
                    "proofreel admin retention erase $ID --reference"
                        + " 'AZ 12/26' --second-actor bob --reason 'court order'",
                    "it stays for a grace period of 7 days; apply carries it out")
            ],
            run: { try Retention(Work(arguments: $0, console: $1)).erase() }),
        CommandSpec(
            path: ["admin", "retention", "event"],
            summary: "Say that something happened that retention is counted from.",
            usage: "NAME --serial ID [--at TIME] --reason TEXT", positionals: 1...1,
            options: OptionSpec.links + [.value("at", "TIME", "when; else now"), .reason]
                + OptionSpec.writing,
            examples: [
                .init(
                    "proofreel admin retention event end-of-life --product P-12 --reason sold",
                    "rules with \"event\": \"end-of-life\" count from here")
            ],
            place: .served,
            run: { try Retention(Work(arguments: $0, console: $1)).event() }),
    ]

    private static let format =
        #"{"rules": [{"name": "standard", "match": {"all": true}, "days": 3650}]}"#
}

struct Retention {
    private let work: Work
    private var arguments: Arguments { work.arguments }
    private var console: Console { work.console }

    init(_ work: Work) { self.work = work }

    func show() throws -> ExitCode {
        try work.reading { log in
            let rules = log.policies.rules
            if arguments.has("json") {
                console.print(JSON.object(JSONObject([("rules", .array(rules.map(\.json)))])))
                return
            }
            guard !rules.isEmpty else {
                console.print("there is no rule: everything is kept for ever")
                return
            }
            var table = Table(["rule", "matches", "kept", "counted from"])
            for rule in rules {
                table.add([
                    rule.name, words(rule.match), Amount.count(rule.days, "day"),
                    rule.event.map { "event \($0)" } ?? "the picture",
                ])
            }
            for line in table.lines(console) { console.print(line) }
        }
        return .done
    }

    private func words(_ match: RetentionRule.Match) -> String {
        switch match {
        case .all: "everything"
        case .camera(let camera): "camera \(camera)"
        case .link(let kind, let value): "\(kind) \(value)"
        }
    }

    func set() throws -> ExitCode {
        let rules = try rules(file: arguments.positionals[0])
        let reason = try arguments.required("reason")
        try work.writing { log in
            let receipt = try log.setPolicy(rules, reason: reason, by: work.author)
            try work.answer(
                receipt, log, "in force from here on: \(Amount.count(rules.count, "rule"))")
        }
        return .done
    }

    private func rules(file path: String) throws(Failure) -> [RetentionRule] {
        let bytes = try RealFileSystem().contents(of: path, limit: LooseJSON.bytesMax)
        do throws(Failure) {
            return try PolicyText.rules(bytes)
        } catch {
            throw Failure(.invalid, "\(path): \(error.words)")
        }
    }

    func preview() throws -> ExitCode {
        try work.reading { log in
            var table = Table(["expired", "id", "rule", ""])
            var count = 0
            try log.forEachExpired { expired throws(Failure) in
                count += 1
                let hold = expired.heldBy.first
                if arguments.has("json") {
                    console.print(expired.json)
                } else if count <= 1000 {
                    table.add([
                        Amount.time(expired.due), expired.record.leaf.id.description, expired.rule,
                        hold.map { "held: \($0.reason)" } ?? "",
                    ])
                }
                return true
            }
            if arguments.has("json") { return }
            if count > 0 { for line in table.lines(console) { console.print(line) } }
            console.print(
                count == 0 ? "nothing has expired" : "\(Amount.count(count, "record")) expired")
        }
        return .done
    }

    func apply() throws -> ExitCode {
        let reason = try arguments.required("reason")
        try work.writing { log in
            var due: [RecordID] = []
            var held = 0
            try log.forEachExpired { expired throws(Failure) in
                if expired.heldBy.isEmpty { due.append(expired.record.leaf.id) } else { held += 1 }
                return due.count < 100_000
            }
            let progress = Progress("ordering removal", of: due.count)
            for (i, id) in due.enumerated() {
                progress.at(i + 1)
                _ = try log.order(removalOf: id, on: .expired, reason: reason, by: work.author)
            }
            progress.end()
            let removed = try log.carryOutRemovals()
            if arguments.has("json") {
                let counts = [
                    ("ordered", due.count), ("held", held), ("removed", removed),
                ]
                console.print(
                    JSON.object(JSONObject(counts.map { ($0.0, JSON.int(Int64($0.1))) })))
            } else {
                console.print(
                    "\(due.count) ordered, to be removed in 7 days; \(held) held;"
                        + " \(removed) removed now"
                )
            }
        }
        return .done
    }

    func erase() throws -> ExitCode {
        let id = try arguments.recordID(arguments.positionals[0])
        let reference = try arguments.required("reference")
        let second = try arguments.required("second-actor")
        let reason = try arguments.required("reason")
        try work.writing { log in
            let receipt = try log.order(
                removalOf: id, on: .early(reference: reference, secondActor: second),
                personalDataOnly: arguments.has("personal-only"), reason: reason, by: work.author)
            try work.answer(
                receipt, log,
                "ordered; proofreel admin retention apply removes it when 7 days have passed")
        }
        return .done
    }

    func event() throws -> ExitCode {
        let links = try LinkText.links(arguments)
        guard links.count == 1, let link = links.first else {
            throw UsageError("say what it happened to with one link, such as --serial ID")
        }
        let time = try arguments.time("at") ?? SystemClock().now
        let reason = try arguments.required("reason")
        let name = arguments.positionals[0]
        try work.writing { log in
            let receipt = try log.addEvent(
                name, on: link, at: time, reason: reason, by: work.author)
            try work.answer(receipt, log, "\(name) of \(link.kind) \(link.value) is on record")
        }
        return .done
    }
}
