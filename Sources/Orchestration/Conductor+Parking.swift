import Bus
import Reactor
import Store
import Wire

/// Effects that must not be repeated: they begin when that is written down, and when nobody can
/// know what came of one, its request rests until a person decides.
extension Conductor {
    /// The worker has the task and waits for word to begin.
    mutating func release(_ step: Int, into outbox: inout Outbox) {
        if case .workflow = requests[steps[step].request].plan {
            return releaseInRun(step, into: &outbox)
        }
        guard steps[step].delivery == .durable else {
            steps[step].isStarted = true
            return sendTaskWord(.go, step, into: &outbox)
        }
        // From here on it may be written down, so it counts as begun.
        steps[step].isStarted = true
        let start = StateCommand.StepStart(
            key: requests[steps[step].request].record, step: Int(steps[step].ordinal),
            attempt: Int(steps[step].attempt), agent: registry.agents[steps[step].agent].name,
            instance: instanceName(step))
        outbox.ask(.start(steps.token(step), start))
    }

    /// The store's word on it.
    mutating func started(_ token: UInt64, _ keeping: Keeping, into outbox: inout Outbox) {
        guard let step = steps.slot(token: token), steps[step].isHeld,
            steps[step].state == .running
        else { return }
        CrashPoint.started.reached()
        guard keeping == .kept else {
            sendTaskWord(.abort, step, into: &outbox)
            return giveUp(steps[step].request, keeping, into: &outbox)
        }
        sendTaskWord(.go, step, into: &outbox)
        tellFollowers(of: requests[steps[step].request].record, into: &outbox)
    }

    /// Whether nobody can know what came of the step if its worker does not say.
    func isUncertain(_ step: Int) -> Bool {
        steps[step].effect == .unsafe && steps[step].isStarted
            && steps[step].delivery == .durable && mayPark(steps[step].request)
    }

    /// Keeps the request until a person decides what came of its step.
    ///
    /// - Parameter code: the word for why nobody knows.
    mutating func park(
        _ step: Int, _ code: WireCode, _ reason: String, into outbox: inout Outbox
    ) {
        let slot = steps[step].request
        let agent = registry.agents[steps[step].agent].name
        let parking = StateCommand.Parking(
            key: requests[slot].record, step: Int(steps[step].ordinal),
            attempt: Int(steps[step].attempt), agent: agent,
            instance: instanceName(step), reason: code.rawValue)
        steps[step].state = .done
        deadlines.remove(slot)
        stopSteps(slot, into: &outbox)
        requests[slot].state = .parking
        requests[slot].outcome = .failure(
            WireError(
                code: WireCode.uncertain.rawValue,
                message: "\(reason): nobody can know whether \(agent) had its effect; "
                    + "it rests until somebody says so"))
        counters.parked += 1
        if case .failure(let error) = requests[slot].outcome { logFailure(of: slot, error) }
        outbox.ask(.park(requests.token(slot), parking))
    }

    /// The store keeps it: whoever waits is told.
    mutating func parked(_ token: UInt64, _ keeping: Keeping, into outbox: inout Outbox) {
        guard let slot = requests.slot(token: token), requests[slot].state == .parking,
            let outcome = requests[slot].outcome
        else { return }
        guard keeping == .kept else { return giveUp(slot, keeping, into: &outbox) }
        end(slot, outcome, into: &outbox)
    }

    // MARK: - Steps

    /// What several answers are gathered for says of each of them that it is not known.
    private func mayPark(_ slot: Int) -> Bool {
        switch requests[slot].plan {
        case .gather, .workflow: return false
        case .direct, .notification, .pipeline: return true
        }
    }
}
