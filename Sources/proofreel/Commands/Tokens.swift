internal import Access
internal import Base
internal import Client
internal import Linux
internal import Server
internal import WireProtocol

extension CommandSpec {
    static let tokenAdd = CommandSpec(
        path: ["token", "add"], summary: "Let a program in; prints its token.",
        usage: "NAME --role ROLE [--camera ID] [--days N]", positionals: 1...1,
        options: OptionSpec.grant + OptionSpec.adding,
        examples: [
            .init(
                "proofreel token add erp-odoo --role erp --role operator --days 365", "for an ERP")
        ],
        notes: "The token is shown once; only a hash of it is kept.",
        run: { try Tokens(Work(arguments: $0, console: $1)).add() })

    static let tokenList = CommandSpec(
        path: ["token", "list"], summary: "Show the tokens and when they were last used.",
        usage: "[--all] [--json]",
        options: [.flag("all", "also those that were revoked")] + OptionSpec.asking,
        examples: [.init("proofreel token list", "")],
        run: { try Tokens(Work(arguments: $0, console: $1)).list() })

    static let tokenRevoke = CommandSpec(
        path: ["token", "revoke"], summary: "Make a token worthless, at once.",
        usage: "NAME|ID", positionals: 1...1, options: OptionSpec.adding,
        examples: [.init("proofreel token revoke erp-odoo", "")],
        run: { try Tokens(Work(arguments: $0, console: $1)).revoke() })
}

struct Tokens {
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func add() throws -> ExitCode {
        let name = arguments.positionals[0]
        let grant = try GrantText.new(arguments)
        try work.asking(writes: true) { door in
            let answer = try door.ask(.tokenAdd) { fields in
                fields.add(.name, name)
                fields.add(grant)
            }
            let token = try Document(answer.reply)
            let text = work.console.bold(token.text("token") ?? "")
            work.show(
                token,
                "\(name) may log in with the token\n\(text)\n"
                    + work.console.faint("it is shown once"))
        }
        return .done
    }

    func list() throws -> ExitCode {
        let all = arguments.has("all")
        let tokens = try work.documents(.tokenList, build: { if all { $0.add(.ever) } }) {
            $0.tokens.filter { all || $0.revoked == nil }.map(GrantJSON.make)
        }
        if work.printed(tokens) { return .done }
        var table = Table(["name", "id", "roles", "cameras", "end", "last used"])
        for token in tokens {
            var cells = GrantText.cells(token)
            if let revoked = token.time("revoked") { cells[2] = "revoked \(Amount.time(revoked))" }
            table.add(
                [token.text("name") ?? "", token.id] + cells
                    + [token.time("last_used").map(Amount.time) ?? "never"])
        }
        for line in table.lines(work.console) { work.console.print(line) }
        return .done
    }

    func revoke() throws -> ExitCode {
        try work.asking(writes: true) { door in
            let answer = try door.ask(.tokenRevoke) { $0.add(.name, arguments.positionals[0]) }
            let token = try Document(answer.reply)
            work.show(
                token,
                "the token \(token.text("name") ?? "") (\(token.id)) opens nothing any more")
        }
        return .done
    }
}
