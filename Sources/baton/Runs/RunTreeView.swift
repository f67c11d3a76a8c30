import Document
import Flow
import Orchestration
import Telemetry

/// A run as a tree, for people and for programs: where each task stands, who did it, and how long
/// it took. Pure.
struct RunTreeView {
    let run: StoredRun
    let history: RunHistory
    /// Who has what is open, by the numbers of steps.
    var holders: [Int: String] = [:]
    /// The runs that its steps had run.
    var children: [String: RunTreeView] = [:]

    init(_ run: StoredRun) {
        self.run = run
        history = run.history
        for turn in history.turns {
            guard case .runWorkflow(let key, _, _, _)? = turn.asked else { continue }
            childIDs[turn.key] = ChildID.id(of: run.id, at: key)
        }
        childIDs.merge(run.children) { _, open in open }
    }

    /// Requests that its steps have under way.
    var wanted: [String] { childIDs.values.sorted() }

    /// Those of a run that is durable are known by their steps, also when they have ended.
    private(set) var childIDs: [StepKey: String] = [:]

    // MARK: - For people

    var lines: [Text] {
        var first: Text = "\(run.id, .bold)  \(run.head.shown("workflow"))  "
        first = first + Text(run.state, Self.colour(of: run.state))
        if let duration { first = first + "  \(duration, .dim)" }
        var lines = [first]
        if let fork = run.forks.first {
            lines.append("\("goes on from \(fork.origin) at \(fork.step)", .dim)")
        }
        if history.resumed.run.isSuspended { lines.append("\("suspended", .yellow)") }
        if let error = run.head["error"]?["message"]?.string {
            lines.append("\("failed:", .red) \(error)")
        }
        return lines
    }

    private var duration: String? {
        guard let began = run.head["accepted_at"]?.integer else { return nil }
        guard let ended = run.head["ended_at"]?.integer else {
            return run.head["age_ms"]?.integer.map {
                "for " + DurationText.spoken(.milliseconds($0))
            }
        }
        return "in " + DurationText.spoken(.milliseconds(ended - began))
    }

    var table: Table {
        var table = Table(
            ["task", "does", "state", .number("attempt"), "by", "at", .number("took")],
            dispensable: ["attempt", "does", "at"])
        add(RunTree(history).nodes, to: &table, level: 0)
        return table
    }

    private func add(_ nodes: [RunTree.Node], to table: inout Table, level: Int) {
        let indent = String(repeating: "  ", count: level)
        for node in nodes {
            let turns = node.turns.map { history.turns[$0] }
            let times = turns.count > 1 ? " ×\(turns.count)" : ""
            let attempt = turns.last.map(attempt) ?? 0
            table.add([
                "\(indent)\(node.name, turns.isEmpty ? .dim : .bold)\(times, .dim)",
                Text(node.summary, turns.isEmpty ? .dim : nil), state(of: turns),
                Text(attempt > 1 ? "\(attempt)" : ""), Text(performer(of: turns)),
                Text(turns.first.map { Self.clock($0.began) } ?? "", .dim),
                Text(Self.took(turns), .dim),
            ])
            add(node.children, to: &table, level: level + 1)
            for id in turns.compactMap({ childIDs[$0.key] }) {
                add(child: id, to: &table, level: level + 1)
            }
        }
    }

    private func add(child id: String, to table: inout Table, level: Int) {
        let indent = String(repeating: "  ", count: level)
        guard let child = children[id] else {
            return table.add(["\(indent)\(id, .bold)", "a run"])
        }
        table.add([
            "\(indent)\(id, .bold)", Text(child.run.head.shown("workflow")),
            Text(child.run.state, Self.colour(of: child.run.state)),
        ])
        child.add(RunTree(child.history).nodes, to: &table, level: level + 1)
    }

    private func state(of turns: [RunHistory.Turn]) -> Text {
        var counts: [RunHistory.Turn.State: Int] = [:]
        for turn in turns { counts[turn.state, default: 0] += 1 }
        let order: [RunHistory.Turn.State] = [
            .running, .faulted, .cancelled, .completed, .skipped,
        ]
        let parts = order.compactMap { state in
            counts[state].map { count -> Text in
                let word = Self.word(of: state)
                return Text(counts.count > 1 ? "\(count) \(word)" : word, Self.colour(of: word))
            }
        }
        if !turns.isEmpty, turns.allSatisfy(run.isKept) {
            return Text.joined(parts, separator: ", ") + " \("kept", .dim)"
        }
        return parts.isEmpty ? "\("not reached", .dim)" : Text.joined(parts, separator: ", ")
    }

    private func attempt(_ turn: RunHistory.Turn) -> Int {
        max(turn.retries + 1, Int(run.performer(of: turn)?.attempt ?? 1))
    }

    private func performer(of turns: [RunHistory.Turn]) -> String {
        guard let turn = turns.last(where: { $0.state == .running }) ?? turns.last else {
            return ""
        }
        if turn.state == .running, let waiting = waiting(turn) { return waiting }
        let names = Set(
            turns.compactMap { run.performer(of: $0).map { "\($0.agent)#\($0.instance)" } })
        return names.count > 2 ? "\(names.count) instances" : names.sorted().joined(separator: ", ")
    }

    /// What a task that is under way waits for.
    private func waiting(_ turn: RunHistory.Turn) -> String? {
        switch turn.asked {
        case .call(let call):
            let holder = holders[Int(turn.key.ordinal)] ?? run.begun[turn.key]?.instance
            let name = holder.map { $0.contains("#") ? $0 : "\(call.agent.name)#\($0)" }
            let count = turn.askedCount > 1 ? ", \(turn.askedCount) calls" : ""
            return name ?? "waits for \(call.agent.name)\(count)"
        case .setTimer(_, let moment): return "until \(Self.clock(moment))"
        case .listen: return "listens"
        case .runWorkflow(_, let workflow, _, _): return "waits for workflow \(workflow.name)"
        default: return nil
        }
    }

    // MARK: - Words

    static func word(of state: RunHistory.Turn.State) -> String {
        switch state {
        case .completed: "done"
        case .faulted: "failed"
        case .running, .cancelled, .skipped: state.rawValue
        }
    }

    static func colour(of state: String) -> Text.Style? {
        switch state {
        case "succeeded", "done": .green
        case "failed", "expired": .red
        case "cancelled", "uncertain": .yellow
        case "running", "ready": .cyan
        case "skipped": .dim
        default: nil
        }
    }

    static func clock(_ moment: Moment) -> String {
        String(moment.iso8601.dropFirst(11).dropLast())
    }

    private static func took(_ turns: [RunHistory.Turn]) -> String {
        guard let first = turns.first, let last = turns.compactMap(\.ended).max(),
            !turns.contains(where: { $0.ended == nil })
        else { return "" }
        return DurationText.spoken(last - first.began)
    }
}
