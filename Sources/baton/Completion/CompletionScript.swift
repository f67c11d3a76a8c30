/// What the three shells have in common: the tree flattened into one entry a command path.
///
/// A script is text made from our own tree only, so nothing in it needs quoting beyond what is done
/// here.
struct CompletionScript {
    enum Shell: String, CaseIterable, Sendable { case bash, zsh, fish }

    struct Entry {
        let path: String
        let command: Command
        let options: [Option]

        var words: [String] { command.subcommands.map(\.name) }
    }

    let name: String
    let entries: [Entry]

    init(tree: Command) {
        name = tree.name
        entries = Self.flatten(tree, path: "", inherited: CommonOptions.beside([]))
    }

    func text(for shell: Shell) -> String {
        switch shell {
        case .bash: bash
        case .zsh: zsh
        case .fish: fish
        }
    }

    private static func flatten(_ command: Command, path: String, inherited: [Option]) -> [Entry] {
        let own = (command.options + (command.standIn?.options ?? [])).filter { !$0.hidden }
        let options = own + inherited.filter { other in !own.contains { $0.name == other.name } }
        let entry = Entry(path: path, command: command, options: options)
        return [entry]
            + command.subcommands.flatMap { next in
                let name = path.isEmpty ? next.name : "\(path) \(next.name)"
                return flatten(next, path: name, inherited: options)
            }
    }

    /// `--json`, `-h`, as they are typed.
    static func spellings(_ option: Option) -> [String] {
        ["--\(option.name)"] + (option.short.map { ["-\($0)"] } ?? [])
    }
}
