import Bus
import Document
import Flow
import Reactor
import Telemetry
import Wire

/// What runs ask of agents and of other workflows, and what comes of it.
extension Conductor {
    /// A workflow that a run wants to have run.
    struct Subordinate {
        let key: StepKey
        let input: Value
        let awaits: Bool
    }

    /// Gives a call of a run to an agent. A step of a run without a journal is repeated with it.
    mutating func begin(_ call: CallRequest, _ slot: Int, into outbox: inout Outbox) {
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
            let step = addStep(slot, agent, instance)
            let ordinal = flows[token]?.nextOrdinal(for: call.key) ?? 0
            let isDurable = flows[token]?.journal != nil
            steps[step].delivery = isDurable ? .durable : .volatile
            steps[step].ordinal = ordinal
            steps[step].wanted = Registry.Wanted(call.agent)
            steps[step].deadline = call.deadline.map { present + ($0 - flowClock) }
            steps[step].input = Step.Input(
                content: ContentBytes(content), contentType: "application/json")
            var pending = FlowWork.Pending(slot: step, ordinal: ordinal)
            if let cache {
                pending.cache = (cache, call.cache?.lifetime ?? .seconds(300))
            }
            flows[token]?.parts[call.key] = .step(pending)
            if flows[token]?.isReturning == true {
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

    /// What a run has asked for is not wanted any more.
    mutating func withdraw(_ part: FlowWork.Part, of slot: Int, into outbox: inout Outbox) {
        switch part {
        case .timer: break
        case .step(let pending):
            for step in requests[slot].steps.members(steps.siblings)
            where steps[step].ordinal == pending.ordinal {
                stopStep(step, into: &outbox)
            }
        case .request(let token):
            guard let child = requests.slot(token: token) else { return }
            requests[child].parent = nil
            let fault = Fault(WireCode.cancelled, "the workflow that had it run ended before it")
            stop(child, fault, into: &outbox)
        }
    }

    // MARK: - Workflows that run workflows

    /// Runs another workflow. One that is waited for belongs to its run and ends with it; any other
    /// is on its own from the start.
    mutating func begin(
        _ wanted: Subordinate, _ reference: WorkflowReference, _ slot: Int,
        into outbox: inout Outbox
    ) {
        let token = requests.token(slot)
        do throws(Fault) {
            let child = try subordinate(wanted, reference, slot)
            let childToken = requests.token(child)
            if wanted.awaits {
                requests[child].parent = Request.Parent(token: token, key: wanted.key)
                flows[token]?.parts[wanted.key] = .request(childToken)
            }
            begin(child, at: present, into: &outbox)
            if !wanted.awaits { tell(token, .answered(wanted.key, .null), into: &outbox) }
        } catch {
            let failure = FlowError(WireError(error), of: reference.name)
            tell(token, .failed(wanted.key, failure), into: &outbox)
        }
    }

    /// A workflow that a run waits for has ended.
    mutating func subordinateEnded(
        _ parent: Request.Parent, _ outcome: Outcome, into outbox: inout Outbox
    ) {
        guard flows[parent.token]?.parts.removeValue(forKey: parent.key) != nil else { return }
        switch outcome {
        case .result(let content, _, let contentType):
            tell(parent.token, .answered(parent.key, content.value(contentType)), into: &outbox)
        case .failure(let error):
            let failure = FlowError(error, of: "the workflow")
            tell(parent.token, .failed(parent.key, failure), into: &outbox)
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

    private mutating func subordinate(
        _ wanted: Subordinate, _ reference: WorkflowReference, _ slot: Int
    ) throws(Fault) -> Int {
        guard requests[slot].depth < limits.depth else {
            throw Fault(
                WireCode.budget, "workflows ran each other \(limits.depth) deep: no deeper")
        }
        guard requests.count < limits.inFlight else {
            throw Fault(
                WireCode.busy, "\(requests.count) requests are in hand: no more for now",
                retry: .after(.milliseconds(50)))
        }
        let edition = try shelf.edition(
            WorkflowAddress(
                namespace: reference.namespace, name: reference.name, version: reference.version))
        let id = "\(requests[slot].key.id.prefix(48)).\(flows.nextRequest())"
        let child = requests.take(RequestKey(scope: Self.inner, id: id))
        requests[child].state = .active
        requests[child].plan = .workflow(Plan.Journey(edition, isSilent: true))
        requests[child].agent = registry.expect(edition.label)
        requests[child].caller = Caller(peer: .nobody, messageID: id)
        requests[child].tenant = requests[slot].tenant
        requests[child].delivery = .volatile
        requests[child].priority = requests[slot].priority
        requests[child].content = ContentBytes(JSON.write(wanted.input))
        requests[child].envelope = requests[slot].envelope
        requests[child].accepted = present
        requests[child].deadline = requests[slot].deadline
        requests[child].depth = requests[slot].depth + 1
        requests[child].root = requests[slot].root == 0 ? requests.token(slot) : requests[slot].root
        requests[child].trace = requests[slot].trace
        requests[child].beganTrace = false
        deadlines.set(child, due: requests[child].deadline)
        return child
    }

    /// The scope of requests that nobody outside made.
    private static var inner: UInt64 { .max }
}

extension Content {
    /// As a run knows it: JSON as what it says, a text as itself, and anything else as base64.
    fileprivate func value(_ contentType: String) -> Value {
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
