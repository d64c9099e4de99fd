/// The script for fish: a line for each word and option, with what it means.
enum FishCompletion {
    static func script(_ commands: [CommandTree.Node]) -> String {
        head + commands.flatMap(lines).joined(separator: "\n") + "\n"
    }

    private static func lines(_ node: CommandTree.Node) -> [String] {
        let start = "complete -c proofreel -n \"__proofreel_in '\(node.name)'\""
        let words = node.next.map { word in
            "complete -c proofreel -n \"__proofreel_at '\(node.name)'\" -a \(word.word)"
                + " -d \(quoted(word.meaning))"
        }
        let options = node.options.map { option in
            let name = option.name == "o" ? "-s o" : "-l \(option.name)"
            return "\(start) \(name)\(arguments(option.wanted)) -d \(quoted(option.meaning))"
        }
        guard let wanted = node.wantedWord, wanted != .text else { return words + options }
        let rest =
            wanted.isPath
            ? "-F"
            : arguments(wanted).split(separator: " ").dropFirst()
                .joined(separator: " ")
        return words + options + ["\(start) \(rest)"]
    }

    /// What follows an option, which wants it.
    private static func arguments(_ wanted: Wanted?) -> String {
        switch wanted {
        case nil: ""
        case .file: " -r -F"
        case .folder: " -x -a '(__fish_complete_directories)'"
        case .camera: " -x -a '(__proofreel_cameras)'"
        case .oneOf(let words): " -x -a '\(words.joined(separator: " "))'"
        case .text: " -x"
        }
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.map { "'\\".contains($0) ? "\\\($0)" : String($0) }.joined() + "'"
    }

    private static let head = #"""
        # fish completion for proofreel; made by: proofreel completion fish
        function __proofreel_at --argument-names path
            set -l words (commandline -opc)
            test "$words[2..-1]" = "$path"
        end

        function __proofreel_in --argument-names path
            set -l words (commandline -opc)
            string match -q -- "$path *" "$words[2..-1] "
        end

        function __proofreel_cameras
            set -l words (commandline -opc)
            set -l asked
            for option in \#(OptionSpec.ofServer.joined(separator: " "))
                if set -l at (contains -i -- $option $words[1..-2])
                    set -a asked $option $words[(math $at + 1)]
                end
            end
            PROOFREEL_COMPLETING=1 timeout 2 $words[1] camera list --json $asked \
                2>/dev/null </dev/null |
                string replace -rf '.*[{,]"id":"([^"]*)".*' '$1'
        end

        complete -c proofreel -f

        """#
}
