import Document
import Telemetry

/// Turns words into a command and its values. Pure: words and variables in, an outcome out;
/// whatever the words are, it never traps and it echoes at most a short, printable piece of them.
struct Parser {
    enum Outcome {
        case run([Command], Values)
        case help([Command])
        case refused(Fault, [Command])
    }

    private let variables: [String: String]
    private var words: ArraySlice<String>
    private var path: [Command]
    private var values = Values()
    private var loose: [String] = []
    private var wantsHelp = false

    static func parse(
        _ words: [String], tree: Command, variables: [String: String] = [:]
    ) -> Outcome {
        var parser = Parser(variables: variables, words: words[...], path: [tree])
        do throws(Fault) {
            try parser.readWords()
            if parser.wantsHelp { return .help(parser.path) }
            try parser.finish()
            return .run(parser.path, parser.values)
        } catch {
            return parser.wantsHelp ? .help(parser.path) : .refused(error, parser.path)
        }
    }

    private init(variables: [String: String], words: ArraySlice<String>, path: [Command]) {
        self.variables = variables
        self.words = words
        self.path = path
    }

    private var command: Command { path[path.count - 1] }

    private var options: [Option] {
        let own = (path + (command.standIn.map { [$0] } ?? [])).flatMap(\.options)
        return own + CommonOptions.beside(own)
    }

    // MARK: Words

    private mutating func readWords() throws(Fault) {
        while let word = words.popFirst() {
            if word == "--" {
                loose += words
                return
            } else if word.hasPrefix("--") {
                try readLong(word)
            } else if word.hasPrefix("-"), word != "-" {
                try readShort(word)
            } else if !command.subcommands.isEmpty {
                try descend(word)
            } else {
                loose.append(word)
            }
        }
    }

    private mutating func descend(_ word: String) throws(Fault) {
        if let next = command.subcommands.first(where: { $0.name == word }) {
            path.append(next)
            return
        }
        noticeHelp()
        let names = command.subcommands.map(\.name)
        throw usage("\(title) has no command \(quoted(word))", nearest: word, among: names)
    }

    private mutating func readLong(_ word: String) throws(Fault) {
        let body = word.dropFirst(2)
        let end = body.firstIndex(of: "=")
        let name = String(body[..<(end ?? body.endIndex)])
        guard let option = options.first(where: { $0.name == name }) else {
            noticeHelp()
            throw unknown("--\(name)", options.filter { !$0.hidden }.map { "--\($0.name)" })
        }
        try read(
            option, attached: end.map { String(body[body.index(after: $0)...]) }, as: "--\(name)")
    }

    /// `-n5`, `-n 5`, and flags in one word: `-fn 5`.
    private mutating func readShort(_ word: String) throws(Fault) {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            guard let option = options.first(where: { $0.short == letter }) else {
                noticeHelp()
                let negative = letter.isNumber
                throw unknown(negative ? word : "-\(letter)", [])
            }
            if option.isFlag {
                try read(option, attached: nil, as: "-\(letter)")
            } else {
                let rest = letters.first == "=" ? letters.dropFirst() : letters
                try read(option, attached: letters.isEmpty ? nil : String(rest), as: "-\(letter)")
                return
            }
        }
    }

    private mutating func read(
        _ option: Option, attached: String?, as spelling: String
    ) throws(Fault) {
        if option.name == CommonOptions.help.name { wantsHelp = true }
        if option.isFlag {
            guard attached == nil else { throw usage("\(spelling) takes no value.") }
            values.add("true", to: option)
            return
        }
        guard let value = attached ?? nextValue() else {
            noticeHelp()
            throw usage("\(spelling) needs a value: \(spelling) \(option.valueName).")
        }
        try check(value, option.kind, spelling)
        guard option.repeats || values[option].isEmpty else {
            throw usage("\(spelling) is given twice; it takes one value.")
        }
        values.add(value, to: option)
    }

    /// The next word, unless it is one of our own options: then the value was forgotten.
    private mutating func nextValue() -> String? {
        guard let word = words.first, word != "--" else { return nil }
        let known = options.contains { option in
            word == "--\(option.name)" || option.short.map { word == "-\($0)" } ?? false
        }
        return known ? nil : words.popFirst()
    }

    /// Help wins over a mistake in the same line.
    private mutating func noticeHelp() {
        let ahead = words.prefix { $0 != "--" }
        if ahead.contains("--help") || ahead.contains("-h") { wantsHelp = true }
    }

    // MARK: The end of the line

    private mutating func finish() throws(Fault) {
        if let standIn = command.standIn { path.append(standIn) }
        guard command.run != nil else {
            let what = path.count == 1 ? "a command" : "one of its commands"
            throw usage("\(title) needs \(what): \(names(command.subcommands.map(\.name))).")
        }
        try placeArguments()
        for option in options where values[option].isEmpty { try fillIn(option) }
    }

    private mutating func placeArguments() throws(Fault) {
        var left = loose[...]
        for argument in command.arguments {
            let taken = argument.takesMany ? left.count : min(1, left.count)
            if taken == 0, argument.arity == .one || argument.arity == .some {
                throw usage("\(title) needs \(argument.name): \(argument.clause)")
            }
            for value in left.prefix(taken) {
                // Words of a command to run and texts may be empty; names and files may not.
                if !argument.takesWords { try check(value, argument.kind, argument.name) }
                values.add(value, to: argument)
            }
            left = left.dropFirst(taken)
        }
        if let extra = left.first {
            throw usage("\(title) does not take the argument \(quoted(extra)).")
        }
    }

    private mutating func fillIn(_ option: Option) throws(Fault) {
        if let variable = option.variable, let value = variables[variable], !value.isEmpty {
            try check(value, option.kind, variable)
            values.add(value, to: option)
        } else if let fallback = option.fallback {
            values.add(fallback, to: option)
        }
    }

    private func check(_ value: String, _ kind: Kind, _ place: String) throws(Fault) {
        if let problem = kind.problem(with: value) {
            throw usage("\(place) \(problem), not \(quoted(value)).")
        }
    }

    // MARK: Refusals

    /// The program's own name stands before every message already.
    private var title: String {
        path.count == 1 ? path[0].name : path.dropFirst().map(\.name).joined(separator: " ")
    }

    private func names(_ list: [String]) -> String { list.joined(separator: ", ") }

    private func quoted(_ word: String) -> String { Printable.quoted(word) }

    private func usage(_ message: String) -> Fault { Fault(Exit.usage, message) }

    private func usage(_ message: String, nearest word: String, among list: [String]) -> Fault {
        usage(message + Suggestion.phrase(for: word, in: list))
    }

    private func unknown(_ spelling: String, _ list: [String]) -> Fault {
        let takesWords = command.arguments.contains(where: \.takesWords)
        let message = "\(title) has no option \(quoted(spelling))"
        if takesWords || (list.isEmpty && !command.arguments.isEmpty) {
            return usage("\(message); put -- before words that are not options of \(title).")
        }
        return usage(message, nearest: spelling, among: list)
    }
}
