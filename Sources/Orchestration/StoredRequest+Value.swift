import Document
import Store
import Wire

/// What the store has of a request, as answers show it.
extension StoredRequest {
    /// Its row in a list.
    func row(at time: UInt64) -> ObjectValue {
        var row: ObjectValue = [
            "request": .string(id), "agent": .string(agent), "state": .string(state.word),
            "attempt": Value(attempt), "tenant": .string(tenant),
            "age_ms": Value(Int(clamping: time) - Int(clamping: accepted)),
        ]
        if ended > 0 {
            row["ended_ms"] = Value(Int(clamping: time) - Int(clamping: ended))
        } else {
            row["left_ms"] = Value(Int(clamping: deadline) - Int(clamping: time))
        }
        if !code.isEmpty { row["code"] = .string(code) }
        if !instance.isEmpty { row["instance"] = .string("\(agent)#\(instance)") }
        return row
    }

    /// Everything but what only those in hand have.
    func description(at time: UInt64) -> ObjectValue {
        var all = row(at: time)
        all["accepted_at"] = Value(accepted)
        if ended > 0 { all["ended_at"] = Value(ended) }
        if !owner.isEmpty { all["owner"] = .string(owner) }
        if let input {
            let value = input.content.value
            all["input"] = value
            if let fork = value[RunFork.member], isFork {
                all["input"] = value["input"] ?? .null
                all["origin"] = ["request": fork["origin"] ?? "", "step": fork["step"] ?? ""]
            }
        }
        switch output.flatMap(Outcome.init) {
        case .result(let content, _, _): all["output"] = content.value
        case .failure(let error):
            all["error"] = ["code": .string(error.code), "message": .string(error.message)]
        case nil: break
        }
        all["steps"] = .array(steps.map(\.value))
        all["events"] = .array(events.map(\.value))
        return all
    }
}

extension StoredEvent {
    var value: Value {
        var row: ObjectValue = [
            "number": Value(number), "kind": .string(kind), "at_ms": Value(at),
        ]
        if step > 0 { row["step"] = Value(step) }
        if attempt > 0 { row["attempt"] = Value(attempt) }
        if !agent.isEmpty { row["agent"] = .string(agent) }
        if !instance.isEmpty { row["instance"] = .string(instance) }
        if took > 0 { row["took_ms"] = Value(took) }
        if !code.isEmpty { row["code"] = .string(code) }
        return .object(row)
    }
}

extension StoredStep {
    var value: Value {
        let word =
            switch state {
            case .started: "started"
            case .done: "done"
            case .uncertain: "uncertain"
            }
        var row: ObjectValue = [
            "step": Value(number), "state": .string(word), "attempt": Value(attempt),
            "agent": .string(agent), "instance": .string(instance), "at_ms": Value(at),
            "took_ms": Value(took),
        ]
        if let result { row["result"] = result.value }
        return .object(row)
    }
}

extension AgentFigures {
    var value: Value {
        let average = count == 0 ? 0 : Double(milliseconds) / Double(count)
        return [
            "agent": .string(agent), "hour": Value(hour), "count": Value(count),
            "failed": Value(failed), "average_ms": .number(average.rounded(to: 1000)),
        ]
    }
}

extension Content {
    /// JSON as it is, anything else in base64.
    var value: Value {
        guard count > 0 else { return .null }
        if let value = try? JSON.parse(array) { return value }
        return ["base64": .string(Base64.encode(array))]
    }
}
