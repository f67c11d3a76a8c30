import Document

/// What was decided about a request, for people: its head, each attempt with all who could have had
/// it, the outcome. Pure.
///
/// It shows what the orchestrator said as far as it knows the words, and leaves out what is
/// missing.
struct Explanation {
    private let answer: Value

    init(_ answer: Value) { self.answer = answer }

    func lines(width: Int?) -> [Text] {
        let steps = answer["steps"]?.array ?? []
        var lines = head
        for step in steps {
            lines += self.lines(of: step, isOne: steps.count == 1, width)
        }
        return lines
    }

    private var head: [Text] {
        var facts = [
            answer.shown("pattern"), answer.shown("delivery"),
            answer["priority"]?.integer.map { $0 == 0 ? "" : "priority \($0)" } ?? "",
            answer["depth"]?.integer.map { $0 == 0 ? "" : "\($0) deep" } ?? "",
        ]
        facts.append(Self.time(answer["age_ms"]).map { "\($0) old" } ?? "")
        facts.append(Self.time(answer["deadline_ms"]).map { "deadline \($0)" } ?? "")
        let state = answer.shown("state")
        let first: Text =
            "\(answer.shown("request"), .bold) → \(answer.shown("agent"), .bold)  "
            + Text(state, Self.colour(of: state))
        let known = facts.filter { !$0.isEmpty }
        return known.isEmpty ? [first] : [first, Text(known.joined(separator: " · "), .dim)]
    }

    private func lines(of step: Value, isOne: Bool, _ width: Int?) -> [Text] {
        var lines: [Text] = []
        if !isOne {
            let state = step.shown("state")
            let title: Text = "\("step \(step.shownStep)", .bold) "
            lines += [
                "",
                title + "\(step.shown("agent"), .bold)  " + Text(state, Self.colour(of: state)),
            ]
        }
        let attempts = step["attempts"]?.array ?? []
        if attempts.isEmpty { lines += ["", "  nobody was chosen yet"] }
        for attempt in attempts { lines += self.lines(of: attempt, width) }
        return lines
    }

    private func lines(of attempt: Value, _ width: Int?) -> [Text] {
        let chosen = attempt.shown("chosen")
        var title: Text = "\("attempt \(attempt.shown("attempt"))", .bold)"
        if let at = Self.time(attempt["at_ms"]) { title = title + " \("after \(at)", .dim)" }
        title = title + " \("(\(Self.reason(attempt.shown("reason"))))", .dim) "
        title = title + Text("by \(Self.words(attempt.shown("algorithm")))", .dim)
        var lines: [Text] = ["", title]
        if let table = table(of: attempt, chosen) {
            lines += table.lines(width: width.map { $0 - 2 }).map { "  \($0)" }
        }
        if let others = attempt["others"]?.integer, others > 0 {
            lines.append("  \("and \(others) more", .dim)")
        }
        return lines + ["  \(outcome(of: attempt, chosen))"]
    }

    private func table(of attempt: Value, _ chosen: String) -> Table? {
        let candidates = attempt["candidates"]?.array ?? []
        let hasChosen = candidates.contains { $0["instance"]?.string == chosen }
        guard !candidates.isEmpty || !chosen.isEmpty else { return nil }
        var table = Table(
            [
                "instance", .number("score"), .number("in hand"), "breaker", "verdict",
            ], dispensable: ["in hand", "breaker", "score"])
        if !hasChosen, !chosen.isEmpty {
            table.add([
                Text(chosen, .green), Text(Self.score(attempt["score"])), "", "",
                Text("chosen", .green),
            ])
        }
        for candidate in candidates {
            let name = candidate.shown("instance")
            let breaker = candidate.shown("breaker")
            let isChosen = name == chosen
            table.add([
                Text(name, isChosen ? .green : nil), Text(Self.score(candidate["score"])),
                Text(candidate.shown("in_flight")),
                Text(breaker, breaker == "open" ? .red : breaker == "closed" ? nil : .yellow),
                isChosen ? Text("chosen", .green) : Text(Self.words(candidate.shown("verdict"))),
            ])
        }
        return table
    }

    private func outcome(of attempt: Value, _ chosen: String) -> Text {
        let outcome = attempt.shown("outcome")
        var line: Text = "→ \(chosen.isEmpty ? "nobody" : chosen) "
        line = line + Text(outcome, Self.colour(of: outcome))
        if let took = Self.time(attempt["took_ms"]) { line = line + " \("in \(took)", .dim)" }
        let error = Self.error(attempt)
        return error.plain.isEmpty ? line : line + ": " + error
    }

    // MARK: - Words

    private static func error(_ value: Value) -> Text {
        let (code, message) = (value.shown("code"), value.shown("message"))
        if code.isEmpty { return Text(message.isEmpty ? value.string ?? "" : message) }
        return message.isEmpty ? Text(code) : "\(message) \("(\(code))", .dim)"
    }

    private static func words(_ text: String) -> String {
        text.split(separator: "_").joined(separator: " ")
    }

    private static func reason(_ word: String) -> String {
        switch word {
        case "first", "": "first choice"
        case "retry": "tried again"
        case "hedge": "a second one, because the first is slow"
        case "lost": "the one before is gone"
        case "busy": "the one before was busy"
        case "fallback": "another agent instead"
        case "stage": "next stage"
        case "waits": "nobody has a place"
        case "refused": "not taken"
        default: word
        }
    }

    private static func colour(of state: String) -> Text.Style? {
        switch state {
        case "answered", "done": .green
        case "failed", "lost", "refused": .red
        case "cancelled", "late": .yellow
        case "running", "active": .cyan
        default: nil
        }
    }

    private static func score(_ value: Value?) -> String {
        value?.number.map { Count.hundredths($0) } ?? ""
    }

    /// Milliseconds, with their fraction where they are few.
    private static func time(_ value: Value?) -> String? {
        guard let count = value?.number, count.isFinite, count >= 0, count < 1e15 else {
            return nil
        }
        if count < 100, count != count.rounded() {
            return "\((count * 10).rounded() / 10) ms"
        }
        return DurationText.spoken(.milliseconds(Int64(count)))
    }
}
