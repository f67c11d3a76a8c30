import Telemetry

/// What `baton up` shows: the merged logs of all children, each under its name, and below them one
/// line that says how things stand. The only writer of standard output while the cluster runs.
final class Screen {
    enum Style { case people, raw, silent }

    private let output: Output
    private let style: Style
    private let nameWidth: Int
    private var statusLine: StatusLine
    /// Whether somebody still reads.
    private(set) var isOpen = true

    init(_ output: Output, style: Style, names: [String]) {
        self.output = output
        self.style = style
        nameWidth = names.map { DisplayWidth.of($0) }.max() ?? 0
        statusLine = StatusLine(output.terminal)
    }

    func log(_ line: String, from name: String) {
        switch style {
        case .people: write(statusLine.above(LogLine(line).named(name, width: nameWidth)))
        case .raw: write(line + "\n")
        case .silent: break
        }
    }

    func note(_ text: Text) {
        if style == .people { write(statusLine.above(text)) }
    }

    func status(_ text: Text) {
        if style == .people { write(statusLine.show(text)) }
    }

    func close() { write(statusLine.clear()) }

    private func write(_ text: String) {
        guard isOpen else { return }
        do { try output.raw(text) } catch { isOpen = false }
    }
}
