extension CommandSpec {
    static let completion = CommandSpec(
        path: ["completion"], summary: "Print what makes a shell complete these commands.",
        usage: "bash|zsh|fish", positionals: 1...1, options: [],
        examples: [
            .init("source <(proofreel completion bash)", "for this shell"),
            .init(
                "proofreel completion bash > /etc/bash_completion.d/proofreel",
                "for everybody's bash"),
        ],
        notes: "It completes commands, options, files, and the ids of cameras while a server runs.",
        run: { arguments, console in
            let script =
                switch arguments.positionals[0] {
                case "bash": BashCompletion.script(CommandTree.nodes)
                case "zsh": ZshCompletion.script(CommandTree.nodes)
                case "fish": FishCompletion.script(CommandTree.nodes)
                case let other:
                    throw UsageError("\"\(other)\" is no shell that is known: bash, zsh or fish")
                }
            console.write(Array(script.utf8))
            return .done
        })

    static let manual = CommandSpec(
        path: ["manual"], summary: "Print the manual page, in the language of man.",
        usage: "", options: [],
        examples: [
            .init("proofreel manual | man -l -", "read it"),
            .init(
                "proofreel manual > /usr/local/share/man/man1/proofreel.1", "then man proofreel"),
        ],
        run: { _, console in
            console.write(Array(ManualPage.text(Registry.commands).utf8))
            return .done
        })
}
