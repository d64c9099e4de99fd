internal import Access
internal import Base
internal import Client
internal import EvidenceFormat
internal import Linux
internal import Server
internal import WireProtocol

extension CommandSpec {
    static let userAdd = CommandSpec(
        path: ["user", "add"], summary: "Let a person in; prints a one-time password.",
        usage: "NAME --role ROLE [--camera ID]", positionals: 1...1,
        options: OptionSpec.grant + OptionSpec.adding,
        examples: [
            .init(
                "proofreel user add anna --role operator --camera press-3", "one line's operator"),
            .init("proofreel user add eva --role auditor --days 30", "for a month"),
        ],
        notes: "The password is shown once and has to be changed at the first log-in.",
        run: { try Users(Work(arguments: $0, console: $1)).add() })

    static let userSet = CommandSpec(
        path: ["user", "set"], summary: "Change a person's roles, cameras or end.",
        usage: "NAME [--role ROLE] [--camera ID | --all-cameras] [--until TIME | --no-end]",
        positionals: 1...1,
        options: OptionSpec.grant + [
            .flag("all-cameras", "no longer only some cameras"), .flag("no-end", "for good"),
        ] + OptionSpec.adding,
        examples: [
            .init("proofreel user set anna --role operator --role qa-lead", "replaces the roles")
        ],
        notes: "Nobody changes his own rights.",
        run: { try Users(Work(arguments: $0, console: $1)).set() })

    static let userPassword = CommandSpec(
        path: ["user", "passwd"], summary: "Set a person's password.",
        usage: "NAME [--generate]", positionals: 1...1,
        options: [.flag("generate", "a new one-time password, printed once")]
            + OptionSpec.adding,
        examples: [
            .init("proofreel user passwd admin", "asks for it, or reads standard input"),
            .init("proofreel user passwd anna --generate", "for somebody who forgot it"),
        ],
        notes: "At least \(AccessBook.passwordCharactersMin) characters.",
        run: { try Users(Work(arguments: $0, console: $1)).setPassword() })

    static let userList = CommandSpec(
        path: ["user", "list"], summary: "Show who may log in.", usage: "[--json]",
        options: OptionSpec.asking,
        examples: [.init("proofreel user list", "")],
        run: { try Users(Work(arguments: $0, console: $1)).list() })

    static let userRemove = CommandSpec(
        path: ["user", "remove"], summary: "Let a person in no longer.", usage: "NAME",
        positionals: 1...1, options: OptionSpec.adding,
        examples: [.init("proofreel user remove anna", "")],
        notes: "What the person did stays in the log.",
        run: { try Users(Work(arguments: $0, console: $1)).remove() })
}

struct Users {
    private let work: Work
    private var arguments: Arguments { work.arguments }
    private var name: String { arguments.positionals[0] }

    init(_ work: Work) { self.work = work }

    func add() throws -> ExitCode {
        let grant = try GrantText.new(arguments)
        try work.asking(writes: true) { door in
            let answer = try door.ask(.userAdd) { fields in
                fields.add(.name, name)
                fields.add(grant)
            }
            tell(try Document(answer.reply), "added")
        }
        return .done
    }

    func set() throws -> ExitCode {
        let grant = try GrantText.changed(Grant(roles: []), arguments)
        try work.asking(writes: true) { door in
            let answer = try door.ask(.userSet) { fields in
                fields.add(.name, name)
                fields.add(grant)
                if arguments.has("all-cameras") { fields.add(.camera, "") }
                if arguments.has("no-end") { fields.add(.ever) }
            }
            work.show(try Document(answer.reply), "\(name) is changed")
        }
        return .done
    }

    func setPassword() throws -> ExitCode {
        let generates = arguments.has("generate")
        let password = generates ? nil : try work.console.readSecret("new password")
        try work.asking(writes: true) { door in
            let answer = try door.ask(.userPassword) { fields in
                fields.add(.name, name)
                fields.add(.secret, password)
            }
            let document = try Document(answer.reply)
            if generates {
                tell(document, "reset")
            } else {
                work.show(document, "the password of \(name) is changed")
            }
        }
        return .done
    }

    func list() throws -> ExitCode {
        let people = try work.documents(.userList) { $0.people.map(GrantJSON.make) }
        if work.printed(people) { return .done }
        var table = Table(["name", "roles", "cameras", "end", ""])
        for person in people {
            table.add(
                [person.text("name") ?? ""] + GrantText.cells(person)
                    + [person.bool("must_change") ? "has a one-time password" : ""])
        }
        for line in table.lines(work.console) { work.console.print(line) }
        return .done
    }

    func remove() throws -> ExitCode {
        try work.asking(writes: true) { door in
            let answer = try door.ask(.userRemove) { $0.add(.name, name) }
            work.show(try Document(answer.reply), "\(name) may not log in any more")
        }
        return .done
    }

    private func tell(_ answer: Document, _ done: String) {
        if arguments.has("json") {
            work.console.print(answer.json)
        } else {
            work.console.print("\(name) is \(done), with the one-time password")
            work.console.print(work.console.bold(answer.text("password") ?? ""))
            work.console.print(
                work.console.faint("it is shown once; the first log-in asks for another one"))
        }
    }
}
