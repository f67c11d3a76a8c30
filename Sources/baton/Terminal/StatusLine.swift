/// One line at the foot of a terminal that rewrites itself while other lines scroll above it.
///
/// Pure: it answers with the characters to write. Where the cursor cannot be sent back it answers
/// with nothing, so that logs and files stay clean.
struct StatusLine {
    private static let frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
    private static let erase = "\r\u{1b}[K"

    private let terminal: Terminal
    private var shown: Text?
    private var turn = 0

    init(_ terminal: Terminal) { self.terminal = terminal }

    mutating func show(_ text: Text) -> String {
        guard terminal.rewrites else { return "" }
        let line = text.cut(to: terminal.columns - 1)
        guard line != shown else { return "" }
        shown = line
        return Self.erase + line.rendered(colour: terminal.colour)
    }

    /// The same with a wheel that turns one step a call: somebody is still working.
    mutating func spin(_ text: Text) -> String {
        guard terminal.rewrites else { return "" }
        turn = (turn + 1) % Self.frames.count
        return show("\(Self.frames[turn], .cyan) \(text)")
    }

    /// A line above the status line; the status line follows it.
    mutating func above(_ text: Text) -> String {
        let line = text.rendered(colour: terminal.colour) + "\n"
        guard terminal.rewrites, let shown else { return line }
        return Self.erase + line + shown.rendered(colour: terminal.colour)
    }

    mutating func clear() -> String {
        guard shown != nil else { return "" }
        shown = nil
        return Self.erase
    }
}
