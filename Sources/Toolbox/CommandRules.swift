import Document
import Telemetry

/// Which programs may be run at all: a file of the operator, and without one none.
struct CommandRules: Sendable {
    private(set) var rules: [CommandRule] = []

    init(_ rules: [CommandRule] = []) { self.rules = rules }

    /// - Parameter file: empty: no program may be run.
    init(file: String) throws(Fault) {
        guard !file.isEmpty else {
            self.init()
            return
        }
        try self.init(YAML.parse(Files.read(file, limit: 256 << 10), source: file))
    }

    init(_ node: Node) throws(Fault) {
        let map = try node.mapping(knownKeys: ["commands"])
        for (name, node) in try map.required("commands").entries() {
            rules.append(try CommandRule(name, node))
        }
    }

    /// The rule for what a workflow has as its command, and the arguments that it holds itself.
    func find(_ command: String) throws(Problem) -> (rule: CommandRule, arguments: [String]) {
        let whole = Self.trimmed(command)
        let rule = rules.first { $0.name == whole || $0.text.map(Self.trimmed) == whole }
        if let rule { return (rule, []) }
        let words = try Words.split(command)
        guard let name = words.first, let rule = rules.first(where: { $0.name == name }) else {
            throw Self.unknown(words.first ?? "", known: rules.map(\.name))
        }
        return (rule, Array(words.dropFirst()))
    }

    private static func trimmed(_ text: String) -> String {
        let isBlank: (Character) -> Bool = { $0.isWhitespace || $0.isNewline }
        guard let first = text.firstIndex(where: { !isBlank($0) }),
            let last = text.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(text[first...last])
    }

    private static func unknown(_ name: String, known: [String]) -> Problem {
        let how =
            known.isEmpty
            ? "this worker may run no program; allow some with --commands FILE, such as"
                + " commands: {\(name.prefix(40)): {path: /usr/bin/\(name.prefix(40))}}"
            : "add it to the file of --commands" + Suggestion.phrase(for: name, in: known)
        return Problem(
            .authorization, "The command is not allowed", "\(name.prefix(60)): \(how)")
    }

    /// Splits a line into words as people write them; nothing in it is ever carried out.
    enum Words {
        private static let signs = Set("$`;|&<>()*?[]#~!{}\\\n")

        static func split(_ line: String) throws(Problem) -> [String] {
            var (words, word, quote) = ([String](), String?.none, Character?.none)
            for character in line {
                if let open = quote {
                    guard character != open else {
                        quote = nil
                        continue
                    }
                    guard open == "'" || !"$`\\".contains(character) else { throw sign(character) }
                    word = (word ?? "") + String(character)
                } else if character == "'" || character == "\"" {
                    quote = character
                    word = word ?? ""
                } else if character == " " || character == "\t" {
                    if let whole = word { words.append(whole) }
                    word = nil
                } else {
                    guard !signs.contains(character) else { throw sign(character) }
                    word = (word ?? "") + String(character)
                }
            }
            guard quote == nil else {
                throw Problem(.validation, "The command is no good", "a quotation does not end")
            }
            if let word { words.append(word) }
            guard !words.isEmpty else {
                throw Problem(.validation, "The command is no good", "it is empty")
            }
            return words
        }

        private static func sign(_ character: Character) -> Problem {
            let shown = character == "\n" ? "a line break" : String(character)
            return Problem(
                .authorization, "The command is not allowed",
                "no shell reads it, so \(shown) means nothing: name a program, and give its"
                    + " arguments as a list; or allow this text as the text of a program in the"
                    + " file of --commands")
        }
    }
}
