internal import Access
internal import Base
internal import EvidenceFormat
internal import Linux
internal import Server

extension CommandSpec {
    static let tokenAdd = CommandSpec(
        path: ["token", "add"], summary: "Let a program in; prints its token.",
        usage: "NAME --role ROLE [--camera ID] [--days N]", positionals: 1...1,
        options: OptionSpec.grant + OptionSpec.writing,
        examples: [
            .init(
                "proofreel token add erp-odoo --role erp --role operator --days 365", "for an ERP")
        ],
        notes: "The token is shown once; only a hash of it is kept.",
        place: .served,
        run: { try Tokens(Work(arguments: $0, console: $1)).add() })

    static let tokenList = CommandSpec(
        path: ["token", "list"], summary: "Show the tokens and when they were last used.",
        usage: "[--all] [--json]",
        options: [.flag("all", "also those that were revoked")] + OptionSpec.reading,
        examples: [.init("proofreel token list", "")],
        place: .served,
        run: { try Tokens(Work(arguments: $0, console: $1)).list() })

    static let tokenRevoke = CommandSpec(
        path: ["token", "revoke"], summary: "Make a token worthless, at once.",
        usage: "NAME|ID", positionals: 1...1, options: OptionSpec.writing,
        examples: [.init("proofreel token revoke erp-odoo", "")],
        place: .served,
        run: { try Tokens(Work(arguments: $0, console: $1)).revoke() })
}

struct Tokens {
    private let work: Work
    private var arguments: Arguments { work.arguments }

    init(_ work: Work) { self.work = work }

    func add() throws -> ExitCode {
        let name = arguments.positionals[0]
        let grant = try GrantText.new(arguments)
        let (token, text) = try work.changing { try $0.addToken(name, grant, by: work.author) }
        if arguments.has("json") {
            work.console.print(
                JSON.object(
                    JSONObject([
                        ("id", .string(token.id)), ("name", .string(name)),
                        ("token", .string(text)),
                    ])))
        } else {
            work.console.print("\(name) may log in with the token")
            work.console.print(work.console.bold(text))
            work.console.print(work.console.faint("it is shown once"))
        }
        return .done
    }

    func list() throws -> ExitCode {
        let tokens = try work.contents().tokens.filter {
            arguments.has("all") || $0.revoked == nil
        }
        if arguments.has("json") {
            for token in tokens { work.console.print(GrantJSON.make(token)) }
            return .done
        }
        var table = Table(["name", "id", "roles", "cameras", "end", "last used"])
        for token in tokens {
            var cells = GrantText.cells(token.grant)
            if let revoked = token.revoked { cells[2] = "revoked \(Amount.time(revoked))" }
            table.add(
                [token.name, token.id] + cells + [token.lastUsed.map(Amount.time) ?? "never"])
        }
        for line in table.lines(work.console) { work.console.print(line) }
        return .done
    }

    func revoke() throws -> ExitCode {
        let token = try work.changing {
            try $0.revokeToken(arguments.positionals[0], by: work.author)
        }
        if arguments.has("json") {
            work.console.print(GrantJSON.make(token))
        } else {
            work.console.print("the token \(token.name) (\(token.id)) opens nothing any more")
        }
        return .done
    }
}
