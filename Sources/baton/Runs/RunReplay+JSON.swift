import Document
import Flow
import Orchestration

/// A run that was run again, for programs.
extension RunReplay {
    var json: Value {
        var object: ObjectValue = [
            "request": .string(run.id), "workflow": .string(run.head.shown("workflow")),
            "state": .string(run.state), "tasks": .array(history.turns.indices.map(json)),
        ]
        switch verdict {
        case .same(let text):
            object["same"] = true
            object["summary"] = .string(text)
        case .different(let text, let recorded, let now):
            object["same"] = false
            object["summary"] = .string(text)
            object["difference"] = [
                "recorded": recorded.map(shown) ?? .null, "now": now.map(shown) ?? .null,
            ]
        }
        if case .completed(let output) = history.outcome { object["output"] = shown(output) }
        if case .faulted(let error) = history.outcome { object["error"] = error.value }
        object["origin"] = run.head["origin"]
        object["open"] = .array(open.map { .string($0.text) })
        return .object(object)
    }

    /// The keys of what is open.
    var open: [StepKey] {
        history.resumed.actions.compactMap { action in
            switch action {
            case .call(let call): call.key
            case .setTimer(let key, _), .listen(let key, _), .emit(let key, _),
                .runWorkflow(let key, _, _, _):
                key
            case .cancel, .clearTimer, .unlisten, .lifecycle, .more, .finished: nil
            }
        }
    }

    func json(_ number: Int) -> Value {
        let turn = history.turns[number]
        var object: ObjectValue = [
            "number": Value(number + 1), "key": .string(turn.key.text),
            "name": .string(turn.name), "reference": .string(turn.reference),
            "state": .string(RunTreeView.word(of: turn.state)),
            "began": .string(turn.began.iso8601), "given": shown(turn.raw),
        ]
        if let ended = turn.ended { object["ended"] = .string(ended.iso8601) }
        object["input"] = turn.input.map(shown)
        object["output"] = turn.output.map(shown)
        if let error = turn.error { object["error"] = error.value }
        if case .call(let call) = turn.asked {
            object["asked"] = ["agent": .string(call.agent.name), "payload": shown(call.payload)]
        }
        object["context"] = [
            "before": shown(turn.before), "after": turn.after.map(shown) ?? .null,
            "changes": .array(changes(turn).map(\.json)),
        ]
        if let performer = run.performer(of: turn) {
            object["agent"] = .string(performer.agent)
            object["instance"] = .string(performer.instance)
            object["attempt"] = Value(Int(performer.attempt))
        }
        return .object(object)
    }
}
