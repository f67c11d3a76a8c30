import Document
import Flow
import Orchestration

/// A run that was run again, as people read it.
extension RunReplay {
    /// - Parameter width: of the terminal; nothing is cut without one.
    func lines(width: Int?) -> [Text] {
        var lines: [Text] = [
            "\(run.id, .bold)  \(run.head.shown("workflow"))  "
                + Text(run.state, RunTreeView.colour(of: run.state))
        ]
        lines += forkLines
        for number in history.turns.indices { lines += self.lines(of: number, width) }
        return lines + ["", ending] + openLines
    }

    /// One task, with all of its data.
    func details(of number: Int) -> [Text] {
        let turn = history.turns[number]
        var lines = [title(number)]
        lines.append("  \(turn.key.text, .dim)")
        lines += block("given", turn.raw)
        if let input = turn.input, input != turn.raw { lines += block("input", input) }
        if case .call(let call) = turn.asked { lines += block("asked", call.payload) }
        if let output = turn.output { lines += block("output", output) }
        if let error = turn.error { lines += block("error", error.value) }
        let changes = changes(turn)
        if changes.isEmpty {
            lines += block("context", turn.before)
        } else {
            lines.append("  \("context", .dim)")
            lines += changes.flatMap(Self.lines)
        }
        return lines
    }

    // MARK: - Steps

    private var forkLines: [Text] {
        run.forks.prefix(1).map { "\("goes on from \($0.origin) at \($0.step)", .dim)" }
    }

    var ending: Text {
        switch verdict {
        case .same(let text): "\("✓", .green) \(text)"
        case .different(let text, let recorded, let now):
            "\("✗", .red) \(text): recorded \(excerpt(recorded), .red), "
                + "now \(excerpt(now), .green)"
        }
    }

    private var openLines: [Text] {
        history.resumed.actions.compactMap { action -> Text? in
            switch action {
            case .call(let call):
                "  \("open", .cyan)  \(call.agent.name) is asked \("at \(call.key)", .dim)"
            case .setTimer(let key, let moment):
                "  \("open", .cyan)  a timer until \(moment.iso8601) \("at \(key)", .dim)"
            case .listen(let key, _): "  \("open", .cyan)  listens \("at \(key)", .dim)"
            case .runWorkflow(let key, let workflow, _, _):
                "  \("open", .cyan)  workflow \(workflow.name) runs \("at \(key)", .dim)"
            default: nil
            }
        }
    }

    private func title(_ number: Int) -> Text {
        let turn = history.turns[number]
        let word = RunTreeView.word(of: turn.state)
        let took = turn.ended.map { DurationText.spoken($0 - turn.began) } ?? ""
        let performer = run.performer(of: turn).map { "  \($0.agent)#\($0.instance)" } ?? ""
        return "\("\(number + 1).", .dim) \(turn.name, .bold)  "
            + Text(word, RunTreeView.colour(of: word))
            + "\(performer)  \("\(RunTreeView.clock(turn.began)) \(took)", .dim)"
    }

    func lines(of number: Int, _ width: Int?) -> [Text] {
        let turn = history.turns[number]
        var lines = ["", title(number) + "  \(turn.key.text, .dim)"]
        if turn.state != .skipped {
            lines.append("   \("input", .dim)    \(JSON.text(shown(turn.input ?? turn.raw)))")
        }
        if let output = turn.output {
            lines.append("   \("output", .dim)   \(JSON.text(shown(output)))")
        }
        if let error = turn.error {
            lines.append("   \("error", .dim)    \(JSON.text(error.value), .red)")
        }
        lines += changes(turn).flatMap(Self.lines)
        return lines.map { line in width.map { line.cut(to: $0) } ?? line.oneLine }
    }

    /// What was, and what is, at one place of the context.
    private static func lines(_ change: ValueDifference) -> [Text] {
        var lines: [Text] = []
        if let old = change.recorded {
            lines.append("   \("- \(change.path) \(JSON.text(old))", .red)")
        }
        if let new = change.now {
            lines.append("   \("+ \(change.path) \(JSON.text(new))", .green)")
        }
        return lines
    }

    private func block(_ title: String, _ value: Value) -> [Text] {
        let text = JSON.text(shown(value), pretty: true)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return ["  \(title, .dim)"] + lines.map { "    \(String($0))" }
    }

    private func excerpt(_ value: Value?) -> String {
        value.map { ReplayReport.excerpt(JSON.text(shown($0)), most: 200) } ?? "(nothing)"
    }
}
