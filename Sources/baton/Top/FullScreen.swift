import Glibc

/// A terminal that one program has to itself for a while: its second screen without a cursor, and
/// keys that come at once and unseen.
///
/// Whoever makes one closes it on every way out: what a terminal was before, it is again then.
final class FullScreen {
    private static let enter = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[2J"
    private static let leave = "\u{1b}[?25h\u{1b}[?1049l"

    private let output: Output
    private var before: termios?
    private var isOpen = true

    /// - Parameter takesKeys: somebody reads the keys: then Ctrl-C is one of them.
    init(_ output: Output, takesKeys: Bool) throws {
        self.output = output
        if takesKeys { takeKeys() }
        do {
            try output.raw(Self.enter)
        } catch {
            restoreModes()
            throw error
        }
    }

    /// Shows these lines, and as many of them as fit, in place of those before.
    func draw(_ lines: [Text]) throws {
        let size = WindowSize.now
        let colour = output.terminal.colour
        let shown = lines.prefix(size.rows).map {
            $0.cut(to: size.columns).rendered(colour: colour) + "\u{1b}[K"
        }
        try output.raw("\u{1b}[H" + shown.joined(separator: "\r\n") + "\u{1b}[J")
    }

    private func takeKeys() {
        var modes = termios()
        guard unsafe tcgetattr(STDIN_FILENO, &modes) == 0 else { return }
        before = modes
        // Ctrl-C and Ctrl-Z come as keys, so that nothing stops the process while it has the
        // screen.
        modes.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &modes)
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        // A terminal that is gone needs nothing.
        try? output.raw(Self.leave)
        restoreModes()
    }

    private func restoreModes() {
        guard var modes = before else { return }
        // Keys that came meanwhile were meant for this program, not for the shell.
        _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &modes)
        before = nil
    }
}
