/// What to start and how: values only. It never passes through a shell.
package struct Command: Sendable {
    /// Where one of the three standard streams of a child leads.
    package enum Stream: Sendable, Hashable {
        /// The same place as the parent's.
        case inherited
        /// Nowhere: reads end at once, writes are lost.
        case null
        /// A pipe whose other end is taken from the `ChildProcess`.
        case pipe
        /// A file: read from its start, or appended to and created (mode 0600) if need be.
        case file(String)
    }

    /// The program, searched for in the parent's PATH unless it has a slash, and its arguments.
    package var arguments: [String]
    /// All of the child's environment, or nothing for the parent's.
    package var environment: [String: String]?
    /// Where it starts, or nothing for the parent's place. A relative program is looked up there.
    package var directory: String?
    package var input: Stream
    package var output: Stream
    package var error: Stream

    package init(
        _ arguments: [String], environment: [String: String]? = nil, directory: String? = nil,
        input: Stream = .null, output: Stream = .inherited, error: Stream = .inherited
    ) {
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.input = input
        self.output = output
        self.error = error
    }

    var name: String { arguments.first ?? "" }
}
