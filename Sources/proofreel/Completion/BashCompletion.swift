/// The script for bash: one line for each command, and a function that reads them.
///
/// A line has the words that may follow (`next`), what other words name (`rest`), and the options
/// with what their values name. Options without a value end in a colon alone.
enum BashCompletion {
    static func script(_ commands: [CommandTree.Node]) -> String {
        let lines = commands.map { node in
            let options = node.options.map { "\($0.word):\(kind($0.wanted))" }
            return "        '\(node.name)') next='\(node.next.map(\.word).joined(separator: " "))'"
                + " rest='\(kind(node.wantedWord))' options='\(options.joined(separator: " "))' ;;"
        }
        return head + lines.joined(separator: "\n") + "\n" + tail
    }

    private static func kind(_ wanted: Wanted?) -> String {
        switch wanted {
        case nil: ""
        case .file: "file"
        case .folder: "folder"
        case .camera: "camera"
        case .oneOf(let words): words.joined(separator: "|")
        case .text: "text"
        }
    }

    private static let head = """
        # bash completion for proofreel; made by: proofreel completion bash
        _proofreel_command() {
            case $1 in

        """

    private static let tail = #"""
                *) return 1 ;;
            esac
        }

        _proofreel_cameras() {
            local asked=() word i
            for ((i = 1; i + 1 < ${#COMP_WORDS[@]}; i++)); do
                case ${COMP_WORDS[i]} in
                    \#(OptionSpec.ofServer.joined(separator: " | "))) ;;
                    *) continue ;;
                esac
                asked+=("${COMP_WORDS[i]}")
                [ "${COMP_WORDS[i + 1]}" = = ] && ((i++))
                word=${COMP_WORDS[++i]}
                # The line is cut at colons as well.
                while [[ ${COMP_WORDS[i + 1]} == [:=] ]]; do
                    word+=${COMP_WORDS[i + 1]}${COMP_WORDS[i + 2]}
                    ((i += 2))
                done
                asked+=("${word/#\~\//$HOME/}")
            done
            PROOFREEL_COMPLETING=1 timeout 2 "${COMP_WORDS[0]}" camera list --json "${asked[@]}" \
                2>/dev/null </dev/null | sed -n 's/.*[{,]"id":"\([^"]*\)".*/\1/p'
        }

        _proofreel_offer() { # what the word names, and its beginning
            local IFS=$'\n'
            case $1 in
                '' | text) ;;
                file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$2")) ;;
                folder) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$2")) ;;
                camera) COMPREPLY=($(compgen -W "$(_proofreel_cameras)" -- "$2")) ;;
                *) COMPREPLY=($(compgen -W "${1//|/$'\n'}" -- "$2")) ;;
            esac
        }

        _proofreel() {
            local path='' next='' rest='' options='' i word option current before
            COMPREPLY=()
            current=${COMP_WORDS[COMP_CWORD]}
            before=${COMP_WORDS[COMP_CWORD - 1]}
            # The line is cut at =, which then stands alone.
            if [ "$current" = = ]; then
                current=''
            elif [ "$before" = = ]; then
                before=${COMP_WORDS[COMP_CWORD - 2]}
            fi
            _proofreel_command ''
            for ((i = 1; i < COMP_CWORD; i++)); do
                word=${COMP_WORDS[i]}
                [ -n "$next" ] || break
                case " $next " in *" $word "*) ;; *) return ;; esac
                path="${path:+$path }$word"
                _proofreel_command "$path"
            done
            for option in $options; do
                if [ "${option%%:*}" = "$before" ] && [ -n "${option#*:}" ]; then
                    _proofreel_offer "${option#*:}" "$current"
                    return
                fi
            done
            case $current in
                -*)
                    word=''
                    for option in $options; do word+="${option%%:*}"$'\n'; done
                    COMPREPLY=($(compgen -W "$word" -- "$current"))
                    ;;
                *)
                    if [ -n "$next" ]; then
                        COMPREPLY=($(compgen -W "$next" -- "$current"))
                    else
                        _proofreel_offer "$rest" "$current"
                    fi
                    ;;
            esac
        }
        complete -F _proofreel proofreel

        """#
}
