import Wire

/// Completion for zsh: one function a command path, each an `_arguments` call.
extension CompletionScript {
    var zsh: String {
        """
        #compdef \(name)
        # Completion of \(name) for zsh: put this into a file _\(name) on your fpath.
        _\(name)_agents() {
            local -a agents
            agents=(${(f)"$(\(name) agents --names 2>/dev/null)"})
            compadd -a agents
        }
        \(entries.map(function).joined(separator: "\n"))
        compdef _\(name) \(name)

        """
    }

    private func function(_ entry: Entry) -> String {
        let arguments = (entry.options.flatMap(specifications) + positions(entry))
            .map { "        \($0)" }.joined(separator: " \\\n")
        guard !entry.words.isEmpty else {
            return "\(functionName(entry.path))() {\n    _arguments -s \\\n\(arguments)\n}"
        }
        let described = entry.command.subcommands
            .map { "        \(Self.quoted("\($0.name):\($0.summary)"))" }.joined(separator: "\n")
        let cases = entry.words.map { word in
            let path = entry.path.isEmpty ? word : "\(entry.path) \(word)"
            return "            \(word)) \(functionName(path)) ;;"
        }.joined(separator: "\n")
        return """
            \(functionName(entry.path))() {
                local context state line
                local -a commands
                commands=(
            \(described)
                )
                _arguments -s -C \\
            \(arguments) \\
                    '1: :->command' '*:: :->rest'
                case $state in
                    command) _describe command commands ;;
                    rest) case $line[1] in
            \(cases)
                    esac ;;
                esac
            }
            """
    }

    private func functionName(_ path: String) -> String {
        "_"
            + (path.isEmpty ? name : "\(name)_\(path)").map { $0 == " " ? "_" : String($0) }
            .joined()
    }

    private func specifications(_ option: Option) -> [String] {
        Self.spellings(option).map { spelling in
            let star = option.repeats ? "*" : ""
            let sign = option.isFlag ? "" : spelling.hasPrefix("--") ? "=" : "+"
            let summary = option.summary.filter { $0 != "[" && $0 != "]" && $0 != ":" }
            let value = option.isFlag ? "" : ":\(option.valueName):\(action(option.kind))"
            return Self.quoted("\(star)\(spelling)\(sign)[\(summary)]\(value)")
        }
    }

    private func positions(_ entry: Entry) -> [String] {
        entry.command.arguments.map { argument in
            argument.takesMany
                ? "'*::\(argument.name): _normal'"
                : Self.quoted(":\(argument.name):\(action(argument.kind))")
        }
    }

    private func action(_ kind: Kind) -> String {
        switch kind {
        case .flag, .text, .name, .number, .duration: " "
        case .agent, .agents, .receiver: "_\(name)_agents"
        case .choice(let words): "(\(words.joined(separator: " ")))"
        case .messageTypes: "(\(MessageType.shown.map(\.name).joined(separator: " ")))"
        case .file: "_files"
        case .directory: "_files -/"
        }
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
    }
}
