internal import Base
internal import Client
internal import Crypto
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

extension CommandSpec {
    static let checkReach = CommandSpec(
        path: ["check", "reach"], summary: "Say that production has reached a check.",
        usage: "[POINT] [--camera ID] [--work-order ID] [--check KEY]", positionals: 0...1,
        options: [
            .list("camera", "ID", "without a control point: wants a picture of this camera"),
            .value("at", "TIME", "when it was reached; else now"),
            .value("request-id", "ID", "the same id again gets the same check"),
        ] + OptionSpec.links + OptionSpec.adding,
        examples: [
            .init(
                "proofreel check reach weld-seam --work-order WH/MO/00001"
                    + " --check odoo:6f1c/quality.check/17", ""),
            .init("proofreel check reach --camera press-3 --check QA/18", "without a point"),
        ],
        notes: "Pictures that were taken for the work order shortly before, and belong to no check,"
            + "\nare linked to it. TIME: \(TimeText.examples).",
        run: { try Check(Work(arguments: $0, console: $1)).reach() })

    static let checkTake = CommandSpec(
        path: ["check", "take"], summary: "Take the pictures that a check still wants.",
        usage: "CHECK [--at TIME]", positionals: 1...1,
        options: [
            .value("at", "TIME", "the instant; else now"),
            .value("request-id", "ID", "the same id again gets the same pictures"),
        ] + OptionSpec.adding,
        examples: [.init("proofreel check take odoo:6f1c/quality.check/17", "")],
        run: { try Check(Work(arguments: $0, console: $1)).take() })

    static let checkPass = verdict("pass", "Pass a check and seal it; it must have its pictures.")
    static let checkFail = verdict("fail", "Fail a check and seal it.")

    private static func verdict(_ word: String, _ summary: String) -> CommandSpec {
        CommandSpec(
            path: ["check", word], summary: summary, usage: "CHECK [--note TEXT]",
            positionals: 1...1,
            options: [.value("note", "TEXT", "stands in the log for ever")]
                + (word == "fail" ? [.incomplete] : []) + OptionSpec.adding,
            examples: [
                .init("proofreel check \(word) odoo:6f1c/quality.check/17 --note 'seam seen'", "")
            ],
            run: { try Check(Work(arguments: $0, console: $1)).close(word) })
    }

    static let checkShow = CommandSpec(
        path: ["check", "show"], summary: "Show what a check wants and what it has.",
        usage: "CHECK [--json]", positionals: 1...1, options: OptionSpec.asking,
        examples: [.init("proofreel check show odoo:6f1c/quality.check/17", "")],
        run: { try Check(Work(arguments: $0, console: $1)).show() })

    static let checkList = CommandSpec(
        path: ["check", "list"], summary: "Show the checks that were reached lately.",
        usage: "[--state open|complete|closed] [--centre ID] [--json]",
        options: [
            .value("state", "open|complete|closed", "only those"),
            .value("point", "ID", "only those of this control point"),
            .value("centre", "ID", "only those at this work centre"),
            .value("work-order", "ID", "only those of this work order"),
            .value("from", "TIME", "reached since then; else the last 24 hours"),
            .value("limit", "N", "so many; else 100"),
        ] + OptionSpec.asking,
        examples: [.init("proofreel check list --state open --centre wc-7", "what waits there")],
        run: { try Check(Work(arguments: $0, console: $1)).list() })
}

extension OptionSpec {
    static let incomplete = flag("incomplete", "although pictures that it demands are missing")
}

struct Check {
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func reach() throws -> ExitCode {
        let links = try LinkText.links(arguments)
        let at = try arguments.time("at")
        guard arguments.positionals.isEmpty != arguments.all("camera").isEmpty else {
            throw UsageError("give a control point, or --camera ID without one")
        }
        let request = try arguments.value("request-id") ?? "cli-\(randomBytes(16).hex)"
        let hasKey = links.contains { $0.kind == Link.checkKind }
        try work.askingServer { door in
            let answer = try door.ask(.checkReach, isSafe: true) { fields in
                fields.add(.point, arguments.positionals.first)
                for camera in arguments.all("camera") { fields.add(.camera, camera) }
                for text in LinkText.texts(links) { fields.add(.link, text) }
                fields.add(.at, at)
                // A check that has a key is its own request.
                if !hasKey || arguments.value("request-id") != nil {
                    fields.add(.requestID, request)
                }
            }
            let check = try Document(answer.reply)
            if work.printed([check]) { return }
            work.console.print(
                check.bool("repeated") ? "known" : work.console.good("reached"))
            show(check)
            if let problem = check.text("problem") {
                work.console.print("\(work.console.bad("no picture")): \(Table.printable(problem))")
            }
        }
        return .done
    }

    func take() throws -> ExitCode {
        let at = try arguments.time("at")
        let request = try arguments.value("request-id") ?? "cli-\(randomBytes(16).hex)"
        return try work.answering { door in
            let answer = try door.ask(.checkTake, isSafe: true) { fields in
                fields.add(.check, arguments.positionals[0])
                fields.add(.at, at)
                fields.add(.requestID, request)
            }
            try work.showTaken(answer)
            if !arguments.has("json") { show(try Document(answer.reply)) }
        }
    }

    func close(_ verdict: String) throws -> ExitCode {
        let check = arguments.positionals[0]
        try work.asking(writes: true) { door in
            let answer = try door.ask(.close) { fields in
                fields.add(.check, check)
                fields.add(.reason, arguments.value("note") ?? "\(verdict)ed")
                fields.add(.state, verdict)
                if arguments.has("incomplete") { fields.add(.incomplete) }
            }
            try work.answer(answer.reply, "\(Table.printable(check)) is \(verdict)ed and closed")
        }
        return .done
    }

    func show() throws -> ExitCode {
        let check = try work.askingServer { door in
            try Document(
                door.ask(.checkShow, isSafe: true) { $0.add(.check, arguments.positionals[0]) }
                    .reply)
        }
        if !work.printed([check]) { show(check) }
        return .done
    }

    func list() throws -> ExitCode {
        let from = try arguments.time("from")
        let limit = try arguments.number("limit", in: 1...1000)
        let checks = try work.askingServer { door in
            try door.ask(.checkList, isSafe: true) { fields in
                for (name, key) in [
                    ("state", FieldKey.state), ("point", .point), ("centre", .centre),
                ] {
                    fields.add(key, arguments.value(name))
                }
                fields.add(.link, arguments.value("work-order").map { "work-order=\($0)" })
                fields.add(.from, from)
                if let limit { fields.add(.limit, Int64(limit)) }
            }.items.map { try Document($0) }
        }
        if work.printed(checks) { return .done }
        guard !checks.isEmpty else {
            work.console.print("no checks")
            return .done
        }
        var table = Table(["check", "state", "reached", "centre", "missing"])
        for check in checks {
            table.add([
                check.text("check") ?? "", check.text("verdict") ?? check.text("state") ?? "",
                check.time("reached").map(Amount.time) ?? "", check.text("centre") ?? "",
                check.texts("missing").joined(separator: ", "),
            ])
        }
        for line in table.lines(work.console) { work.console.print(line) }
        return .done
    }

    private func show(_ check: Document) {
        let console = work.console
        var facts = Facts()
        facts.add("check", Table.printable(check.text("check") ?? ""))
        let missing = check.texts("missing")
        switch check.text("state") {
        case "closed": facts.add("state", "closed, \(check.text("verdict") ?? "without verdict")")
        case "complete": facts.add("state", console.good("complete"))
        default:
            facts.add(
                "state",
                console.warning(
                    missing.isEmpty ? "open" : "open, lacks \(missing.joined(separator: ", "))"))
        }
        func add(_ name: String, _ text: String?) {
            if let text { facts.add(name, Table.printable(text)) }
        }
        for name in ["point", "centre", "operation"] { add(name, check.text(name)) }
        add("reached", check.time("reached").map(Amount.time))
        for link in check.links where link.kind != Link.checkKind { add(link.kind, link.value) }
        for picture in check.array("pictures").compactMap(\.object) {
            let instant = picture["instant"]?.string.flatMap { WallTime($0) }
            add(
                "picture",
                "\(picture["id"]?.string ?? ""), \(picture["camera"]?.string ?? "imported"),"
                    + " \(instant.map(Amount.time) ?? "")")
        }
        add("note", check.text("note"))
        add("closed by", check.text("closed_by"))
        for line in facts.lines(console) { console.print(line) }
    }
}

extension Work {
    /// Pictures that were just taken, a line or a document each.
    func showTaken(_ answer: Answer) throws {
        for item in answer.items {
            let record = try Document(item)
            guard !arguments.has("json") else {
                console.print(record.json)
                continue
            }
            let distance = record.leaf?["dist_us"]?.int.map {
                " (\(Amount.signedMilliseconds($0)))"
            }
            console.print(
                "\(record.bool("repeated") ? "known" : console.good("taken"))"
                    + "  \(record.text("camera") ?? "")"
                    + "  \(record.time("instant").map(Amount.time) ?? "")\(distance ?? "")"
                    + "  \(record.id)")
        }
    }
}
