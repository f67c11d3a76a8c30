import Reactor
import Telemetry
import Wire

/// What becomes of an attempt that failed or takes too long: it is made again, doubled, left to
/// another agent, or was the last one.
extension Conductor {
    /// An attempt failed, and its worker has let go of it.
    mutating func attemptFailed(
        _ step: Int, _ error: WireError, at now: Instant, into outbox: inout Outbox
    ) {
        guard !leaveToTwin(step, into: &outbox) else { return }
        if let wait = waitBeforeRetry(step, error, at: now) {
            acknowledge(step, into: &outbox)
            steps[step].state = .resting
            steps[step].retries += 1
            steps[step].avoided = steps[step].chosen
            counters.retried += 1
            steps.timers.set(step, due: now + wait)
            logRetry(step, error, wait)
        } else {
            exhausted(step, error, at: now, into: &outbox)
        }
    }

    /// A step can get no answer from its agent: another takes over where one is named, and the
    /// failure is not the caller's own.
    mutating func exhausted(
        _ step: Int, _ error: WireError, at now: Instant, into outbox: inout Outbox
    ) {
        guard error.isOfTheAgent, let agent = nextFallback(step) else {
            return settle(step, .failure(error), at: now, into: &outbox)
        }
        acknowledge(step, into: &outbox)
        counters.fallbacks += 1
        logFallback(step, to: agent, error)
        steps[step].agent = agent
        steps[step].effect = registry.agents[agent].effect
        steps[step].retries = 0
        steps[step].reason = .fallback
        steps[step].avoided = Step.nobody
        place(step, at: now, into: &outbox)
    }

    /// A step's own time has come.
    mutating func look(at step: Int, at now: Instant, into outbox: inout Outbox) {
        switch steps[step].state {
        case .waiting: waitedTooLong(step, at: now, into: &outbox)
        case .resting:
            steps[step].reason = .retry
            place(step, at: now, into: &outbox)
        case .running: runsLong(step, at: now, into: &outbox)
        case .sought: seekOn(step, at: now, into: &outbox)
        case .free, .storing, .done, .detached: break
        }
    }

    /// Notes when a step that was just given away is to be looked at: when a second copy of it
    /// makes sense, or when it has taken longer than its agent is granted.
    mutating func watch(_ step: Int, at now: Instant) {
        let agent = steps[step].agent
        var due = registry.agents[agent].policy.timeout.map { now + $0 }
        if mayBeDoubled(step), let delay = registry.hedgeDelay(agent) {
            due = min(due ?? .distantFuture, now + delay)
            // A wait this short must be kept to a few milliseconds.
            if delay < .milliseconds(250) { briskUntil = now + delay + .milliseconds(20) }
        }
        if let due { steps.timers.set(step, due: due) }
    }

    /// The other copy of a step is not needed any more.
    mutating func dropTwin(of step: Int, into outbox: inout Outbox) {
        let twin = steps[step].twin
        guard twin != Step.nobody else { return }
        part(step, twin)
        if steps[twin].state == .running { sendCancel(twin, into: &outbox) }
        if steps[twin].state == .waiting { leaveLine(twin) }
        remove(twin)
    }

    /// Whether another copy of the step is still under way; then this one ends here.
    mutating func leaveToTwin(_ step: Int, into outbox: inout Outbox) -> Bool {
        let twin = steps[step].twin
        guard twin != Step.nobody else { return false }
        part(step, twin)
        acknowledge(step, into: &outbox)
        remove(step)
        return true
    }

    // MARK: - Retries

    /// How long to wait before the attempt is made again; nothing when it is not to be.
    private mutating func waitBeforeRetry(
        _ step: Int, _ error: WireError, at now: Instant
    ) -> Duration? {
        guard error.retryable, steps[step].effect != .unsafe else { return nil }
        let agent = steps[step].agent
        let left = requests[steps[step].request].deadline - now
        let wait = registry.agents[agent].policy.retries.wait(
            before: steps[step].retries + 1, asked: error.fault.retry, left: left, dice: &dice)
        guard let wait, registry.mayRetry(agent, at: now) else { return nil }
        return wait
    }

    private func nextFallback(_ step: Int) -> Int? {
        guard steps[step].instance == nil else { return nil }
        // Those of the agent that was asked for, in order, from the one after this.
        let asked = steps[step].original
        let names = registry.agents[asked].policy.fallback
        guard !names.isEmpty else { return nil }
        let current = registry.agents[steps[step].agent].name
        let next = names.firstIndex(of: current).map { $0 + 1 } ?? 0
        for name in names[next...] {
            if let other = registry.agent(name) { return other }
        }
        return nil
    }

    // MARK: - Time

    private mutating func waitedTooLong(
        _ step: Int, at now: Instant, into outbox: inout Outbox
    ) {
        counters.expired += 1
        let agent = steps[step].agent
        leaveLine(step)
        if let left = registry.admits(agent, at: now) {
            let error = WireError(brokenOff(agent, left))
            return exhausted(step, error, at: now, into: &outbox)
        }
        let reason = "no instance of \(registry.agents[agent].name) had a place for it in time"
        let error = WireError(code: WireCode.deadline.rawValue, message: reason)
        exhausted(step, error, at: now, into: &outbox)
    }

    private mutating func runsLong(_ step: Int, at now: Instant, into outbox: inout Outbox) {
        let limit = registry.agents[steps[step].agent].policy.timeout
        if let limit, now - steps[step].dispatched >= limit {
            return timeOut(step, limit, at: now, into: &outbox)
        }
        double(step, at: now, into: &outbox)
        if let limit { steps.timers.set(step, due: steps[step].dispatched + limit) }
    }

    /// The attempt is given up although its worker has not answered: its place there stays taken
    /// until it does.
    private mutating func timeOut(
        _ step: Int, _ limit: Duration, at now: Instant, into outbox: inout Outbox
    ) {
        let took = now - steps[step].dispatched
        note(registry.timedOut(steps[step].chosen, after: took, at: now), of: step)
        decisions.ended(steps[step].decision, .failed(code: "deadline"), took: took)
        sendTaskWord(.cancel, step, into: &outbox)
        let agent = registry.agents[steps[step].agent].name
        let error = WireError(
            code: WireCode.deadline.rawValue,
            message: "\(agent) did not answer within \(limit.milliseconds) ms", retryable: true)
        if isUncertain(step) { return park(step, .deadline, error.message, into: &outbox) }
        guard steps[step].effect != .unsafe else {
            return settle(step, .failure(error), at: now, into: &outbox)
        }
        guard !leaveToTwin(step, into: &outbox) else { return }
        let next = replica(of: step)
        remove(step)
        attemptFailed(next, error, at: now, into: &outbox)
    }

    // MARK: - Second copies

    /// Only what may repeat freely is given to two at once, and nothing under suspicion.
    private func mayBeDoubled(_ step: Int) -> Bool {
        steps[step].effect == .pure && steps[step].instance == nil
            && steps[step].twin == Step.nobody && !isSuspect(step)
    }

    /// Gives a copy of a slow step to another instance, if one is free and the budget allows it:
    /// the first answer counts.
    private mutating func double(_ step: Int, at now: Instant, into outbox: inout Outbox) {
        let agent = steps[step].agent
        guard mayBeDoubled(step), registry.agents[agent].waiting == 0,
            let other = registry.choose(agent: agent, avoiding: [steps[step].chosen], at: now),
            registry.mayHedge(agent)
        else { return }
        counters.hedged += 1
        let copy = replica(of: step)
        steps[copy].reason = .hedge
        steps[copy].avoided = steps[step].chosen
        steps[copy].twin = step
        steps[step].twin = copy
        dispatch(copy, to: other, at: now, into: &outbox)
        steps[step].latest = steps[copy].latest
    }

    private mutating func replica(of step: Int) -> Int {
        let copy = addStep(steps[step].request, steps[step].agent, steps[step].instance)
        steps[copy].original = steps[step].original
        steps[copy].ordinal = steps[step].ordinal
        steps[copy].input = steps[step].input
        steps[copy].latest = steps[step].latest
        steps[copy].retries = steps[step].retries
        steps[copy].deaths = steps[step].deaths
        steps[copy].chosen = steps[step].chosen
        return copy
    }

    private mutating func part(_ step: Int, _ twin: Int) {
        let latest = max(steps[step].latest, steps[twin].latest)
        steps[step].twin = Step.nobody
        steps[twin].twin = Step.nobody
        steps[step].latest = latest
        steps[twin].latest = latest
    }
}

extension WireError {
    /// Whether it speaks of whoever was called: a caller's own mistake is one everywhere.
    fileprivate var isOfTheAgent: Bool {
        Registry.Ending.failure(of: self) == .failure(countsAgainstIt: true, message: message)
    }
}
