/// The manual page in roff, made from the commands' own specifications.
enum ManualPage {
    static func text(_ commands: [CommandSpec]) -> String {
        var lines = [
            ".TH PROOFREEL 1 \(Program.versionDate) \"proofreel \(Program.version)\" \"Proofreel\"",
            ".SH NAME", "proofreel \\- keep pictures as evidence, find them, prove them",
            ".SH SYNOPSIS", ".B proofreel", "COMMAND [arguments]",
            ".SH DESCRIPTION",
            "A flight recorder and evidence store for the cameras of a factory.",
            "Each command says the same with",
            ".BR \\-\\-help .", ".SH COMMANDS",
        ]
        for command in commands { lines += part(command) }
        lines += [".SH EXIT STATUS"]
        for (code, meaning) in codes { lines += [".TP", ".B \(code)", escaped(meaning)] }
        lines += [".SH ENVIRONMENT"]
        for (name, meaning) in variables { lines += [".TP", ".B \(name)", escaped(meaning)] }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func part(_ command: CommandSpec) -> [String] {
        var lines = [
            ".SS proofreel \(escaped(command.name)) \(escaped(command.usage))"
                .trimmed, escaped(command.summary),
        ]
        for option in command.options {
            let value = option.value.map { " \\fI\(escaped($0))\\fR" } ?? ""
            lines += [".TP", "\\fB\(escaped(option.word))\\fR\(value)", escaped(option.meaning)]
        }
        if !command.notes.isEmpty {
            lines.append(".PP")
            lines += command.notes.split(separator: "\n").map { escaped(String($0)) }
        }
        for example in command.examples {
            lines += [".PP", escaped(example.meaning.isEmpty ? "example" : example.meaning) + ":"]
            lines += [".PP", ".nf", ".RS 4", escaped(example.line), ".RE", ".fi"]
        }
        return lines
    }

    private static let codes = [
        ("0", "done"), ("1", "failed; standard error says why and what to do"),
        ("2", "the command line makes no sense"),
        ("3", "refused: a right is missing, or the identity could not prove itself"),
        ("4", "not found"),
    ]
    private static let variables = [
        ("PROOFREEL_DATA", "the data directory, when --data is not given"),
        ("PROOFREEL_SERVER", "the server of another machine, when --server is not given"),
        ("PROOFREEL_TOKEN", "the token that lets this command in there"),
        ("PROOFREEL_FINGERPRINT", "the key that the server must have"),
        ("PROOFREEL_PASSPHRASE_FILE", "what opens the log's key"),
        ("NO_COLOR", "set to anything: no colours"),
    ]

    /// Backslashes, hyphens that are typed, and signs that begin a request are text here; what is
    /// not ASCII has names that every formatter knows.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "…": result += "..."
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            default: result.append(character)
            }
        }
        return result.hasPrefix(".") ? "\\&" + result : result
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
