import Document

/// Spans as bars along one line of time, indented as a tree: what `baton trace` shows. Pure.
struct Waterfall {
    private enum Width {
        /// Where nobody knows how wide a line may be.
        static let unknown = 100
        static let number = 8
        static let outcome = 24
        /// Names go no deeper than so many levels.
        static let levels = 12
    }

    private let entries: [SpanTree.Entry]
    private let first: Int64
    private let last: Int64
    private let now: Int64

    /// - Parameter now: nanoseconds since 1970: how far that goes which has not ended.
    init(_ tree: SpanTree, now: Int64) {
        entries = tree.entries
        self.now = now
        first = entries.map(\.row.start).min() ?? 0
        let ends = entries.map { max($0.row.start, $0.row.end ?? now) }
        last = ends.max() ?? first
    }

    /// How long all of it took, in nanoseconds.
    var total: Int64 { max(0, last &- first) }

    func lines(width: Int?) -> [Text] {
        guard !entries.isEmpty else { return [] }
        let layout = fitted(within: width ?? Width.unknown)
        return [axis(layout)] + entries.map { line($0, layout) }
    }

    // MARK: - Layout

    struct Layout: Equatable {
        var label: Int
        var bar: Int
        var outcome: Int
    }

    /// Names get what they need up to two fifths, outcomes what they need up to a limit, bars the
    /// rest: at least one column.
    private func fitted(within width: Int) -> Layout {
        let widest = entries.map { name(of: $0).width }.max() ?? 0
        let label = min(widest, max(4, width * 2 / 5))
        let outcomes = entries.map(\.row.outcome.width).max() ?? 0
        let fixed = label + 2 * (Width.number + 1) + 2
        let outcome = min(outcomes, Width.outcome, max(0, width - fixed - 12))
        let rest = width - fixed - (outcome > 0 ? outcome + 2 : 0)
        return Layout(label: label, bar: max(1, rest), outcome: outcome)
    }

    private func axis(_ layout: Layout) -> Text {
        let end = Self.time(total)
        let gap = layout.bar - 1 - DisplayWidth.of(end)
        let scale = gap > 0 ? "0\(String(repeating: " ", count: gap))\(end)" : ""
        let bar = Text(scale, .dim).padded(to: layout.bar)
        let numbers: [Text] = ["start", "took"].map {
            Text($0, .dim).padded(to: Width.number, right: true)
        }
        return Text("", nil).padded(to: layout.label) + "  " + bar + " "
            + Text.joined(numbers, separator: " ")
    }

    private func line(_ entry: SpanTree.Entry, _ layout: Layout) -> Text {
        let row = entry.row
        let took = (row.end ?? max(now, row.start)) &- row.start
        let numbers = [
            Self.time(row.start &- first), Self.time(took) + (row.end == nil ? "…" : ""),
        ]
        let cells = numbers.map { Text($0).padded(to: Width.number, right: true) }
        let line =
            name(of: entry).cut(to: layout.label).padded(to: layout.label) + "  "
            + bar(row, layout.bar) + " " + Text.joined(cells, separator: " ")
        guard layout.outcome > 0, row.outcome.width > 0 else { return line }
        return line + "  " + row.outcome.cut(to: layout.outcome)
    }

    private func name(of entry: SpanTree.Entry) -> Text {
        let indent = String(repeating: "  ", count: min(entry.level, Width.levels))
        return Text(indent) + entry.row.label
    }

    // MARK: - Bars

    /// The columns that a span covers of so many: never none, never beyond the last.
    func columns(of row: SpanRow, _ width: Int) -> Range<Int> {
        guard total > 0 else { return 0..<(row.end == nil ? width : 1) }
        func place(_ moment: Int64, _ rule: FloatingPointRoundingRule) -> Int {
            let share = Double(moment &- first) / Double(total)
            return Int((min(max(share, 0), 1) * Double(width)).rounded(rule))
        }
        let start = min(place(row.start, .down), width - 1)
        let end = place(row.end ?? max(now, row.start), .up)
        return start..<min(width, max(start + 1, end))
    }

    private func bar(_ row: SpanRow, _ width: Int) -> Text {
        let columns = columns(of: row, width)
        let isPoint = row.end == row.start
        let sign = isPoint ? "▏" : Self.sign(of: row.kind)
        var bar = String(repeating: sign, count: columns.count)
        if row.end == nil { bar = String(bar.dropLast()) + "▸" }
        let before = Text(String(repeating: " ", count: columns.lowerBound))
        return (before + Text(bar, row.colour)).padded(to: width)
    }

    private static func sign(of kind: SpanRow.Kind) -> String {
        switch kind {
        case .request: "━"
        case .attempt: "█"
        case .wait: "░"
        case .other: "▒"
        }
    }

    /// `340µs`, `12.3ms`, `1.25s`, and two units from a minute on.
    static func time(_ nanoseconds: Int64) -> String {
        let micros = max(0, nanoseconds) / 1000
        switch micros {
        case ..<1000: return "\(micros)µs"
        case ..<100_000: return "\(micros / 1000).\(micros / 100 % 10)ms"
        case ..<1_000_000: return "\(micros / 1000)ms"
        case ..<60_000_000:
            let rest = String(micros / 10_000 % 100)
            return "\(micros / 1_000_000).\(rest.utf8.count == 1 ? "0" : "")\(rest)s"
        default: return DurationText.spoken(.seconds(micros / 1_000_000))
        }
    }
}
