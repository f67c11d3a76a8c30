import Bus
import Document
import Reactor
import Telemetry
import Wire

/// Why a request went where it went: each choice is noted, and told to whoever may know.
extension Conductor {
    /// Notes a choice before the task is given away; nobody chosen: it waits.
    mutating func note(_ step: Int, _ instance: Int?, at now: Instant) -> Int {
        let reason = steps[step].reason
        steps[step].reason = .first
        // More than that in a second would only drive out what somebody might ask for.
        guard choices.admits(at: now) || tap.wantsSpans else { return Step.nobody }
        requests[steps[step].request].isNoted = true
        let key = requests[steps[step].request].key
        let agent = steps[step].agent
        let avoiding = steps[step].avoided == Step.nobody ? [] : [steps[step].avoided]
        return decisions.note(
            registry.decision(
                key, agent: agent, chosen: instance, avoiding: avoiding,
                isSuspect: isSuspect(step), reason: reason, step: steps[step].ordinal,
                attempt: instance == nil ? steps[step].latest + 1 : steps[step].attempt,
                at: now))
    }

    /// Notes that a request was not taken, and what it would have been chosen from.
    mutating func noteRefusal(
        _ key: RequestKey, _ target: Target, _ fault: Fault, at now: Instant
    ) {
        guard choices.admits(at: now) else { return }
        let number = decisions.note(
            registry.decision(
                key, agent: target.agent, chosen: nil, at: now))
        decisions.ended(number, .failed(code: fault.code.rawValue), took: .zero)
    }

    /// Notes how the attempt ended.
    mutating func noteEnd(of step: Int, _ outcome: Outcome, at now: Instant) {
        let took = now - steps[step].dispatched
        switch outcome {
        case .result: decisions.ended(steps[step].decision, .answered, took: took)
        case .failure(let error):
            decisions.ended(
                steps[step].decision, .failed(code: error.code), took: took)
        }
    }

    /// The question `explain`.
    func explanation(_ body: Value, for peer: PeerID, at now: Instant) throws(Fault) -> Value {
        let id = body["id"]?.string ?? ""
        try Name.check(id, "request id")
        guard let known = peers[peer] else { return .null }
        let isOperator = known.identity.role == .operator
        let scopes = [known.ownScope, known.tenantScope]
        let noted = decisions.decisions(id: id) { isOperator || scopes.contains($0.key.scope) }
        let slot = requests(seenBy: peer).first { requests[$0].key.id == id }
        guard !noted.isEmpty || slot != nil else {
            throw Fault(
                WireCode.notFound,
                "nothing is noted of a request \(id.bounded); the latest choices are kept")
        }
        var answer: ObjectValue = ["request": .string(id)]
        describe(slot, noted, in: &answer, at: now)
        let began = slot.map { requests[$0].accepted } ?? noted.first?.at ?? now
        answer["steps"] = .array(steps(of: noted, since: began, now))
        return .object(answer)
    }

    // MARK: - Steps

    private func describe(
        _ slot: Int?, _ noted: [Decision], in answer: inout ObjectValue, at now: Instant
    ) {
        let last = noted.last
        answer["agent"] = .string(
            slot.map { registry.agents[requests[$0].agent].name } ?? noted.first?.agent ?? "")
        guard let slot else {
            answer["state"] = .string(last?.outcome == .answered ? "answered" : "ended")
            return
        }
        let request = requests[slot]
        answer["state"] = .string("\(request.state)")
        answer["pattern"] = .string(request.plan.name)
        answer["delivery"] = .string(request.delivery.name)
        answer["age_ms"] = Value((now - request.accepted).milliseconds)
        answer["deadline_ms"] = Value((request.deadline - now).milliseconds)
        answer["depth"] = Value(request.depth)
        answer["priority"] = Value(request.priority)
    }

    private func steps(of noted: [Decision], since began: Instant, _ now: Instant) -> [Value] {
        var ordinals: [UInt32] = []
        for decision in noted where !ordinals.contains(decision.step) {
            ordinals.append(decision.step)
        }
        return ordinals.map { ordinal in
            let attempts = noted.filter { $0.step == ordinal }
            return [
                "step": Value(Int(ordinal)),
                "agent": .string(attempts.last?.agent ?? ""),
                "state": .string(attempts.last?.outcome == .answered ? "done" : "open"),
                "attempts": .array(attempts.map { $0.value(since: began, now) }),
            ]
        }
    }
}

extension Plan {
    var name: String {
        switch self {
        case .direct: "call"
        case .notification: "notification"
        case .pipeline: "pipeline"
        case .gather: "gather"
        case .workflow: "workflow"
        }
    }
}
