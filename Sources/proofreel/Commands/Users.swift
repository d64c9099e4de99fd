internal import Access
internal import Base
internal import EvidenceFormat
internal import Linux
internal import Server

extension CommandSpec {
    static let userAdd = CommandSpec(
        path: ["user", "add"], summary: "Let a person in; prints a one-time password.",
        usage: "NAME --role ROLE [--camera ID]", positionals: 1...1,
        options: OptionSpec.grant + OptionSpec.writing,
        examples: [
            .init(
                "proofreel user add anna --role operator --camera press-3", "one line's operator"),
            .init("proofreel user add eva --role auditor --days 30", "for a month"),
        ],
        notes: "The password is shown once and has to be changed at the first log-in.",
        place: .served,
        run: { try Users(Work(arguments: $0, console: $1)).add() })

    static let userSet = CommandSpec(
        path: ["user", "set"], summary: "Change a person's roles, cameras or end.",
        usage: "NAME [--role ROLE] [--camera ID | --all-cameras] [--until TIME | --no-end]",
        positionals: 1...1,
        options: OptionSpec.grant + [
            .flag("all-cameras", "no longer only some cameras"), .flag("no-end", "for good"),
        ] + OptionSpec.writing,
        examples: [
            .init("proofreel user set anna --role operator --role qa-lead", "replaces the roles")
        ],
        notes: "Nobody changes his own rights.",
        place: .served,
        run: { try Users(Work(arguments: $0, console: $1)).set() })

    static let userPassword = CommandSpec(
        path: ["user", "passwd"], summary: "Set a person's password.",
        usage: "NAME [--generate]", positionals: 1...1,
        options: [.flag("generate", "a new one-time password, printed once")]
            + OptionSpec.writing,
        examples: [
            .init("proofreel user passwd admin", "asks for it, or reads standard input"),
            .init("proofreel user passwd anna --generate", "for somebody who forgot it"),
        ],
        notes: "At least \(AccessBook.passwordCharactersMin) characters.",
        place: .served, secret: "new password",
        run: { try Users(Work(arguments: $0, console: $1)).setPassword() })

    static let userList = CommandSpec(
        path: ["user", "list"], summary: "Show who may log in.", usage: "[--json]",
        options: OptionSpec.reading,
        examples: [.init("proofreel user list", "")],
        place: .served,
        run: { try Users(Work(arguments: $0, console: $1)).list() })

    static let userRemove = CommandSpec(
        path: ["user", "remove"], summary: "Let a person in no longer.", usage: "NAME",
        positionals: 1...1, options: OptionSpec.writing,
        examples: [.init("proofreel user remove anna", "")],
        notes: "What the person did stays in the log.",
        place: .served,
        run: { try Users(Work(arguments: $0, console: $1)).remove() })
}

struct Users {
    private let work: Work
    private var arguments: Arguments { work.arguments }
    private var name: String { arguments.positionals[0] }

    init(_ work: Work) { self.work = work }

    func add() throws -> ExitCode {
        let grant = try GrantText.new(arguments)
        let password = try work.changing { try $0.addPerson(name, grant, by: work.author) }
        tell(password, "added")
        return .done
    }

    func set() throws -> ExitCode {
        try work.changing { book in
            guard let person = book.contents.people.first(where: { $0.name == name }) else {
                throw Failure(
                    .notFound, "there is nobody called \(name); see: proofreel user list")
            }
            var grant = person.grant
            if arguments.has("all-cameras") { grant.cameras = nil }
            if arguments.has("no-end") { grant.until = nil }
            try book.setPerson(
                name, GrantText.changed(grant, arguments), by: work.author)
        }
        return done("\(name) is changed")
    }

    func setPassword() throws -> ExitCode {
        if arguments.has("generate") {
            let password = try work.changing { try $0.resetPassword(of: name, by: work.author) }
            tell(password, "reset")
            return .done
        }
        let password = try work.console.readSecret("new password")
        try work.changing { try $0.setPassword(of: name, to: password, by: work.author) }
        return done("the password of \(name) is changed")
    }

    func list() throws -> ExitCode {
        let people = try work.contents().people
        if arguments.has("json") {
            for person in people { work.console.print(GrantJSON.make(person)) }
            return .done
        }
        var table = Table(["name", "roles", "cameras", "end", ""])
        for person in people {
            table.add(
                [person.name] + GrantText.cells(person.grant)
                    + [person.mustChange ? "has a one-time password" : ""])
        }
        for line in table.lines(work.console) { work.console.print(line) }
        return .done
    }

    func remove() throws -> ExitCode {
        try work.changing { try $0.removePerson(name, by: work.author) }
        return done("\(name) may not log in any more")
    }

    private func tell(_ password: String, _ done: String) {
        if arguments.has("json") {
            work.console.print(
                JSON.object(
                    JSONObject([("name", .string(name)), ("password", .string(password))])))
        } else {
            work.console.print("\(name) is \(done), with the one-time password")
            work.console.print(work.console.bold(password))
            work.console.print(
                work.console.faint("it is shown once; the first log-in asks for another one"))
        }
    }

    private func done(_ words: String) -> ExitCode {
        if arguments.has("json") {
            work.console.print(JSON.object(JSONObject([("name", .string(name))])))
        } else {
            work.console.print(words)
        }
        return .done
    }
}
