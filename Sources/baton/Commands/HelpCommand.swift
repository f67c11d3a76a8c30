import Document
import Telemetry

/// `baton help [COMMAND …]`: the same pages as `--help`, for those who ask in words.
enum HelpCommand {
    private static let topic = Argument("COMMAND", .text, "The command to explain", .any)

    static let command = Command(
        "help", "Explains a command",
        examples: [
            Example("baton help", "All commands"),
            Example("baton help init worker", "One of them"),
        ],
        arguments: [topic]
    ) { invocation in
        var path = [invocation.path[0]]
        for word in invocation.texts(topic) {
            let commands = path[path.count - 1].subcommands
            guard let next = commands.first(where: { $0.name == word }) else {
                throw unknown(word, of: path, commands.map(\.name))
            }
            path.append(next)
        }
        let output = invocation.console.output
        try output.lines(HelpPage.lines(for: path, width: output.terminal.columns))
        return .ok
    }

    private static func unknown(_ word: String, of path: [Command], _ names: [String]) -> Fault {
        let title = (path.count == 1 ? path[...] : path.dropFirst()).map(\.name)
        let offer = Suggestion.phrase(for: word, in: names)
        return Fault(
            Exit.usage,
            "\(title.joined(separator: " ")) has no command \(Printable.quoted(word))\(offer)")
    }
}
