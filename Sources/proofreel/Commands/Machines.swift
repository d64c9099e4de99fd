internal import Access
internal import Base
internal import EvidenceFormat
internal import Server
internal import Linux

extension CommandSpec {
    static let machineAdd = CommandSpec(
        path: ["machine", "add"], summary: "Let a machine in by the key of its certificate.",
        usage: "NAME --key SHA256:… --role ROLE", positionals: 1...1,
        options: [.value("key", "HASH", "its public key's fingerprint, SHA256:…")]
            + OptionSpec.grant + OptionSpec.writing,
        examples: [
            .init(
                "proofreel machine add gateway-1 --role gateway"
                    + " --key SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg", "")
        ],
        notes: "The server's error names the key of a machine that it does not know.",
        place: .served,
        run: { try Machines(Work(arguments: $0, console: $1)).add() })

    static let machineList = CommandSpec(
        path: ["machine", "list"], summary: "Show the machines that are known by a key.",
        usage: "[--json]", options: OptionSpec.reading,
        examples: [.init("proofreel machine list", "")],
        place: .served,
        run: { try Machines(Work(arguments: $0, console: $1)).list() })

    static let machineRemove = CommandSpec(
        path: ["machine", "remove"], summary: "Let a machine in no longer.", usage: "NAME",
        positionals: 1...1, options: OptionSpec.writing,
        examples: [.init("proofreel machine remove gateway-1", "")],
        place: .served,
        run: { try Machines(Work(arguments: $0, console: $1)).remove() })
}

struct Machines {
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func add() throws -> ExitCode {
        let name = arguments.positionals[0]
        let text = try arguments.required("key")
        guard let key = Digest(fingerprint: text) ?? Digest(hex: text) else {
            throw UsageError(
                "\"\(text)\" is no fingerprint; one is SHA256: and 43 letters, or 64 hexadecimal"
                    + " digits")
        }
        let grant = try GrantText.new(arguments)
        try work.changing { try $0.addMachine(name, key: key, grant, by: work.author) }
        return done(name, "\(name) may log in with its certificate")
    }

    func list() throws -> ExitCode {
        let machines = try work.contents().machines
        if arguments.has("json") {
            for machine in machines { work.console.print(GrantJSON.make(machine)) }
            return .done
        }
        var table = Table(["name", "roles", "cameras", "end", "key"])
        for machine in machines {
            table.add(
                [machine.name] + GrantText.cells(machine.grant) + [machine.key.fingerprint])
        }
        for line in table.lines(work.console) { work.console.print(line) }
        return .done
    }

    func remove() throws -> ExitCode {
        let name = arguments.positionals[0]
        try work.changing { try $0.removeMachine(name, by: work.author) }
        return done(name, "\(name) may not log in any more")
    }

    private func done(_ name: String, _ words: String) -> ExitCode {
        if arguments.has("json") {
            work.console.print(JSON.object(JSONObject([("name", .string(name))])))
        } else {
            work.console.print(words)
        }
        return .done
    }
}
