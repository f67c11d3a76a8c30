import Document
import Flow
import Orchestration

/// What a run would do that goes on from the middle of another one: as far as recorded answers go.
/// Pure.
struct RunRehearsal {
    let fork: RunForkPlan
    private var replay: RunReplay
    var redaction: Redaction? {
        get { replay.redaction }
        set { replay.redaction = newValue }
    }

    init(_ fork: RunForkPlan) {
        self.fork = fork
        replay = RunReplay(fork.run, fork.rehearsal)
    }

    private var history: RunHistory { replay.history }

    /// The tasks from the step on.
    private var numbers: Range<Int> {
        let first = history.turns.firstIndex { $0.key == fork.step.key } ?? 0
        return first..<history.turns.count
    }

    func lines(width: Int?) -> [Text] {
        var lines: [Text] = [
            "\(fork.run.id, .bold)  from \(fork.step.key, .bold), without the cluster"
        ]
        for number in numbers { lines += replay.lines(of: number, width) }
        lines.append("")
        if let outcome = history.outcome {
            lines.append("it would end with \(text(outcome.value), .bold)")
            lines += differences.map {
                "  \($0.path)  \(text($0.recorded), .red) → \(text($0.now), .green)"
            }
            if differences.isEmpty { lines.append("  \("the same as recorded", .green)") }
            return lines
        }
        return lines + ["It stops here, for these were never asked just so:"] + openLines
    }

    private var openLines: [Text] {
        history.resumed.actions.compactMap { action -> Text? in
            switch action {
            case .call(let call):
                "  \(call.agent.name, .bold) at \(call.key) with \(text(call.payload))"
            case .runWorkflow(let key, let workflow, let input, _):
                "  workflow \(workflow.name, .bold) at \(key) with \(text(input))"
            case .setTimer(let key, let moment): "  a timer until \(moment.iso8601) at \(key)"
            case .listen(let key, _): "  an event at \(key)"
            case .emit(let key, let event): "  an event is told at \(key): \(text(event))"
            default: nil
            }
        }
    }

    private var differences: [ValueDifference] {
        guard case .completed(let output) = history.outcome else { return [] }
        return ValueDifference.all(
            replay.shown(fork.run.head["output"] ?? .null), replay.shown(output), most: 20)
    }

    private func text(_ value: Value?) -> String {
        value.map { ReplayReport.excerpt(JSON.text(replay.shown($0)), most: 300) } ?? "(nothing)"
    }

    var json: Value {
        var object: ObjectValue = [
            "request": .string(fork.run.id), "from": .string(fork.step.key.text),
            "lines": Value(fork.fork.lines), "tasks": .array(numbers.map(replay.json)),
            "ends": .bool(history.outcome != nil),
        ]
        if let outcome = history.outcome { object["outcome"] = replay.shown(outcome.value) }
        object["open"] = .array(
            history.resumed.actions.compactMap { action -> Value? in
                guard case .call(let call) = action else { return nil }
                return [
                    "key": .string(call.key.text), "agent": .string(call.agent.name),
                    "payload": replay.shown(call.payload),
                ]
            })
        return .object(object)
    }
}
