import Document
import Reactor
import Store
import Telemetry
import Wire

/// What a request went through, put together from what the store has of it: for requests that
/// nobody here remembers.
extension Conductor {
    func trace(of request: StoredRequest) -> Value {
        var dice = Dice(seed: request.key.digest.high)
        let trace = dice.trace()
        var answer: ObjectValue = [
            "orchestrator": .string(name), "request": .string(request.id),
            "agent": .string(request.agent), "state": .string(request.state.word),
            "pattern": .string(request.pattern), "delivery": .string(Delivery.durable.name),
            "trace": .string(trace.traceID), "stored": true,
        ]
        if !request.code.isEmpty { answer["code"] = .string(request.code) }
        answer["spans"] = .array(request.spans(in: trace, orchestrator: name))
        return .object(answer)
    }
}

extension StoredRequest {
    var pattern: String {
        guard let input, let envelope = try? Envelope(decoding: input.envelope) else {
            return "call"
        }
        if envelope.receiver.hasPrefix(WorkflowAddress.prefix) { return "workflow" }
        switch envelope.type {
        case .notification: return "notification"
        case .pipeline: return "pipeline"
        case .broadcast: return "gather"
        default: return "call"
        }
    }

    /// The request and each attempt whose end was kept, as the spans of `proto/tap.md`.
    func spans(in trace: TraceContext, orchestrator: String) -> [Value] {
        let isOneAgent = pattern == "call" || pattern == "notification"
        let operation = isOneAgent ? "invoke_agent" : "invoke_workflow"
        let own = span(
            "\(operation) \(isOneAgent ? agent : pattern)", trace, parent: nil, kind: "server",
            from: accepted, to: ended > 0 ? ended : nil, code,
            [
                "gen_ai.operation.name": .string(operation), "gen_ai.agent.name": .string(agent),
                "baton.request": .string(id), "baton.orchestrator": .string(orchestrator),
                "baton.pattern": .string(pattern), "baton.state": .string(state.word),
            ])
        return [own]
            + events.filter { $0.kind == "done" && $0.attempt > 0 }
            .map { attempt($0, in: trace) }
    }

    // MARK: - Steps

    private func attempt(_ event: StoredEvent, in trace: TraceContext) -> Value {
        let instance = "\(event.agent)#\(event.instance)"
        let context = trace.child(
            step: UInt32(clamping: event.step), attempt: UInt32(clamping: event.attempt))
        return span(
            "attempt \(instance)", context, parent: trace.spanID, kind: "client",
            from: event.at - min(event.at, event.took), to: event.at, event.code,
            [
                "gen_ai.agent.name": .string(event.agent), "baton.request": .string(id),
                "baton.step": Value(event.step), "baton.attempt": Value(event.attempt),
                "baton.instance": .string(instance),
                "baton.outcome": .string(event.code.isEmpty ? "answered" : "failed"),
            ])
    }

    private func span(
        _ name: String, _ context: TraceContext, parent: String?, kind: String,
        from start: UInt64, to end: UInt64?, _ code: String, _ attributes: ObjectValue
    ) -> Value {
        let status = end == nil ? "unset" : code.isEmpty ? "ok" : "error"
        var attributes = attributes
        if !code.isEmpty { attributes["baton.code"] = .string(code) }
        return [
            "trace": .string(context.traceID), "span": .string(context.spanID),
            "parent": parent.map(Value.string) ?? .null, "name": .string(name),
            "kind": .string(kind), "start_ns": Value(start &* 1_000_000),
            "end_ns": end.map { Value($0 &* 1_000_000) } ?? .null, "status": .string(status),
            "attributes": .object(attributes),
        ]
    }
}
