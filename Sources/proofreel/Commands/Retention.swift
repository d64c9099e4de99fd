internal import Base
internal import Client
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import Server
internal import WireProtocol

extension CommandSpec {
    static let retention: [CommandSpec] = [
        CommandSpec(
            path: ["admin", "retention", "show"], summary: "Show how long records are kept.",
            usage: "[--json]", options: OptionSpec.asking,
            examples: [
                .init("proofreel admin retention show", "no rule: everything stays for ever")
            ],
            run: { try Retention(Work(arguments: $0, console: $1)).show() }),
        CommandSpec(
            path: ["admin", "retention", "set"], summary: "Set the rules; they can only lengthen.",
            usage: "FILE.json --reason TEXT", positionals: 1...1,
            options: [.reason] + OptionSpec.adding,
            examples: [
                .init("proofreel admin retention set rules.json --reason 'IATF 16949'", format)
            ],
            run: { try Retention(Work(arguments: $0, console: $1)).set() }),
        CommandSpec(
            path: ["admin", "retention", "preview"],
            summary: "List what has expired; removes nothing.",
            usage: "[--json]", options: OptionSpec.asking,
            examples: [.init("proofreel admin retention preview", "held records are marked")],
            run: { try Retention(Work(arguments: $0, console: $1)).preview() }),
        CommandSpec(
            path: ["admin", "retention", "apply"],
            summary: "Order the removal of what has expired; remove what was ordered 7 days ago.",
            usage: "--reason TEXT", options: [.reason] + OptionSpec.adding,
            examples: [
                .init("proofreel admin retention apply --reason monthly", "leaves and proofs stay")
            ],
            run: { try Retention(Work(arguments: $0, console: $1)).apply() }),
        CommandSpec(
            path: ["admin", "retention", "erase"],
            summary: "Order an early removal, as a court or a person's right demands: two people.",
            usage: "ID --reference R --reason TEXT", positionals: 1...1,
            options: [
                .value("reference", "R", "number of the order or request"),
                .value(
                    "second-actor", "NAME", "the other person, on paper: by the owner, not served"),
                .flag("personal-only", "the operator's name alone; the picture stays"), .reason,
            ] + OptionSpec.adding,
            examples: [
                .init(
                    "proofreel admin retention erase $ID --reference 'AZ 12/26'"
                        + " --reason 'court order'",
                    "the first person asks, the same by another one orders; 7 days of grace")
            ],
            run: { try Retention(Work(arguments: $0, console: $1)).erase() }),
        CommandSpec(
            path: ["admin", "retention", "event"],
            summary: "Say that something happened that retention is counted from.",
            usage: "NAME --serial ID [--at TIME] --reason TEXT", positionals: 1...1,
            options: OptionSpec.links + [.value("at", "TIME", "when; else now"), .reason]
                + OptionSpec.adding,
            examples: [
                .init(
                    "proofreel admin retention event end-of-life --product P-12 --reason sold",
                    "rules with \"event\": \"end-of-life\" count from here")
            ],
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
        let document = try work.asking { try Document($0.ask(.retention, isSafe: true).reply) }
        if arguments.has("json") {
            console.print(document.json)
            return .done
        }
        let rules = document.array("rules").compactMap { RetentionRule($0) }
        guard !rules.isEmpty else {
            console.print("there is no rule: everything is kept for ever")
            return .done
        }
        var table = Table(["rule", "matches", "kept", "counted from"])
        for rule in rules {
            table.add([
                rule.name, words(rule.match), Amount.count(rule.days, "day"),
                rule.event.map { "event \($0)" } ?? "the picture",
            ])
        }
        for line in table.lines(console) { console.print(line) }
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
        let path = arguments.positionals[0]
        let text = try RealFileSystem().contents(of: path, limit: LooseJSON.bytesMax)
        let rules = try rules(text, path)
        let reason = try arguments.required("reason")
        try work.asking(writes: true) { door in
            let answer = try door.ask(.retentionSet) { fields in
                fields.add(.document, text)
                fields.add(.reason, reason)
            }
            try work.answer(
                answer.reply, "in force from here on: \(Amount.count(rules.count, "rule"))")
        }
        return .done
    }

    private func rules(_ text: [UInt8], _ path: String) throws(Failure) -> [RetentionRule] {
        do throws(Failure) {
            return try PolicyText.rules(text)
        } catch {
            throw Failure(.invalid, "\(path): \(error.words)")
        }
    }

    func preview() throws -> ExitCode {
        let answer = try work.asking { door in
            try door.ask(.retentionPreview, isSafe: true) { $0.add(.limit, 10_000) }
        }
        let expired = try answer.items.map { try Document($0) }
        if work.printed(expired) { return .done }
        var table = Table(["expired", "id", "rule", ""])
        for record in expired.prefix(1000) {
            table.add([
                record.time("due").map(Amount.time) ?? "", record.id, record.text("rule") ?? "",
                record.text("reason").map { "held: \($0)" } ?? "",
            ])
        }
        if !expired.isEmpty { for line in table.lines(console) { console.print(line) } }
        let isMore = try Fields(answer.reply.span).has(.more)
        console.print(
            expired.isEmpty
                ? "nothing has expired"
                : "\(isMore ? "more than " : "")\(Amount.count(expired.count, "record")) expired")
        return .done
    }

    func apply() throws -> ExitCode {
        let reason = try arguments.required("reason")
        let answer = try work.asking(writes: true) { door in
            try Document(door.ask(.retentionApply) { $0.add(.reason, reason) }.reply)
        }
        if arguments.has("json") {
            console.print(answer.json)
            return .done
        }
        func count(_ name: String) -> Int64 { answer.int(name) ?? 0 }
        console.print(
            "\(count("ordered")) ordered, to be removed in 7 days; \(count("held")) held;"
                + " \(count("removed")) removed now")
        return .done
    }

    func erase() throws -> ExitCode {
        let id = try arguments.recordID(arguments.positionals[0])
        let reference = try arguments.required("reference")
        let reason = try arguments.required("reason")
        if let second = arguments.value("second-actor") {
            guard !work.isRemote else {
                throw UsageError(
                    "at a server each of the two logs in and orders; leave --second-actor out")
            }
            return try eraseAlone(id, reference, second, reason)
        }
        return try work.asking(writes: true) { door in
            let answer = try door.ask(.retentionErase) { fields in
                fields.add(.id, id.description)
                fields.add(.name, reference)
                if arguments.has("personal-only") { fields.add(.kind, "private") }
                fields.add(.reason, reason)
            }
            try work.answer(
                answer.reply,
                try Document(answer.reply).bool("ordered")
                    ? Self.orderedWords
                    : "asked for; a second person must order it within 30 days, with the same"
                        + " reference")
            return .done
        }
    }

    private static let orderedWords =
        "ordered; proofreel admin retention apply removes it when 7 days have passed"

    /// The owner of the files speaks for both, while nobody serves them.
    private func eraseAlone(
        _ id: RecordID, _ reference: String, _ second: String, _ reason: String
    ) throws -> ExitCode {
        try work.writing { log in
            let receipt = try log.order(
                removalOf: id, on: .early(reference: reference, secondActor: second),
                personalDataOnly: arguments.has("personal-only"), reason: reason, by: work.author)
            try work.answer(receipt, log, Self.orderedWords)
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
        try work.asking(writes: true) { door in
            let answer = try door.ask(.retentionEvent) { fields in
                fields.add(.name, name)
                for text in LinkText.texts([link]) { fields.add(.link, text) }
                fields.add(.at, time)
                fields.add(.reason, reason)
            }
            try work.answer(answer.reply, "\(name) of \(link.kind) \(link.value) is on record")
        }
        return .done
    }
}
