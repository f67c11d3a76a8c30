/// What a bare `baton` says: what there is to do, in the order in which it is done, on half a page.
enum Overview {
    private struct Topic {
        let title: String
        let commands: [String]
    }

    private static let topics = [
        Topic(title: "Start and stop", commands: ["up", "down", "status", "logs", "doctor"]),
        Topic(
            title: "Ask agents",
            commands: ["call", "ask", "notify", "pipeline", "broadcast", "bench"]),
        Topic(title: "Make agents", commands: ["init", "worker", "workflows", "eval"]),
        Topic(
            title: "See what happens",
            commands: ["top", "tap", "trace", "explain", "replay", "agents", "instances"]),
        Topic(
            title: "Decide and keep",
            commands: ["requests", "sessions", "approve", "dead", "freeze", "store"]),
        Topic(title: "Set up", commands: ["config", "keys", "completion", "version", "help"]),
    ]

    /// Every command once; a test holds it to the tree.
    static var commands: [String] { topics.flatMap(\.commands) }

    static func lines(_ root: Command, width: Int) -> [Text] {
        let column = (topics.map(\.title.count).max() ?? 0) + 4
        let width = min(100, max(40, width))
        func wrapped(_ text: String) -> [Text] {
            HelpPage.wrap(text, width: width).map { Text($0) }
        }
        var lines = wrapped(root.summary) + ["", HelpPage.usage(of: [root]), ""]
        for topic in topics {
            let names = HelpPage.wrap(topic.commands.joined(separator: " "), width: width - column)
            for (index, line) in names.enumerated() {
                let title = Text(index == 0 ? "  \(topic.title)" : "").padded(to: column)
                lines.append("\(title)\(line, .cyan)")
            }
        }
        return lines + [""]
            + wrapped(
                "Start with: baton up, then, in another terminal: baton call echo '\"hello\"'")
            + wrapped("All of it: baton --help; one command: baton COMMAND --help")
    }
}
