internal import Access
internal import Base
internal import Client
internal import Linux
internal import Server
internal import WireProtocol

extension CommandSpec {
    static let machineAdd = CommandSpec(
        path: ["machine", "add"], summary: "Let a machine in by the key of its certificate.",
        usage: "NAME --key SHA256:… --role ROLE", positionals: 1...1,
        options: [.value("key", "HASH", "its public key's fingerprint, SHA256:…")]
            + OptionSpec.grant + OptionSpec.adding,
        examples: [
            .init(
                "proofreel machine add gateway-1 --role gateway"
                    + " --key SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg", "")
        ],
        notes: "The server's error names the key of a machine that it does not know.",
        run: { try Machines(Work(arguments: $0, console: $1)).add() })

    static let machineList = CommandSpec(
        path: ["machine", "list"], summary: "Show the machines that are known by a key.",
        usage: "[--json]", options: OptionSpec.asking,
        examples: [.init("proofreel machine list", "")],
        run: { try Machines(Work(arguments: $0, console: $1)).list() })

    static let machineRemove = CommandSpec(
        path: ["machine", "remove"], summary: "Let a machine in no longer.", usage: "NAME",
        positionals: 1...1, options: OptionSpec.adding,
        examples: [.init("proofreel machine remove gateway-1", "")],
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
        try work.asking(writes: true) { door in
            let answer = try door.ask(.machineAdd) { fields in
                fields.add(.name, name)
                fields.add(.sha256, key.bytes)
                fields.add(grant)
            }
            work.show(try Document(answer.reply), "\(name) may log in with its certificate")
        }
        return .done
    }

    func list() throws -> ExitCode {
        let machines = try work.documents(.machineList) { $0.machines.map(GrantJSON.make) }
        if work.printed(machines) { return .done }
        var table = Table(["name", "roles", "cameras", "end", "key"])
        for machine in machines {
            table.add(
                [machine.text("name") ?? ""] + GrantText.cells(machine)
                    + [machine.text("key") ?? ""])
        }
        for line in table.lines(work.console) { work.console.print(line) }
        return .done
    }

    func remove() throws -> ExitCode {
        let name = arguments.positionals[0]
        try work.asking(writes: true) { door in
            let answer = try door.ask(.machineRemove) { $0.add(.name, name) }
            work.show(try Document(answer.reply), "\(name) may not log in any more")
        }
        return .done
    }
}
