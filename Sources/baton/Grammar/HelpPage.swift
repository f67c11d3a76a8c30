/// The page that explains a command: usage, what it does, arguments, options, examples; for the
/// whole program also its commands and exit codes. Pure: it answers with lines.
struct HelpPage {
    private let path: [Command]
    private let width: Int
    private var lines: [Text] = []

    static func lines(for path: [Command], width: Int) -> [Text] {
        var page = HelpPage(path: path, width: min(100, max(40, width)))
        page.compose()
        return page.lines
    }

    /// `baton up [FILE] [OPTIONS]`.
    static func usage(of path: [Command]) -> Text {
        guard let command = path.last else { return "" }
        var words = path.map(\.name)
        if !command.subcommands.isEmpty {
            words.append(command.standIn == nil ? "COMMAND" : "[COMMAND]")
        }
        words.append("[OPTIONS]")
        for argument in command.arguments {
            // Whatever is run by another command comes after the sign that ends our own options.
            if argument.takesWords, argument.arity == .some { words.append("--") }
            words.append(argument.signature)
        }
        return "\("Usage:", .bold) \(words.joined(separator: " "))"
    }

    private init(path: [Command], width: Int) {
        self.path = path
        self.width = width
    }

    private mutating func compose() {
        guard let command = path.last else { return }
        lines += Self.wrap(command.summary, width: width).map { Text($0, .bold) }
        lines += ["", Self.usage(of: path)]
        if !command.discussion.isEmpty { lines += [""] + paragraphs(command.discussion) }
        section("Commands", command.subcommands.map { ($0.name, $0.summary) })
        section("Arguments", command.arguments.map { ($0.name, $0.summary) })
        let standIn = command.standIn
        section("Options", entries(command.options + (standIn?.options ?? [])))
        section("Common options", entries(CommonOptions.beside(command.options)))
        examples(command.examples + (standIn?.examples ?? []))
        if path.count == 1 {
            section("A cluster on other machines", Self.variables)
            section("Exit codes", Exit.allCases.map { ("\($0.status)", $0.summary) })
        } else {
            lines += ["", Text("Exit codes, and clusters on other machines: baton --help", .dim)]
        }
    }

    /// How a command or a worker reaches what no `.baton/` upwards tells of.
    private static let variables = [
        ("BATON_BUS", "Its orchestrators, with commas between them: tcp://10.0.0.1:7400"),
        ("BATON_KEY", "The file of one's own key: operator.json, client.json, worker.json"),
        ("BATON_SERVER_KEY", "Their public keys in the same order, where that file names none"),
    ]

    private func entries(_ options: [Option]) -> [(String, String)] {
        options.filter { !$0.hidden }.map { option in
            var text = option.summary
            if case .choice(let words) = option.kind {
                text += " (\(words.joined(separator: ", ")))"
            }
            if let fallback = option.fallback { text += " [default: \(fallback)]" }
            if let variable = option.variable { text += " [variable: \(variable)]" }
            if option.repeats { text += " [may be repeated]" }
            return (option.signature, text)
        }
    }

    private mutating func section(_ title: String, _ entries: [(name: String, text: String)]) {
        guard !entries.isEmpty else { return }
        lines += ["", "\("\(title):", .bold)"]
        let column = min(28, (entries.map { DisplayWidth.of($0.name) }.max() ?? 0) + 2)
        for entry in entries {
            let wrapped = Self.wrap(entry.text, width: width - column - 2)
            let name = Text(entry.name, .cyan)
            // A name too long for its column stands on a line of its own.
            if name.width > column - 2 { lines.append("  \(name)") }
            for (index, line) in wrapped.enumerated() {
                let first = index == 0 && name.width <= column - 2
                lines.append("  \((first ? name : "").padded(to: column))\(line)")
            }
        }
    }

    private mutating func examples(_ examples: [Example]) {
        guard !examples.isEmpty else { return }
        lines += ["", "\("Examples:", .bold)"]
        for example in examples {
            lines.append("  \("# \(example.meaning)", .dim)")
            lines.append("  \(example.line, .green)")
        }
    }

    private func paragraphs(_ text: String) -> [Text] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .flatMap { $0.isEmpty ? [""] : Self.wrap(String($0), width: width) }
            .map { Text($0) }
    }

    /// Breaks at spaces; a line that begins with spaces is kept as it stands.
    static func wrap(_ text: String, width: Int) -> [String] {
        guard !text.hasPrefix(" ") else { return [text] }
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, DisplayWidth.of(line) + 1 + DisplayWidth.of(String(word)) > width {
                lines.append(line)
                line = String(word)
            } else {
                line += line.isEmpty ? String(word) : " " + word
            }
        }
        return lines + [line]
    }
}
