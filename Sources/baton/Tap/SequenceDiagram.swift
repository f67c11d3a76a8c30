/// The sequence diagram of a request in text, line by line as it happens: a column for each of
/// those who take part, which appears with its first message. Pure.
///
/// It fits the width it is given: names and labels are cut, and where there are more participants
/// than columns the last column stands for all others.
struct SequenceDiagram {
    private enum Limits {
        static let margin = 10
        static let narrowest = 14
        static let widest = 44
        /// Room for a caller, an orchestrator and a worker is there from the start.
        static let expected = 3
    }

    private let width: Int
    private var names: [String] = []
    private var pitch = 0

    init(width: Int) { self.width = max(48, min(width, 400)) }

    mutating func lines(for entry: RequestStory.Entry) -> [Text] {
        switch entry {
        case .title(let title):
            names = []
            pitch = 0
            return [Text(title, .bold).cut(to: width)]
        case .arrow(let arrow):
            return header(for: [arrow.from, arrow.to]) + lines(for: arrow)
        case .note(let note, let isFailure):
            let text = Text("┄┄ \(note) ┄┄", isFailure ? .red : .dim)
            return [(Text(Self.spaces(Limits.margin)) + text).cut(to: width)]
        case .ending(let ending):
            let sign = ending.isFailure ? Text("✗ ", .red) : Text("✔ ", .green)
            let summary = Text(TapContent.escaped(ending.summary), ending.isFailure ? .red : nil)
            return [(sign + summary).cut(to: width), ""]
        }
    }

    // MARK: - Columns

    private var most: Int { (width - Limits.margin) / Limits.narrowest }

    private var columns: Int { min(names.count, most) }

    private func column(of name: String) -> Int {
        min(names.firstIndex(of: name) ?? 0, most - 1)
    }

    private func centre(_ column: Int) -> Int { Limits.margin + column * pitch + pitch / 2 }

    /// The names that are new, above their lifelines; all of them where the columns had to move.
    private mutating func header(for ends: [String]) -> [Text] {
        var fresh: Set<Int> = []
        for name in ends where !names.contains(name) {
            names.append(name)
            fresh.insert(column(of: name))
        }
        guard !fresh.isEmpty else { return [] }
        let count = max(Limits.expected, columns)
        let pitch = min(Limits.widest, (width - Limits.margin) / count)
        if pitch != self.pitch { fresh = Set(0..<columns) }
        self.pitch = pitch
        return [names(at: fresh)]
    }

    private func names(at fresh: Set<Int>) -> Text {
        var line: Text = ""
        for column in 0..<columns {
            let isShared = column == most - 1 && names.count > most
            let name = isShared ? "\(names.count - most + 1) others" : names[column]
            let label =
                fresh.contains(column)
                ? Text(TapLine.shortened(name, to: pitch - 2), .bold) : Text("│", .dim)
            let begin = max(line.width, centre(column) - label.width / 2)
            line = line.padded(to: begin) + label
        }
        return line
    }

    // MARK: - Arrows

    private func lines(for arrow: RequestStory.Arrow) -> [Text] {
        let (from, to) = (column(of: arrow.from), column(of: arrow.to))
        let text = arrow.excerpt.isEmpty ? arrow.label : "\(arrow.label) \(arrow.excerpt)"
        let time = Text(Self.right(TapTime.span(arrow.after), Limits.margin - 1), .dim)
        let style = Self.style(of: arrow)
        guard from != to else {
            let whole = "\(arrow.from) → \(arrow.to) \(text)"
            let line = lifelines(time, through: from) + Text(" \(whole)", style)
            return [line.cut(to: width)]
        }
        let (left, right) = (min(from, to), max(from, to))
        let room = centre(right) - centre(left) - 1
        let shaft = Self.shaft(text, room: room, pointsRight: from < to, isAnswer: arrow.isAnswer)
        var line = lifelines(time, through: left) + Text(shaft, style)
        line = lifelines(line, from: right, through: columns - 1)
        let isHidden = DisplayWidth.of(arrow.label) > room - 6
        guard arrow.isFailure, isHidden else { return [line] }
        let words = Text(Self.spaces(Limits.margin)) + Text("✗ \(arrow.label)", .red)
        return [line, words.cut(to: width)]
    }

    private func lifelines(_ line: Text, from first: Int = 0, through last: Int) -> Text {
        guard first <= last else { return line }
        return (first...last).reduce(line) { $0.padded(to: centre($1)) + Text("│", .dim) }
    }

    /// `─ TASK {"a":1} ───▶` or `◀╌ RESULT {"a":1} ╌╌╌`, exactly so wide.
    private static func shaft(
        _ text: String, room: Int, pointsRight: Bool, isAnswer: Bool
    ) -> String {
        let line = isAnswer ? "╌" : "─"
        let label = DisplayWidth.cut(text, to: max(0, room - 5))
        let rest = max(0, room - 4 - DisplayWidth.of(label))
        let tail = String(repeating: line, count: rest)
        return pointsRight ? "\(line) \(label) \(tail)▶" : "◀\(line) \(label) \(tail)"
    }

    private static func style(of arrow: RequestStory.Arrow) -> Text.Style? {
        if arrow.isFailure { return .red }
        return arrow.isRetry ? .yellow : TapLine.colour(of: arrow.type)
    }

    private static func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }

    private static func right(_ text: String, _ width: Int) -> String {
        spaces(max(0, width - DisplayWidth.of(text))) + text
    }
}
