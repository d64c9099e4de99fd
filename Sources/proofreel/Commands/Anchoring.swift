internal import Anchors
internal import Base
internal import Client
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

extension CommandSpec {
    static let anchorAdd = CommandSpec(
        path: ["anchor", "add"], summary: "Have checkpoints confirmed outside this machine.",
        usage: "tsa|witness NAME URL [options]", positionals: 3...3,
        options: [
            .value("ca", "FILE", "of a TSA: the certificates that its time stamps must lead to"),
            .value("policy", "OID", "of a TSA: the policy that is wanted; else whatever it has"),
            .value("vkey", "KEY", "of a witness: its public key, as it prints it at its start"),
            .value("interval", "DURATION", "else an hour for a TSA, a minute for a witness"),
        ] + OptionSpec.adding,
        examples: [
            .init(
                "proofreel anchor add tsa notary https://tsa.example/ts --ca notary-ca.pem",
                "time stamps (RFC 3161): these leaves were there at that time"),
            .init(
                "proofreel anchor add witness qa http://qa-server:7449 --vkey qa.example/w1+…",
                "another department remembers the largest tree that it has seen"),
            .init(
                "proofreel anchor add witness qa stick --vkey qa.example/w1+…",
                "a witness without a network; a stick carries what it signs"),
        ],
        notes: "The first answer is waited for in the background; proofreel anchor list shows it.",
        run: { try Anchoring(Work(arguments: $0, console: $1)).add() })

    static let anchorList = CommandSpec(
        path: ["anchor", "list"], summary: "Show who confirms checkpoints, and since when.",
        usage: "[--json]", options: OptionSpec.asking,
        examples: [.init("proofreel anchor list", "")],
        run: { try Anchoring(Work(arguments: $0, console: $1)).list() })

    static let anchorShow = CommandSpec(
        path: ["anchor", "show"], summary: "Show everything about one of them.",
        usage: "NAME [--json]", positionals: 1...1, options: OptionSpec.asking,
        examples: [.init("proofreel anchor show notary", "")],
        run: { try Anchoring(Work(arguments: $0, console: $1)).show() })

    static let anchorNow = CommandSpec(
        path: ["anchor", "now"], summary: "Have the newest checkpoint confirmed now.",
        usage: "NAME… | NAME --cosigned FILE", positionals: 1...AnchorBook.countMax,
        options: [
            .value("cosigned", "FILE", "a checkpoint that this witness cosigned, from a stick")
        ] + OptionSpec.adding,
        examples: [
            .init("proofreel anchor now notary", "at the end of a shift, say"),
            .init("proofreel anchor now qa --cosigned /media/stick/cosigned", "no network"),
        ],
        run: { try Anchoring(Work(arguments: $0, console: $1)).now() })

    static let anchorRemove = CommandSpec(
        path: ["anchor", "remove"], summary: "Ask somebody no longer; what he confirmed stays.",
        usage: "NAME", positionals: 1...1, options: OptionSpec.adding,
        examples: [.init("proofreel anchor remove notary", "stands in the log")],
        run: { try Anchoring(Work(arguments: $0, console: $1)).remove() })

    static let bracket = CommandSpec(
        path: ["bracket"],
        summary: "Say between which times of outside clocks a record came into the log.",
        usage: "ID [--json]", positionals: 1...1, options: OptionSpec.asking,
        examples: [.init("proofreel bracket $ID", "")],
        notes:
            "Ends with 1 when nobody outside has seen it yet, when clocks contradict each other, or"
            + " when the\nserver's own clock was not between them.",
        run: { try Anchoring(Work(arguments: $0, console: $1)).bracket() })
}

struct Anchoring {
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func add() throws -> ExitCode {
        let (kind, name, url) = (
            arguments.positionals[0], arguments.positionals[1], arguments.positionals[2]
        )
        var wishes: [(String, JSON)] = []
        switch kind {
        case "tsa":
            guard arguments.value("vkey") == nil else {
                throw UsageError("--vkey is for witnesses; a TSA has --ca FILE")
            }
            let bytes = try RealFileSystem().contents(
                of: try arguments.required("ca"), limit: 256 << 10)
            wishes.append(("ca", .string(String(decoding: bytes, as: UTF8.self))))
            if let policy = arguments.value("policy") { wishes.append(("policy", .string(policy))) }
        case "witness":
            guard arguments.value("ca") == nil, arguments.value("policy") == nil else {
                throw UsageError("--ca and --policy are for a TSA; a witness has --vkey KEY")
            }
            wishes.append(("vkey", .string(try arguments.required("vkey"))))
        default: throw UsageError("\(kind) is neither tsa nor witness")
        }
        if let interval = try arguments.duration("interval") {
            wishes.append(("interval_s", .int(interval / 1_000_000)))
        }
        let text = String(decoding: JSON.object(JSONObject(wishes)).encode(), as: UTF8.self)
        try work.asking(writes: true) { door in
            let answer = try door.ask(.anchorAdd) { fields in
                fields.add(.name, name)
                fields.add(.kind, kind)
                fields.add(.url, url)
                fields.add(.document, text)
            }
            work.show(try Document(answer.reply), "\(name) is asked from now on")
        }
        return .done
    }

    private func documents(_ door: any Door) throws -> [Document] {
        try door.ask(.anchorList, isSafe: true).items.map { try Document($0) }
    }

    func list() throws -> ExitCode {
        let sources = try work.asking { try documents($0) }
        if work.printed(sources) { return .done }
        var table = Table(["name", "type", "last", "size", "state"])
        for source in sources {
            table.add([
                source.text("name") ?? "", source.text("type") ?? "",
                source.time("last").map(Amount.time) ?? "never",
                source.int("last_size").map { "\($0)" } ?? "", state(source),
            ])
        }
        for line in table.lines(work.console) { work.console.print(line) }
        return .done
    }

    private func state(_ source: Document) -> String {
        if source.text("alarm") != nil { return "ALARM" }
        let words = source.bool("late") ? "LATE" : source.bool("waiting") ? "waiting" : "in time"
        return source.text("error").map { "\(words): \($0)" } ?? words
    }

    func show() throws -> ExitCode {
        let name = arguments.positionals[0]
        let sources = try work.asking { try documents($0) }
        guard let source = sources.first(where: { $0.text("name") == name }) else {
            throw Failure(.notFound, "there is no anchor \(name); proofreel anchor list shows all")
        }
        if work.printed([source]) { return .done }
        var facts = Facts()
        facts.add("name", name)
        facts.add("type", source.text("type") ?? "")
        facts.add("asked at", source.text("url") ?? "")
        facts.add("every", Amount.age(seconds: source.int("interval_s") ?? 0))
        if let last = source.time("last") {
            facts.add("confirmed", "size \(source.int("last_size") ?? 0), \(Amount.time(last))")
            facts.add("file", "anchors/\(source.text("last_file") ?? "")")
        } else {
            facts.add("confirmed", "nothing yet")
        }
        facts.add("state", state(source))
        if let offset = source.int("offset_s") { facts.add("its clock", "\(offset) s after ours") }
        if let alarm = source.text("alarm") { facts.add("ALARM", work.console.bad(alarm)) }
        for line in facts.lines(work.console) { work.console.print(line) }
        return .done
    }

    func now() throws -> ExitCode {
        let cosigned = try arguments.value("cosigned").map { path in
            let bytes = try RealFileSystem().contents(of: path, limit: SignedNote.bytesMax)
            return String(decoding: bytes, as: UTF8.self)
        }
        guard cosigned == nil || arguments.positionals.count == 1 else {
            throw UsageError("--cosigned is by one witness; name it alone")
        }
        try work.asking(writes: true) { door in
            for name in arguments.positionals {
                let answer = try door.ask(.anchorNow, isSafe: true) { fields in
                    fields.add(.name, name)
                    fields.add(.note, cosigned)
                }
                let report = try Document(answer.reply)
                work.show(report, "\(name) has confirmed size \(report.int("last_size") ?? 0)")
            }
        }
        return .done
    }

    func remove() throws -> ExitCode {
        let name = arguments.positionals[0]
        try work.asking(writes: true) { door in
            let answer = try door.ask(.anchorRemove) { $0.add(.name, name) }
            work.show(
                try Document(answer.reply),
                "\(name) is not asked any more; the log says so, and keeps what it confirmed")
        }
        return .done
    }

    // MARK: Times

    func bracket() throws -> ExitCode {
        let id = try arguments.recordID(arguments.positionals[0])
        let answer = try work.asking { door in
            try door.ask(.bracket, isSafe: true) { $0.add(.id, id.description) }
        }
        let document = try Document(answer.reply)
        var facts = Facts()
        facts.add("leaf", "\(document.int("index") ?? 0)")
        let claimed = document.text("recorded") ?? ""
        facts.add(
            "it claims",
            document.bool("contradicted")
                ? work.console.bad("\(claimed), which is not between these") : claimed)
        facts.add("not before", end(document.object("not_before")) ?? "unknown: no anchor is older")
        facts.add(
            "not after",
            end(document.object("not_after"))
                ?? work.console.warning("UNANCHORED: nobody outside has seen it yet"))
        if document.bool("impossible") {
            facts.add("", work.console.bad("these clocks contradict each other"))
        }
        work.show(document, facts.lines(work.console).joined(separator: "\n"))
        let isDoubtful = document.bool("impossible") || document.bool("contradicted")
        return document.bool("anchored") && !isDoubtful ? .done : .failed
    }

    private func end(_ object: JSONObject?) -> String? {
        guard let object, let time = object["time"]?.string else { return nil }
        return "\(time), by \(object["source"]?.string ?? "") (\(object["type"]?.string ?? ""))"
    }
}
