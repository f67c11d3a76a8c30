import Document
import Telemetry

/// What a live agent made of recorded inputs, for people and for programs.
struct AgainstReport {
    let agent: String
    let repeated: [RepeatedInput]
    let skipped: [RecordedInput.Skipped]
    private static let mostRows = 50
    private static let mostShown = 10

    private var differing: [RepeatedInput] { repeated.filter { !$0.isSame } }

    /// Whether something was asked and all of it came out as recorded.
    var exit: Exit { differing.isEmpty ? .ok : .failed }

    // MARK: - For programs

    var json: Value {
        [
            "agent": .string(agent), "asked": Value(repeated.count),
            "same": Value(repeated.count - differing.count), "different": Value(differing.count),
            "answers": .array(repeated.map(Self.json)),
            "skipped": .array(
                skipped.map {
                    [
                        "request": .string($0.request), "step": Value(Int($0.step)),
                        "reason": .string($0.reason),
                    ]
                }),
        ]
    }

    private static func json(_ row: RepeatedInput) -> Value {
        var object: ObjectValue = [
            "request": .string(row.input.request), "step": Value(Int(row.input.step)),
            "same": .bool(row.isSame), "now_ms": .number(row.took / .milliseconds(1)),
            "differences": .array(row.differences.map(\.json)),
        ]
        if let took = row.input.took { object["recorded_ms"] = .number(took / .milliseconds(1)) }
        return .object(object)
    }

    // MARK: - For people

    func lines(width: Int?) -> [Text] {
        var lines: [Text] = []
        for row in differing.prefix(Self.mostShown) {
            lines.append(
                "\("✗", .red) \(row.input.request, .bold) step \(Int(row.input.step)) given "
                    + "\(ReplayReport.excerpt(row.input.content.text))")
            for difference in row.differences { lines += Self.lines(of: difference) }
            lines.append("")
        }
        lines += table.lines(width: width)
        lines += summary
        return lines
    }

    private static func lines(of difference: ReplayDifference) -> [Text] {
        let place = difference.path ?? difference.field
        return [
            "  \(place, .bold)",
            "    recorded  \(shown(difference.recorded), .red)",
            "    now       \(shown(difference.now), .green)",
        ]
    }

    private static func shown(_ value: Value?) -> String {
        value.map { ReplayReport.excerpt(JSON.text($0), most: 400) } ?? "(nothing)"
    }

    /// All of them while they can be looked at, else those that differ.
    private var table: Table {
        let rows = repeated.count <= Self.mostRows ? repeated : differing
        var table = Table(
            [
                "request", .number("step"), .number("recorded"), .number("now"), "answer",
            ], dispensable: ["step"])
        for row in rows.prefix(Self.mostRows) {
            table.add([
                Text(row.input.request), Text("\(row.input.step)"),
                Text(row.input.took.map(DurationText.exact) ?? ""),
                Text(DurationText.exact(row.took)),
                row.isSame ? Text("the same", .green) : Text("differs", .red),
            ])
        }
        for row in skipped.prefix(Self.mostRows) {
            table.add([
                Text(row.request), Text("\(row.step)"), "", "",
                Text("skipped: \(row.reason)", .yellow),
            ])
        }
        return table
    }

    private var summary: [Text] {
        let same = repeated.count - differing.count
        var line: Text = "\(agent, .bold): \(same) of \(repeated.count) the same"
        if !differing.isEmpty { line = line + ", \(Text("\(differing.count) differ", .red))" }
        if !skipped.isEmpty { line = line + ", \(skipped.count) skipped" }
        let then = repeated.compactMap(\.input.took).sorted()
        let now = repeated.map(\.took).sorted()
        guard let old = Self.median(then), let new = Self.median(now) else { return ["", line] }
        return [
            "", line,
            "median: \(DurationText.exact(old)) recorded, \(DurationText.exact(new)) now, "
                + "with the way there and back",
        ]
    }

    private static func median(_ sorted: [Duration]) -> Duration? {
        sorted.isEmpty ? nil : sorted[sorted.count / 2]
    }
}
