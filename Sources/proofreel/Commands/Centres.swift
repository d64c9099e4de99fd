internal import Base
internal import Client
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

extension OptionSpec {
    fileprivate static let centre = [
        value("name", "TEXT", "what people call it"),
        value("link", "KEY", "how the ERP writes it, such as odoo:6f1c/mrp.workcenter/3"),
        value("input", "ID", "a keyboard, foot switch or scanner; see proofreel centre inputs"),
        flag("no-input", "none any more"),
        flag("scanner", "that device scans codes"), flag("keys", "its keys are keys; so at first"),
        flag("share", "others of this machine hear that device, too"),
        flag("grab", "they do not; so at first"),
        list("pattern", "KIND=PATTERN", "what scanned codes are, such as serial=SN-*"),
    ]
    static let svg = value("svg", "FILE", "write the status graphic there; - for standard output")
}

extension CommandSpec {
    static let centreAdd = CommandSpec(
        path: ["centre", "add"], summary: "Set up a work centre.",
        usage: "ID [--name TEXT] [options]", positionals: 1...1,
        options: OptionSpec.centre + OptionSpec.adding,
        examples: [
            .init("proofreel centre add wc-7 --name 'Welding 7'", ""),
            .init(
                "proofreel centre add wc-8 --link odoo:6f1c/mrp.workcenter/3"
                    + " --pattern 'serial=SN-*' --pattern 'lot=L######'", "codes become links"),
        ],
        run: { try CentreChange(Work(arguments: $0, console: $1)).put(.centreAdd) })

    static let centreSet = CommandSpec(
        path: ["centre", "set"], summary: "Change a work centre; its triggers stay.",
        usage: "ID [options]", positionals: 1...1, options: OptionSpec.centre + OptionSpec.adding,
        examples: [
            .init("proofreel centre set wc-7 --input usb:05fe:1010@usb-0000:00:14.0-2/input0", ""),
            .init(
                "proofreel centre set wc-7 --scanner --pattern 'serial=plant7/|########'",
                "a bare number gets something before it"),
        ],
        run: { try CentreChange(Work(arguments: $0, console: $1)).put(.centreSet) })

    static let centreList = CommandSpec(
        path: ["centre", "list"], summary: "Show the work centres.",
        usage: "[--json]", options: OptionSpec.asking,
        examples: [.init("proofreel centre list", "")],
        run: { try CentreChange(Work(arguments: $0, console: $1)).list() })

    static let centreShow = CommandSpec(
        path: ["centre", "show"], summary: "Show a work centre, its triggers and its cameras.",
        usage: "ID [--svg FILE] [--json]", positionals: 1...1,
        options: [.svg] + OptionSpec.asking,
        examples: [
            .init("proofreel centre show wc-7", ""),
            .init("proofreel centre show wc-7 --svg wc-7.svg", "for a screen"),
        ],
        run: { try CentreChange(Work(arguments: $0, console: $1)).show() })

    static let centreRemove = CommandSpec(
        path: ["centre", "remove"], summary: "Forget a work centre and its triggers.",
        usage: "ID", positionals: 1...1, options: OptionSpec.adding,
        examples: [.init("proofreel centre remove wc-7", "")],
        run: { try CentreChange(Work(arguments: $0, console: $1)).remove() })

    static let centreInputs = CommandSpec(
        path: ["centre", "inputs"], summary: "Show keyboards, foot switches and scanners here.",
        usage: "[--json]", options: OptionSpec.asking,
        examples: [.init("proofreel centre inputs", "their ids, for centre set --input")],
        run: { try CentreChange(Work(arguments: $0, console: $1)).inputs() })
}

struct CentreChange {
    private let work: Work
    private var arguments: Arguments { work.arguments }
    private var id: String { arguments.positionals[0] }

    init(_ work: Work) { self.work = work }

    func put(_ operation: WireProtocol.Operation) throws -> ExitCode {
        let wishes = try wishes()
        guard operation == .centreAdd || !wishes.isEmpty else {
            throw UsageError("say what should change, such as --name TEXT")
        }
        try work.askingServer { door in
            let answer = try door.ask(operation) { fields in
                fields.add(.centre, id)
                fields.add(.document, JSON.object(JSONObject(wishes)).encode())
            }
            let hint = work.console.faint(
                "its triggers: proofreel trigger add \(id) CAMERA --key F9")
            work.show(
                try Document(answer.reply),
                operation == .centreAdd ? "\(id) is there\n\(hint)" : "\(id) is changed")
        }
        return .done
    }

    private func wishes() throws -> [(String, JSON)] {
        for (one, other) in [("scanner", "keys"), ("share", "grab")]
        where arguments.has(one) && arguments.has(other) {
            throw UsageError("--\(one) or --\(other), not both")
        }
        guard !arguments.has("no-input") || arguments.value("input") == nil else {
            throw UsageError("--input or --no-input, not both")
        }
        var wishes: [(String, JSON)] = []
        for name in ["name", "link", "input"] {
            if let text = arguments.value(name) { wishes.append((name, .string(text))) }
        }
        if arguments.has("no-input") { wishes.append(("input", .string(""))) }
        if arguments.has("scanner") { wishes.append(("scanner", .bool(true))) }
        if arguments.has("keys") { wishes.append(("scanner", .bool(false))) }
        if arguments.has("share") { wishes.append(("grab", .bool(false))) }
        if arguments.has("grab") { wishes.append(("grab", .bool(true))) }
        let patterns = arguments.all("pattern")
        if !patterns.isEmpty { wishes.append(("patterns", .array(patterns.map { .string($0) }))) }
        return wishes
    }

    func list() throws -> ExitCode {
        let centres = try work.askingServer { door in
            try door.ask(.centreList, isSafe: true).items.map { try Document($0) }
        }
        if work.printed(centres) { return .done }
        guard !centres.isEmpty else {
            work.console.print("no work centres; add one: proofreel centre add ID")
            return .done
        }
        var table = Table(["centre", "name", "triggers", "input"])
        for centre in centres {
            table.add([
                centre.id, centre.text("name") ?? "", "\(centre.array("triggers").count)",
                centre.text("input") ?? "",
            ])
        }
        for line in table.lines(work.console) { work.console.print(line) }
        return .done
    }

    func show() throws -> ExitCode {
        try work.askingServer { door in
            let centre = try Document(
                door.ask(.centreShow, isSafe: true) { $0.add(.centre, id) }.reply)
            if let file = arguments.value("svg") {
                try work.writeGraphic(file, door) { $0.add(.centre, id) }
            }
            if arguments.value("svg") == "-" || work.printed([centre]) { return }
            var facts = Facts()
            facts.add("centre", Table.printable("\(centre.id), \(centre.text("name") ?? "")"))
            facts.add(
                "status", Table.printable(centre.object("status")?["words"]?.string ?? "no camera"))
            for name in ["link", "input"] {
                if let text = centre.text(name) { facts.add(name, Table.printable(text)) }
            }
            for pattern in centre.texts("patterns") {
                facts.add("codes", Table.printable(pattern))
            }
            for link in centre.array("bench").compactMap(\.object) {
                facts.add(
                    "on the bench",
                    Table.printable("\(link["kind"]?.string ?? "") \(link["value"]?.string ?? "")"))
            }
            for line in facts.lines(work.console) { work.console.print(line) }
            try work.show(triggersOf: centre)
        }
        return .done
    }

    func remove() throws -> ExitCode {
        try work.askingServer { door in
            let answer = try door.ask(.centreRemove) { $0.add(.centre, id) }
            work.show(try Document(answer.reply), "\(id) is forgotten, with its triggers")
        }
        return .done
    }

    func inputs() throws -> ExitCode {
        let inputs = try work.askingServer { door in
            try door.ask(.inputList, isSafe: true).items.map { try Document($0) }
        }
        if work.printed(inputs) { return .done }
        guard !inputs.isEmpty else {
            work.console.print("the server's machine has no input device with keys")
            return .done
        }
        var table = Table(["input", "name", "node", "centre"])
        for input in inputs {
            table.add([
                input.id, input.text("name") ?? "", input.text("node") ?? "",
                input.text("centre") ?? "",
            ])
        }
        for line in table.lines(work.console) { work.console.print(line) }
        return .done
    }
}

extension Work {
    func show(triggersOf centre: Document) throws {
        let triggers = try centre.array("triggers").map { try Document($0) }
        guard !triggers.isEmpty else { return }
        var table = Table(["place", "trigger", "key", "takes a picture of"])
        for (i, trigger) in triggers.enumerated() {
            table.add([
                "\(i + 1)", trigger.id, trigger.text("key") ?? "any",
                trigger.texts("cameras").joined(separator: ", "),
            ])
        }
        for line in table.lines(console) { console.print(line) }
    }

    func writeGraphic(
        _ file: String, _ door: any Door, _ what: (inout FieldWriter) -> Void
    ) throws {
        let answer = try door.ask(.graphic, isSafe: true) { fields in
            what(&fields)
            fields.add(.form, "svg")
        }
        if file == "-" { return console.write(answer.body) }
        // A graphic is made anew each time, so the older one is in nobody's way.
        try RealFileSystem().replace(file, answer.body)
    }
}
