import Document
import Telemetry
import Wire
import WorkerKit

/// One request with everything that is known of it: as people read it, or as it came.
enum RequestView {
    /// What stands below the others, each in its own shape.
    private static let apart = ["input", "output", "error", "steps", "events"]

    static func show(_ id: String, _ invocation: Invocation) async throws {
        let value = await StepNames.added(
            to: try await row(of: id, invocation), of: id, invocation)
        let output = invocation.console.output
        guard !invocation.wantsJSON, let row = value.object else { return try output.json(value) }
        let width = row.keys.map { DisplayWidth.of($0) }.max() ?? 0
        let plain = row.filter { !apart.contains($0.key) || $0.value.array == nil }
        try output.lines(
            plain.map { member in
                "\(Text(member.key, .dim).padded(to: width + 2))\(text(member.key, member.value))"
            })
        if let steps = value["steps"]?.array, !steps.isEmpty {
            try output.line()
            try output.table(table(ofSteps: steps))
        }
        if let rows = value["events"]?.array, !rows.isEmpty {
            try output.line()
            try events(rows, invocation)
        }
    }

    /// How it stands; of orchestrators that keep no more of it than its result, that result.
    static func row(of id: String, _ invocation: Invocation) async throws -> Value {
        var details: ObjectValue = ["id": .string(id)]
        if let whose = invocation.text(RequestsCommand.tenant) {
            details["tenant"] = .string(whose)
        }
        do {
            return try await Survey(questions: ["request"], details: details).first(invocation)
        } catch let unknown as Fault where unknown.has(WireCode.notFound) {
            details["wait"] = false
            do {
                let result = try await Survey(questions: ["result"], details: details)
                    .first(invocation)
                return ["request": .string(id), "state": "answered", "result": result]
            } catch let fault as Fault where !fault.has(WireCode.notFound) {
                return [
                    "request": .string(id), "state": "failed",
                    "code": .string(fault.code.rawValue), "message": .string(fault.message),
                ]
            }
        }
    }

    private static func text(_ key: String, _ value: Value) -> Text {
        if key.hasSuffix("_at"), let time = value.integer {
            return Text("\(Timestamp(milliseconds: Int64(clamping: time)))")
        }
        if key.hasSuffix("_ms"), let count = value.integer {
            return Text(DurationText.spoken(.milliseconds(count)))
        }
        return Text(value.string ?? JSON.text(value)).oneLine
    }

    private static func table(ofSteps steps: [Value]) -> Table {
        var table = Table(
            [
                .number("step"), "state", .number("attempt"), "agent", "instance", "at",
                .number("took"),
            ], dispensable: ["at", "attempt"])
        for step in steps {
            table.add([
                Text(step.shownStep), Text(step.shown("state")), Text(step.shown("attempt")),
                Text(step.shown("agent"), .bold), Text(step.shown("instance")), clock(step),
                Text(step.shownTime("took_ms")),
            ])
        }
        return table
    }

    // MARK: - Events

    static func events(_ rows: [Value], _ invocation: Invocation, isStream: Bool = false) throws {
        let output = invocation.console.output
        if invocation.wantsJSON {
            guard isStream else { return try output.json(.array(rows)) }
            for row in rows { try output.json(row) }
        } else if rows.isEmpty {
            try output.line("Nothing is known of what happened to it.")
        } else {
            try output.lines(rows.map(line))
        }
    }

    /// `  3  18:00:00.123  dispatched  step 2 try 1  echo#1  in 12ms`
    static func line(_ event: Value) -> Text {
        let number = Text(event.shown("number"), .dim).padded(to: 4, right: true)
        let kind = event.shown("kind")
        var text: Text =
            "\(number)  \(clock(event))  \(Text(kind, colour(of: kind)).padded(to: 10))"
        var words: [String] = []
        if let step = event["step"]?.integer, step > 0 {
            words.append("step \(event.shownStep)")
        }
        if let attempt = event["attempt"]?.integer, attempt > 1 { words.append("try \(attempt)") }
        if !words.isEmpty { text = text + "  \(words.joined(separator: " "))" }
        let (agent, instance) = (event.shown("agent"), event.shown("instance"))
        let mark = agent.isEmpty || instance.isEmpty ? "" : "#"
        if !agent.isEmpty || !instance.isEmpty {
            text = text + "  \("\(agent)\(mark)\(instance)", .bold)"
        }
        let took = event.shownTime("took_ms")
        if !took.isEmpty { text = text + "  \("in \(took)", .dim)" }
        let code = event.shown("code")
        return code.isEmpty ? text : text + "  \(code, .yellow)"
    }

    private static func clock(_ event: Value) -> Text {
        guard let time = event["at_ms"]?.integer else { return "" }
        let text = "\(Timestamp(milliseconds: Int64(clamping: time)))"
        return Text(String(text.dropFirst(11).dropLast()), .dim)
    }

    private static func colour(of kind: String) -> Text.Style? {
        switch kind {
        case "succeeded": .green
        case "failed", "expired", "cancelled": .red
        case "uncertain": .yellow
        default: nil
        }
    }
}

extension RequestEvent {
    /// As it stands in an answer.
    var row: Value {
        var row: ObjectValue = [
            "number": .init(number), "kind": .string(kind), "at_ms": .init(Int(at.milliseconds)),
        ]
        if step > 0 { row["step"] = .init(step) }
        if attempt > 0 { row["attempt"] = .init(attempt) }
        if !agent.isEmpty { row["agent"] = .string(agent) }
        if !instance.isEmpty { row["instance"] = .string(instance) }
        if took > .zero { row["took_ms"] = .init(Int(took / .milliseconds(1))) }
        if !code.isEmpty { row["code"] = .string(code) }
        return .object(row)
    }
}
