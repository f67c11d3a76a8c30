/// One command of the tree: what it is called, what it takes, and what it does.
///
/// A command is a value. Parsing, help and completion read it; only `run` has effects, and all of
/// them go through the invocation's console.
struct Command: Sendable {
    typealias Body = @Sendable (Invocation) async throws -> Exit

    let name: String
    let summary: String
    let discussion: String
    let examples: [Example]
    let arguments: [Argument]
    let options: [Option]
    let subcommands: [Command]
    /// Whether the first of them is meant where none is named.
    let firstStandsIn: Bool
    let run: Body?

    init(
        _ name: String, _ summary: String, discussion: String = "", examples: [Example] = [],
        arguments: [Argument] = [], options: [Option] = [], run: @escaping Body
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.examples = examples
        self.arguments = arguments
        self.options = options
        self.subcommands = []
        self.firstStandsIn = false
        self.run = run
    }

    /// The command that is meant where none of the group is named.
    var standIn: Command? { firstStandsIn ? subcommands.first : nil }

    /// A command that only groups others.
    init(
        _ name: String, _ summary: String, discussion: String = "", examples: [Example] = [],
        options: [Option] = [], subcommands: [Command], firstStandsIn: Bool = false
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.examples = examples
        self.arguments = []
        self.options = options
        self.subcommands = subcommands
        self.firstStandsIn = firstStandsIn
        self.run = nil
    }
}

/// One line to type, and what it is good for.
struct Example: Sendable {
    let line: String
    let meaning: String

    init(_ line: String, _ meaning: String) {
        self.line = line
        self.meaning = meaning
    }
}
