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
        self.run = run
    }

    /// A command that only groups others.
    init(
        _ name: String, _ summary: String, discussion: String = "", examples: [Example] = [],
        options: [Option] = [], subcommands: [Command]
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.examples = examples
        self.arguments = []
        self.options = options
        self.subcommands = subcommands
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
