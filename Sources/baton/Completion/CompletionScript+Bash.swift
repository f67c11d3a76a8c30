import Wire

/// Completion for bash 4 and later. The script walks the words typed so far down the tree, skips
/// the values of options, and offers what may stand at the cursor.
extension CompletionScript {
    var bash: String {
        """
        # Completion of \(name) for bash: eval "$(\(name) completion bash)"
        _\(name)_words() {
            case "$1" in
        \(lines(entries) { "\(Self.pattern($0.path))) echo '\(offered($0))' ;;" })
            esac
        }
        _\(name)_value() {
            case "$1 $2" in
        \(lines(valued) { "\(pattern($0)) echo '\(Self.source($0.option.kind))' ;;" })
            esac
        }
        _\(name)_argument() {
            case "$1" in
        \(lines(entriesWithArgument) { "\(Self.pattern($0.path))) echo '\(argument($0))' ;;" })
            esac
        }
        _\(name)_offer() {
            local IFS=$' \\t\\n'
            case "$1" in
                file) COMPREPLY=($(compgen -f -- "$2")) ;;
                directory) COMPREPLY=($(compgen -d -- "$2")) ;;
                agent) COMPREPLY=($(compgen -W "$(\(name) agents --names 2>/dev/null)" -- "$2")) ;;
                text | '') COMPREPLY=() ;;
                *) COMPREPLY=($(compgen -W "$1" -- "$2")) ;;
            esac
        }
        _\(name)() {
            local current="${COMP_WORDS[COMP_CWORD]}" path='' index word kind
            for ((index = 1; index < COMP_CWORD; index++)); do
                word="${COMP_WORDS[index]}"
                [[ $word == -- ]] && { COMPREPLY=($(compgen -c -- "$current")); return; }
                if [[ $word == -* ]]; then
                    kind="$(_\(name)_value "$path" "$word")"
                    [[ -z $kind ]] && continue
                    [[ ${COMP_WORDS[index + 1]} == = ]] && ((index++))
                    ((index + 1 >= COMP_CWORD)) || { ((index++)); continue; }
                    [[ $current == = ]] && current=''
                    _\(name)_offer "$kind" "$current"
                    return
                fi
                [[ " $(_\(name)_words "$path") " == *" $word "* ]] && path="${path:+$path }$word"
            done
            if [[ $current == -* ]]; then
                COMPREPLY=($(compgen -W "$(_\(name)_words "$path")" -- "$current"))
                return
            fi
            kind="$(_\(name)_argument "$path")"
            [[ -n $kind ]] && { _\(name)_offer "$kind" "$current"; return; }
            COMPREPLY=($(compgen -W "$(_\(name)_words "$path")" -- "$current"))
            [[ -n $current ]] || COMPREPLY=($(printf '%s\\n' "${COMPREPLY[@]}" | grep -v '^-'))
        }
        complete -o bashdefault -F _\(name) \(name)

        """
    }

    private struct Valued {
        let path: String
        let option: Option
    }

    private var valued: [Valued] {
        entries.flatMap { entry in
            entry.options.filter { !$0.isFlag }.map { Valued(path: entry.path, option: $0) }
        }
    }

    private var entriesWithArgument: [Entry] {
        entries.filter { $0.command.arguments.first != nil }
    }

    private func argument(_ entry: Entry) -> String {
        entry.command.arguments.first.map { Self.source($0.kind) } ?? ""
    }

    private func offered(_ entry: Entry) -> String {
        (entry.words + entry.options.flatMap(Self.spellings)).joined(separator: " ")
    }

    private func lines<Item>(_ items: [Item], _ line: (Item) -> String) -> String {
        items.map { "        " + line($0) }.joined(separator: "\n")
    }

    private static func pattern(_ path: String) -> String { "'\(path)'" }

    private func pattern(_ valued: Valued) -> String {
        Self.spellings(valued.option).map { "'\(valued.path) \($0)'" }.joined(separator: " | ")
            + ")"
    }

    /// What the values of a kind are completed from: a word for the script, or the words
    /// themselves.
    private static func source(_ kind: Kind) -> String {
        switch kind {
        case .flag, .text, .name, .number, .duration: "text"
        case .agent, .agents, .receiver: "agent"
        case .choice(let words): words.joined(separator: " ")
        case .messageTypes: MessageType.shown.map(\.name).joined(separator: " ")
        case .file: "file"
        case .directory: "directory"
        }
    }
}
