internal import Base
internal import Client
internal import Crypto
internal import EvidenceFormat
internal import WireProtocol

extension CommandSpec {
    static let triggerAdd = CommandSpec(
        path: ["trigger", "add"], summary: "Let a key at a work centre take a picture.",
        usage: "CENTRE CAMERA… [--key KEY] [--first]", positionals: 2...17,
        options: [
            .value("key", "KEY", "only for this key, such as F9 or SCAN; else for any press"),
            .flag("first", "before all others; else after them"),
        ] + OptionSpec.adding,
        examples: [
            .init("proofreel trigger add wc-7 press-3 --key F9", ""),
            .init("proofreel trigger add wc-7 press-3 press-4 --key F10", "one shot of two"),
            .init(
                "proofreel trigger add wc-7 press-3 --key SCAN", "with each code that is scanned"),
        ],
        run: { try TriggerChange(Work(arguments: $0, console: $1)).add() })

    static let triggerList = CommandSpec(
        path: ["trigger", "list"], summary: "Show the triggers of a work centre, in their order.",
        usage: "CENTRE [--json]", positionals: 1...1, options: OptionSpec.asking,
        examples: [.init("proofreel trigger list wc-7", "the first that matches is chosen")],
        run: { try TriggerChange(Work(arguments: $0, console: $1)).list() })

    static let triggerMove = CommandSpec(
        path: ["trigger", "move"], summary: "Change the order of triggers.",
        usage: "CENTRE TRIGGER PLACE", positionals: 3...3, options: OptionSpec.adding,
        examples: [.init("proofreel trigger move wc-7 t2 1", "t2 is chosen first now")],
        run: { try TriggerChange(Work(arguments: $0, console: $1)).move() })

    static let triggerRemove = CommandSpec(
        path: ["trigger", "remove"], summary: "Take a trigger away.",
        usage: "CENTRE TRIGGER", positionals: 2...2, options: OptionSpec.adding,
        examples: [.init("proofreel trigger remove wc-7 t2", "")],
        run: { try TriggerChange(Work(arguments: $0, console: $1)).remove() })

    static let triggerPress = CommandSpec(
        path: ["trigger", "press"], summary: "Press a key at a work centre, or scan a code.",
        usage: "CENTRE [--key KEY | --code CODE] [--at TIME] [--work-order ID]",
        positionals: 1...1,
        options: [
            .value("key", "KEY", "the key; else the first trigger is chosen"),
            .value("code", "CODE", "a code, as a scanner reads it"),
            .value("at", "TIME", "when it was pressed; else now"),
            .value("request-id", "ID", "the same id again gets the same pictures"),
        ] + OptionSpec.links + OptionSpec.adding,
        examples: [
            .init("proofreel trigger press wc-7 --key F9", ""),
            .init("proofreel trigger press wc-7 --code SN-0042", "what is on the bench now"),
        ],
        notes: "The picture is that of the instant of the press, and belongs to the work centre, to"
            + " what was\nscanned there, and to the check that waits there.",
        run: { try TriggerChange(Work(arguments: $0, console: $1)).press() })
}

struct TriggerChange {
    private let work: Work
    private var arguments: Arguments { work.arguments }
    private var centre: String { arguments.positionals[0] }

    init(_ work: Work) { self.work = work }

    func add() throws -> ExitCode {
        let cameras = arguments.positionals.dropFirst()
        var wishes: [(String, JSON)] = [("cameras", .array(cameras.map { .string($0) }))]
        if let key = arguments.value("key") { wishes.append(("key", .string(key))) }
        try work.askingServer { door in
            var answer = try door.ask(.triggerAdd) { fields in
                fields.add(.centre, centre)
                fields.add(.document, JSON.object(JSONObject(wishes)).encode())
            }
            let added = try Document(answer.reply).array("triggers").last?.object?["id"]?.string
            if arguments.has("first"), let added {
                answer = try move(added, to: 1, door)
            }
            try show(answer)
        }
        return .done
    }

    private func move(_ trigger: String, to place: Int64, _ door: any Door) throws -> Answer {
        try door.ask(.triggerMove) { fields in
            fields.add(.centre, centre)
            fields.add(.trigger, trigger)
            fields.add(.position, place)
        }
    }

    private func show(_ answer: Answer) throws {
        let centre = try Document(answer.reply)
        if !work.printed([centre]) { try work.show(triggersOf: centre) }
    }

    func list() throws -> ExitCode {
        try work.askingServer { door in
            let answer = try door.ask(.centreShow, isSafe: true) { $0.add(.centre, centre) }
            let document = try Document(answer.reply)
            let triggers = try document.array("triggers").map { try Document($0) }
            if work.printed(triggers) { return }
            guard !triggers.isEmpty else {
                return work.console.print(
                    "\(centre) has no triggers; add one: proofreel trigger add \(centre) CAMERA")
            }
            try work.show(triggersOf: document)
        }
        return .done
    }

    func move() throws -> ExitCode {
        guard let place = Int64(arguments.positionals[2]) else {
            throw UsageError("a place is a number from 1, not \(arguments.positionals[2])")
        }
        try work.askingServer { door in
            try show(try move(arguments.positionals[1], to: place, door))
        }
        return .done
    }

    func remove() throws -> ExitCode {
        try work.askingServer { door in
            try show(
                try door.ask(.triggerRemove) { fields in
                    fields.add(.centre, centre)
                    fields.add(.trigger, arguments.positionals[1])
                })
        }
        return .done
    }

    func press() throws -> ExitCode {
        let links = try LinkText.links(arguments)
        let at = try arguments.time("at")
        let request = try arguments.value("request-id") ?? "cli-\(randomBytes(16).hex)"
        return try work.answering { door in
            let answer = try door.ask(.press, isSafe: true) { fields in
                fields.add(.centre, centre)
                fields.add(.key, arguments.value("key"))
                fields.add(.code, arguments.value("code"))
                fields.add(.at, at)
                for text in LinkText.texts(links) { fields.add(.link, text) }
                fields.add(.requestID, request)
            }
            try work.showTaken(answer)
            let press = try Document(answer.reply)
            if answer.items.isEmpty, arguments.has("json") { work.console.print(press.json) }
            guard !arguments.has("json") else { return }
            for link in press.links {
                work.console.print("  \(link.kind) \(Table.printable(link.value))")
            }
        }
    }
}
