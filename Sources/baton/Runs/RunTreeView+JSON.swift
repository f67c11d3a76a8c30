import Document
import Flow
import Orchestration

/// The tree of a run for programs.
extension RunTreeView {
    var json: Value {
        var object: ObjectValue = [
            "request": .string(run.id), "workflow": .string(run.head.shown("workflow")),
            "state": .string(run.state), "suspended": .bool(history.resumed.run.isSuspended),
            "tasks": .array(RunTree(history).nodes.map(json)),
        ]
        object["accepted_at"] = run.head["accepted_at"]
        object["ended_at"] = run.head["ended_at"]
        object["origin"] = run.head["origin"]
        object["error"] = run.head["error"]
        return .object(object)
    }

    private func json(_ node: RunTree.Node) -> Value {
        var object: ObjectValue = [
            "name": .string(node.name), "reference": .string(node.reference),
            "kind": .string(node.kind.rawValue), "does": .string(node.summary),
            "times": Value(node.turns.count),
        ]
        object["turns"] = .array(node.turns.map { json(history.turns[$0]) })
        if !node.children.isEmpty { object["tasks"] = .array(node.children.map(json)) }
        return .object(object)
    }

    private func json(_ turn: RunHistory.Turn) -> Value {
        var object: ObjectValue = [
            "key": .string(turn.key.text), "state": .string(Self.word(of: turn.state)),
            "began": .string(turn.began.iso8601), "step": Value(Int(turn.key.ordinal)),
        ]
        if let ended = turn.ended { object["ended"] = .string(ended.iso8601) }
        if run.isKept(turn) { object["kept"] = true }
        if turn.retries > 0 { object["retries"] = Value(turn.retries) }
        if let error = turn.error { object["error"] = error.value }
        if let performer = run.performer(of: turn) {
            object["agent"] = .string(performer.agent)
            object["instance"] = .string(performer.instance)
            object["attempt"] = Value(Int(performer.attempt))
        }
        if turn.state == .running { object["waits"] = waits(turn) }
        if let id = childIDs[turn.key] {
            object["request"] = .string(id)
            object["run"] = children[id]?.json
        }
        return .object(object)
    }

    /// What a task that is under way waits for.
    private func waits(_ turn: RunHistory.Turn) -> Value? {
        switch turn.asked {
        case .call(let call):
            var value: ObjectValue = ["for": "agent", "agent": .string(call.agent.name)]
            value["by"] = holders[Int(turn.key.ordinal)].map { .string($0) }
            return .object(value)
        case .setTimer(_, let moment): return ["for": "timer", "until": .string(moment.iso8601)]
        case .listen: return ["for": "event"]
        case .runWorkflow(_, let workflow, _, _):
            return ["for": "workflow", "workflow": .string(workflow.name)]
        default: return nil
        }
    }
}
