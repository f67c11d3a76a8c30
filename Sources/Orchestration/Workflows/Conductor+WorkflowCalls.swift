import Bus
import Document
import Flow
import Reactor
import Telemetry
import Wire

/// What runs ask of agents, and what comes of it.
extension Conductor {
    /// Gives a call of a run to an agent. A step of a run without a journal is repeated with it.
    mutating func begin(
        _ call: CallRequest, _ slot: Int, isApproved: Bool = false, into outbox: inout Outbox
    ) {
        let token = requests.token(slot)
        let cache = call.cache.map {
            AnswerCache.Key(tenant: requests[slot].tenant, agent: call.agent.name, key: $0.key)
        }
        if let cache, let known = flows.answers.answer(cache, at: present) {
            return tell(token, .answered(call.key, known), into: &outbox)
        }
        let content = JSON.write(call.payload)
        do throws(Fault) {
            let (agent, instance) = try agent(for: call, content, of: slot)
            if registry.agents[agent].policy.needsApproval, !isApproved {
                return askLeave(for: call, slot, into: &outbox)
            }
            let step = addStep(slot, agent, instance)
            let ordinal = flows[token]?.nextOrdinal(for: call.key) ?? 0
            let isDurable = flows[token]?.journal != nil
            steps[step].delivery = isDurable ? .durable : .volatile
            steps[step].ordinal = ordinal
            steps[step].isApproved = isApproved
            steps[step].wanted = Registry.Wanted(call.agent)
            steps[step].deadline = call.deadline.map { present + ($0 - flowClock) }
            steps[step].input = Step.Input(
                content: ContentBytes(content), contentType: "application/json")
            var pending = FlowWork.Pending(slot: step, ordinal: ordinal)
            if let cache {
                pending.cache = (cache, call.cache?.lifetime ?? .seconds(300))
            }
            flows[token]?.parts[call.key] = .step(pending)
            // Whoever approved it may have done so for the owner before.
            let mayBeUnderWay = isApproved && requests[slot].isSought
            if flows[token]?.isReturning == true || mayBeUnderWay {
                seek(step, begunAt: flows[token]?.begun[call.key], into: &outbox)
            } else {
                place(step, at: present, into: &outbox)
            }
        } catch {
            let failure = FlowError(WireError(error), of: call.agent.name)
            return tell(token, .failed(call.key, failure), into: &outbox)
        }
        if !call.awaits { tell(token, .answered(call.key, .null), into: &outbox) }
    }

    /// A step of a run has its outcome.
    mutating func workflowStepEnded(
        _ slot: Int, _ step: Int, _ outcome: Outcome, into outbox: inout Outbox
    ) {
        let token = requests.token(slot)
        let (ordinal, agent) = (steps[step].ordinal, registry.agents[steps[step].agent].name)
        let doneStep = steps.token(step)
        let performer = JournalLine.Performer(
            agent: agent, instance: instanceName(step), attempt: steps[step].attempt)
        if steps[step].delivery == .volatile { remove(step) }
        guard let (key, pending) = flows[token]?.take(ordinal) else { return }
        defer {
            // Behind the line that says what it came to.
            if flows[token]?.journal != nil {
                flows[token]?.hold(.acknowledge(doneStep))
                keepJournal(token, into: &outbox)
            }
        }
        if flows[token]?.journal != nil { flows[token]?.performers[key] = performer }
        switch outcome {
        case .result(let content, _, let contentType):
            let value = content.value(contentType)
            if let (name, lifetime) = pending.cache {
                flows.answers.keep(value, name, for: lifetime, at: present)
            }
            tell(token, .answered(key, value), into: &outbox)
        case .failure(let error):
            tell(token, .failed(key, FlowError(error, of: agent)), into: &outbox)
        }
    }

    // MARK: - Steps

    private mutating func agent(
        for call: CallRequest, _ content: [UInt8], of slot: Int
    ) throws(Fault) -> (agent: Int, instance: String?) {
        guard content.count <= WireLimits.content else {
            throw Fault(
                WireCode.tooLarge,
                "the payload has \(content.count) bytes: more than one message holds")
        }
        // Where others were before, its agents may still be on their way here.
        if requests[slot].isSought || isReuniting(at: present), Name.isValid(call.agent.name) {
            _ = registry.expect(call.agent.name)
        }
        let (agent, instance) = try agent(addressed: call.agent.name)
        if let reason = registry.frozen[registry.agents[agent].name] {
            throw Fault(
                WireCode.frozen,
                "\(registry.agents[agent].name) is frozen" + (reason.isEmpty ? "" : ": \(reason)"))
        }
        return (agent, instance)
    }
}

extension Content {
    /// As a run knows it: JSON as what it says, a text as itself, and anything else as base64.
    func value(_ contentType: String) -> Value {
        if count == 0 { return .null }
        let bytes = array
        if contentType.isEmpty || contentType.hasPrefix("application/json")
            || contentType.hasSuffix("+json"), let value = try? JSON.parse(bytes)
        {
            return value
        }
        if contentType.isEmpty || contentType.hasPrefix("text/"),
            let text = String(validating: bytes, as: UTF8.self)
        {
            return .string(text)
        }
        return ["base64": .string(Base64.encode(bytes)), "content_type": .string(contentType)]
    }
}
