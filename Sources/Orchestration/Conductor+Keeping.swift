import Bus
import Reactor
import Store
import Telemetry
import Wire

/// What is written down of a request: when it is accepted, and how it ended.
extension Conductor {
    /// The moment as the store counts: milliseconds since 1970.
    func storeTime(at now: Instant) -> UInt64 {
        let (time, heard) = storeClock
        return UInt64(clamping: Int64(clamping: time) + (now - heard).wholeNanoseconds / 1_000_000)
    }

    /// A request as the store is asked to keep it.
    func acceptance(
        _ slot: Int, _ message: borrowing EnvelopeView, waits: Bool, at now: Instant
    ) -> StateCommand.Acceptance {
        let agent = registry.agents[requests[slot].agent]
        let time = storeTime(at: now)
        let left = (requests[slot].deadline - now).milliseconds
        return StateCommand.Acceptance(
            key: requests[slot].record, id: requests[slot].key.id,
            tenant: requests[slot].tenant, agent: agent.name,
            body: body(of: message, requests[slot].content), accepted: time,
            deadline: time + left, priority: requests[slot].priority, waits: waits,
            input: StoredMessage(
                envelope: requests[slot].envelope, content: requests[slot].content),
            projection: agent.policy.copies)
    }

    /// The request has its outcome: what the store is asked to keep of it.
    func ending(_ slot: Int, _ outcome: Outcome) -> StateCommand.Ending {
        let step = requests[slot].steps.members(steps.siblings).last { steps[$0].state == .done }
        let code = outcome.code
        let output = outcome.stored
        var ending = StateCommand.Ending(
            key: requests[slot].record, state: state(code, slot), step: 1, attempt: 0,
            agent: registry.agents[requests[slot].agent].name, instance: "", code: code, took: 0,
            isDead: isDead(slot, code),
            size: 256 + requests[slot].envelope.count + requests[slot].content.count
                + output.count,
            output: output, projection: registry.agents[requests[slot].agent].policy.copies)
        guard let step, steps[step].attempt > 0 else { return ending }
        ending.step = Int(steps[step].ordinal)
        ending.attempt = Int(steps[step].attempt)
        ending.agent = registry.agents[steps[step].agent].name
        ending.instance = instanceName(step)
        ending.took = (present - steps[step].dispatched).milliseconds
        return ending
    }

    // MARK: - Steps

    /// What tells a request from another one under its id.
    private func body(
        of message: borrowing EnvelopeView, _ content: any Content
    ) -> Digest {
        guard message.type != .request else {
            return Digest(message[.receiver], content: content)
        }
        let headers = ((try? message.headers()) ?? [:]).sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
        return Digest(
            message.type?.name ?? "", message[.receiver], headers, content: content)
    }

    private func state(_ code: String, _ slot: Int) -> StoredState {
        switch code {
        case "": .succeeded
        case WireCode.cancelled.rawValue: .cancelled
        case WireCode.deadline.rawValue where present >= requests[slot].deadline: .expired
        default: .failed
        }
    }

    /// Whether a person must look at it: its workers died of it, or it failed and nobody waits.
    private func isDead(_ slot: Int, _ code: String) -> Bool {
        guard !code.isEmpty, code != WireCode.cancelled.rawValue else { return false }
        if requests[slot].isPoison { return true }
        return requests[slot].plan.isSilent
    }
}
