/// The script for zsh: a case for each command, with what each word and option means.
enum ZshCompletion {
    static func script(_ commands: [CommandTree.Node]) -> String {
        head + commands.map(part).joined(separator: "\n") + "\n" + tail
    }

    private static func part(_ node: CommandTree.Node) -> String {
        var specs = node.options.map { spec($0) }
        if !node.next.isEmpty {
            let words = node.next.map { word in
                quoted("\(word.word):\(word.meaning)")
            }
            return
                "        \(quoted(node.name)))\n            next=(\(words.joined(separator: " ")))"
                + "\n            specs=(\(specs.joined(separator: " ")))\n            ;;"
        }
        if let wanted = node.wantedWord {
            specs.append(quoted("*:\(name(wanted)):\(action(wanted))"))
        }
        return "        \(quoted(node.name)))\n            next=()\n            specs=(\n"
            + specs.map { "                \($0)\n" }.joined() + "            )\n            ;;"
    }

    private static func spec(_ option: OptionSpec) -> String {
        let star = option.repeats ? "*" : ""
        let meaning = escaped(option.meaning)
        guard let wanted = option.wanted else { return quoted("\(star)\(option.word)[\(meaning)]") }
        let equals = option.name == "o" ? "" : "="
        return quoted(
            "\(star)\(option.word)\(equals)[\(meaning)]:\(name(wanted)):\(action(wanted))")
    }

    private static func name(_ wanted: Wanted) -> String {
        switch wanted {
        case .file: "file"
        case .folder: "folder"
        case .camera: "camera"
        case .oneOf: "word"
        case .text: "text"
        }
    }

    private static func action(_ wanted: Wanted) -> String {
        switch wanted {
        case .file: "_files"
        case .folder: "_files -/"
        case .camera: "_proofreel_cameras"
        case .oneOf(let words): "(\(words.joined(separator: " ")))"
        case .text: ""
        }
    }

    private static func escaped(_ text: String) -> String {
        text.map { "[]:\\".contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    private static func quoted(_ text: String) -> String {
        "'"
            + text.split(separator: "'", omittingEmptySubsequences: false).joined(
                separator: "'\\''")
            + "'"
    }

    private static let head = """
        #compdef proofreel
        # zsh completion for proofreel; made by: proofreel completion zsh
        _proofreel_command() {
            case $1 in

        """

    private static let tail = #"""
            *) return 1 ;;
            esac
        }

        _proofreel_cameras() {
            local -a asked cameras
            local at option
            for option in \#(OptionSpec.ofServer.joined(separator: " ")); do
                at=${words[(I)$option]}
                (( at )) && asked+=($option ${(Q)words[at + 1]})
            done
            cameras=(${(f)"$(PROOFREEL_COMPLETING=1 timeout 2 ${(Q)program} camera list --json \
                $asked 2>/dev/null </dev/null |
                sed -n 's/.*[{,]"id":"\([^"]*\)".*/\1/p')"})
            compadd -a cameras
        }

        _proofreel() {
            local at=2 name='' program=$words[1]
            local -a next specs
            _proofreel_command ''
            while (( at < CURRENT )) && (( ${next[(I)${words[at]}:*]} )); do
                name="${name:+$name }${words[at]}"
                _proofreel_command "$name"
                (( at++ ))
            done
            if (( $#next )) && [[ $words[CURRENT] != -* ]]; then
                _describe command next
                return
            fi
            # What is left reads as a command of its own.
            words=(proofreel "${(@)words[at, -1]}")
            (( CURRENT -= at - 2 ))
            _arguments $specs
        }

        # Loaded by its name from a folder of functions, or sourced.
        if [[ $funcstack[1] == _proofreel ]]; then
            _proofreel "$@"
        else
            compdef _proofreel proofreel
        fi

        """#
}
