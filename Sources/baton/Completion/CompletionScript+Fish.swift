import Wire

/// Completion for fish: one `complete` line for each command and option, guarded by the path typed
/// so far.
extension CompletionScript {
    var fish: String {
        """
        # Completion of \(name) for fish: \(name) completion fish | source
        function __\(name)_path
            set -l path
            for word in (commandline -opc)[2..]
                string match -q -- '-*' $word; or set -a path $word
            end
            string match -q -- "$argv[1]*" "$path"
        end
        complete -c \(name) -f
        \(entries.flatMap(lines).joined(separator: "\n"))

        """
    }

    private func lines(_ entry: Entry) -> [String] {
        let isRoot = entry.path.isEmpty
        let guarded =
            isRoot ? "-n __fish_use_subcommand" : "-n '__\(name)_path \"\(entry.path)\"'"
        let commands = entry.command.subcommands.map { next in
            "complete -c \(name) \(guarded) -a \(next.name) -d \(Self.fishQuoted(next.summary))"
        }
        let own = isRoot ? entry.options : entry.command.options.filter { !$0.hidden }
        let options = own.map { option in
            let short = option.short.map { " -s \($0)" } ?? ""
            let condition = isRoot ? "" : " \(guarded)"
            return "complete -c \(name)\(condition) -l \(option.name)\(short)"
                + "\(action(option.kind)) -d \(Self.fishQuoted(option.summary))"
        }
        let arguments = entry.command.arguments.prefix(1).map { argument in
            "complete -c \(name) \(guarded)\(action(argument.kind))"
        }
        return commands + options + arguments
    }

    private func action(_ kind: Kind) -> String {
        switch kind {
        case .flag: ""
        case .text, .name, .number, .duration: " -x"
        case .agent, .agents, .receiver: " -x -a '(\(name) agents --names 2>/dev/null)'"
        case .choice(let words): " -x -a '\(words.joined(separator: " "))'"
        case .messageTypes: " -x -a '\(MessageType.shown.map(\.name).joined(separator: " "))'"
        case .file: " -r -F"
        case .directory: " -x -a '(__fish_complete_directories)'"
        }
    }

    private static func fishQuoted(_ text: String) -> String {
        "'" + text.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "'"
    }
}
