import Glibc

/// What stands behind an output: whether a person looks at it, how wide it is, whether colours
/// arrive.
struct Terminal: Sendable, Equatable {
    enum ColourChoice: String, Sendable { case auto, always, never }

    let isTerminal: Bool
    let columns: Int
    let colour: Bool
    /// Whether the cursor can be sent back to redraw a line.
    let rewrites: Bool

    static let none = Terminal(isTerminal: false, columns: 80, variables: [:], choice: .auto)

    init(isTerminal: Bool, columns: Int, variables: [String: String], choice: ColourChoice) {
        let dumb = variables["TERM"] == "dumb"
        let refuses = !(variables["NO_COLOR"] ?? "").isEmpty
        self.isTerminal = isTerminal
        self.columns = max(20, columns)
        self.rewrites = isTerminal && !dumb
        switch choice {
        case .auto: colour = isTerminal && !dumb && !refuses
        case .always: colour = true
        case .never: colour = false
        }
    }

    /// The terminal behind a descriptor. `COLUMNS` counts only where the kernel does not know the
    /// width.
    static func behind(_ descriptor: Int32, variables: [String: String]) -> Terminal {
        var size = winsize()
        let known = unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let width = known ? Int(size.ws_col) : variables["COLUMNS"].flatMap { Int($0) } ?? 80
        return Terminal(
            isTerminal: isatty(descriptor) == 1, columns: min(width, 1000), variables: variables,
            choice: .auto)
    }

    func choosing(_ choice: ColourChoice, variables: [String: String]) -> Terminal {
        Terminal(isTerminal: isTerminal, columns: columns, variables: variables, choice: choice)
    }

    /// The width rows must fit, or nil where nobody looks and nothing may be cut.
    var tableWidth: Int? { isTerminal ? columns : nil }
}
