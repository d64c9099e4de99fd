/// Pages of help, made from the commands' own specifications.
enum Help {
    static func overview(_ console: Console) -> String {
        var lines = [
            "Proofreel keeps pictures as evidence: find them by what they belong to, prove them.",
            "", "usage: proofreel COMMAND [arguments]", "",
        ]
        lines += list(Registry.commands, console)
        lines += [
            "", "proofreel COMMAND --help says more, with examples; --version tells the version.",
            "", console.bold("to begin"),
            "  proofreel serve --data ~/reel --demo",
            "  proofreel find --data ~/reel",
        ]
        return lines.joined(separator: "\n")
    }

    static func group(_ words: [String], _ console: Console) -> String {
        (["usage: proofreel \(words.joined(separator: " ")) COMMAND [arguments]", ""]
            + list(Registry.group(words), console)).joined(separator: "\n")
    }

    static func page(_ command: CommandSpec, _ console: Console) -> String {
        var lines = [
            "\(command.summary)", "",
            "usage: proofreel \(command.name) \(command.usage)",
        ]
        if !command.options.isEmpty {
            lines += ["", console.bold("options")]
            let names = command.options.map { option in
                let dashes = option.name == "o" ? "-" : "--"
                return "\(dashes)\(option.name)" + (option.value.map { " \($0)" } ?? "")
                    + (option.repeats ? " …" : "")
            }
            let width = names.map { Table.width($0) }.max() ?? 0
            for (name, option) in zip(names, command.options) {
                let gap = String(repeating: " ", count: width - Table.width(name) + 2)
                lines.append("  \(name)\(gap)\(option.meaning)")
            }
        }
        if !command.notes.isEmpty { lines += ["", command.notes] }
        lines += ["", console.bold("examples")]
        for example in command.examples {
            lines += ["  \(example.line)", console.faint("      \(example.meaning)")]
        }
        return lines.joined(separator: "\n")
    }

    private static func list(_ commands: [CommandSpec], _ console: Console) -> [String] {
        let width = commands.map(\.name.count).max() ?? 0
        return commands.map { command in
            let gap = String(repeating: " ", count: width - command.name.count + 2)
            return "  \(console.bold(command.name))\(gap)\(command.summary)"
        }
    }
}
