import Document
import Telemetry

/// What came of a replay, for people and for programs.
struct ReplayReport {
    let request: RecordedRequest
    let outcome: ReplayOutcome
    private static let most = 48
    private static let mostOfDifference = 400

    var isSame: Bool { outcome.difference == nil && outcome.obstacle == nil }

    var exit: Exit {
        if outcome.difference != nil { return .failed }
        return outcome.obstacle == nil ? .ok : .noInput
    }

    // MARK: - For programs

    var json: Value {
        var object: ObjectValue = [
            "request": .string(request.id), "pattern": .string(request.pattern),
            "agents": .string(request.agents), "same": .bool(isSame),
            "steps": .array(outcome.steps.map(\.json)),
        ]
        if outcome.end != nil { object["end"] = end }
        object["difference"] = outcome.difference?.json
        if let obstacle = outcome.obstacle { object["obstacle"] = .string(obstacle) }
        object["notes"] = .array(outcome.notes.map(Value.string))
        return .object(object)
    }

    private var end: Value {
        var object: ObjectValue = [:]
        if let failure = outcome.failure {
            object["code"] = .string(failure)
        } else {
            object["result"] = outcome.end?.value
        }
        return .object(object)
    }

    // MARK: - For people

    var lines: [Text] {
        var lines: [Text] = [
            "\(request.id, .bold)  \(request.pattern) \(request.agents)  "
                + "\("\(request.moment) \(request.orchestrator)", .dim)"
        ]
        let width = outcome.steps.map { DisplayWidth.of(label($0)) }.max() ?? 0
        lines += outcome.steps.map { line($0, width) }
        lines += endLine
        lines += outcome.notes.map { "  \("note: \($0)", .dim)" }
        if let difference = outcome.difference { lines += Self.lines(of: difference) }
        if let obstacle = outcome.obstacle { lines.append("\("?", .yellow) \(obstacle)") }
        if isSame {
            let count = outcome.steps.count
            lines.append(
                Text("The same as recorded in \(count) step\(count == 1 ? "" : "s").", .green))
        }
        return lines
    }

    private func label(_ step: ReplayStep) -> String {
        let again = step.attempt > 1 ? ", attempt \(step.attempt)" : ""
        return "step \(step.step) \(step.agent)\(again)"
    }

    private func line(_ step: ReplayStep, _ width: Int) -> Text {
        let mark: Text = step.isSame ? "\("✓", .green)" : "\("✗", .red)"
        let time = Text(step.took.map(DurationText.exact) ?? "", .dim).padded(to: 12, right: true)
        let input = Self.excerpt(step.input.text)
        var answer: Text = "\(step.answer.map { Self.excerpt($0.text) } ?? "no answer")"
        if let failure = step.failure { answer = Text(failure, .red) }
        if step.isPlanted { answer = answer + " \("(set)", .yellow)" }
        return "\(mark) \(Text(label(step)).padded(to: width))  \(time)  \(input) \("→", .dim) "
            + answer
    }

    private var endLine: [Text] {
        guard let end = outcome.end else { return [] }
        let isSame = outcome.difference == nil
        let mark: Text = isSame ? "\("✓", .green)" : "\("✗", .red)"
        if let failure = outcome.failure { return ["\(mark) failed: \(failure)"] }
        return ["\(mark) answered \(Self.excerpt(end.text))"]
    }

    static func lines(of difference: ReplayDifference) -> [Text] {
        let step = difference.step.map { " of step \($0)" } ?? ""
        let path = difference.path.map { " at \($0)" } ?? ""
        let place = "\(difference.message)\(step): \(difference.field)\(path)"
        return [
            "", "The first difference is in \(place, .bold)",
            "  recorded  \(shown(difference.recorded), .red)",
            "  now       \(shown(difference.now), .green)",
        ]
    }

    private static func shown(_ value: Value?) -> String {
        guard let value else { return "(nothing)" }
        return excerpt(JSON.text(value), most: mostOfDifference)
    }

    static func excerpt(_ text: String, most: Int = most) -> String {
        let line = String(Printable.stripped(text).prefix(most + 1).map { $0.isNewline ? " " : $0 })
        return line.count > most ? String(line.prefix(most)) + "…" : line
    }
}

extension ReplayStep {
    var json: Value {
        var object: ObjectValue = [
            "step": Value(Int(step)), "attempt": Value(Int(attempt)), "agent": .string(agent),
            "same": .bool(isSame), "input": input.value,
        ]
        if let failure {
            object["code"] = .string(failure)
        } else {
            object["answer"] = answer?.value
        }
        if isPlanted { object["set"] = true }
        if let took { object["took_ms"] = .number(took / .milliseconds(1)) }
        return .object(object)
    }
}
