import Document
import Telemetry

/// What all orchestrators remember of one request or trace, joined: a request that an agent made
/// may have gone to another orchestrator than the one above it. Pure.
struct TraceReport: Sendable {
    /// Those that know it, the one that has most to say of it first.
    private let heads: [Value]
    let rows: [SpanRow]
    private let leftOut: Int

    /// - Parameters:
    ///   - found: the answers of those who know the request.
    ///   - others: what all of them know of its trace.
    init(_ found: [Value], others: [Value] = []) {
        heads = found.sorted { Self.rank($0) < Self.rank($1) }
        var known: Set<String> = []
        var rows = Self.rows(found).filter { known.insert($0.id).inserted }
        // Of the trace only what agents made belongs to the request.
        let foreign = Self.rows(others)
        let made = Set(foreign.filter { $0.kind == .request && $0.depth > 0 }.map(\.request))
        rows += foreign.filter { made.contains($0.request) && known.insert($0.id).inserted }
        self.rows = rows
        leftOut = found.reduce(0) { $0 + max(0, $1["left_out"]?.integer ?? 0) }
    }

    var trace: String { heads.first?.shown("trace") ?? "" }

    /// Whether anything goes on.
    var isOpen: Bool { rows.contains { $0.kind == .request && $0.end == nil } }

    var tree: SpanTree {
        let request = heads.first?.shown("request")
        let home = rows.first { $0.kind == .request && $0.request == request }
        return SpanTree(rows, home: home?.id)
    }

    var value: Value {
        var object = heads.first?.object ?? [:]
        object["spans"] = .array(tree.entries.map(\.row.value))
        return .object(object)
    }

    func lines(width: Int?, now: Int64) -> [Text] {
        let waterfall = Waterfall(tree, now: now)
        var lines = head(total: waterfall.total) + [""] + waterfall.lines(width: width)
        if leftOut > 0 { lines.append("\("and \(leftOut) more that are not shown", .dim)") }
        return width.map { room in lines.map { $0.cut(to: room) } } ?? lines
    }

    // MARK: - Steps

    private func head(total: Int64) -> [Text] {
        guard let head = heads.first else { return [] }
        let state = head.shown("state")
        let code = head.shown("code")
        let word = code.isEmpty || code == state ? state : "\(state): \(code)"
        let title: Text =
            "\(head.shown("request"), .bold) → \(head.shown("agent"), .bold)  "
            + Text(word, Self.colour(of: state)) + "  "
            + Text(isOpen ? "for \(Waterfall.time(total))" : "in \(Waterfall.time(total))")
        var facts = [head.shown("pattern"), head.shown("delivery"), "trace \(trace)"]
        facts.append("at \(heads.map { $0.shown("orchestrator") }.joined(separator: ", "))")
        if let same = head["same_id"]?.integer, same > 0 {
            facts.append("the latest of \(same + 1) with this id")
        }
        return [title, Text(facts.filter { !$0.isEmpty }.joined(separator: " · "), .dim)]
    }

    private static func rows(_ answers: [Value]) -> [SpanRow] {
        answers.flatMap { ($0["spans"]?.array ?? []).compactMap { SpanRow($0) } }
    }

    /// What goes on says more than what was answered, and that more than what failed: a request may
    /// have been refused here and taken there.
    private static func rank(_ answer: Value) -> Int {
        switch answer.shown("state") {
        case "answered": 1
        case "failed", "cancelled", "dropped": 2
        default: 0
        }
    }

    private static func colour(of state: String) -> Text.Style? {
        switch state {
        case "answered": .green
        case "failed", "dropped": .red
        case "cancelled": .yellow
        default: .cyan
        }
    }
}
