import Synchronization

/// A status line that several parts of a command write to, from any thread: one tells how things
/// stand, another prints results above it.
///
/// Nobody needs it: what cannot be written is left out.
final class LiveLine: Sendable {
    private let output: Output
    private let line: Mutex<StatusLine>

    init(_ output: Output) {
        self.output = output
        line = Mutex(StatusLine(output.terminal))
    }

    /// Whether anybody would see it.
    var isShown: Bool { output.terminal.rewrites }

    func spin(_ text: Text) { line.withLock { try? output.raw($0.spin(text)) } }

    func clear() { line.withLock { try? output.raw($0.clear()) } }
}
