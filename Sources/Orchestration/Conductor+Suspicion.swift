import Bus
import Reactor
import Wire

/// A step may be what kills its workers. It is moved on as soon as a connection closes, before it
/// is known whether the worker died; these moves are remembered, so that a poisonous step never
/// takes more workers with it than the limit allows. Suspects are kept apart: a worker has one at a
/// time, so that a guilty step cannot make the same innocent ones look guilty again and again.
extension Conductor {
    func isSuspect(_ step: Int) -> Bool {
        steps[step].deaths > 0 || !steps[step].suspects.isEmpty
    }

    /// Whether a step whose worker is absent may go to another one: repeatable, and not suspected
    /// of as many deaths as it is allowed. Otherwise it waits until the absence is decided.
    func mayMove(_ step: Int) -> Bool {
        let suspected = steps[step].deaths + steps[step].suspects.count + 1
        return steps[step].effect != .unsafe && suspected < limits.deathsPerStep
    }

    /// Whether a step may be given to anybody: not while it is suspected of as many deaths as it is
    /// allowed, and it is not known yet whether they were any.
    func mayRun(_ step: Int) -> Bool {
        steps[step].deaths + steps[step].suspects.count < limits.deathsPerStep
    }

    /// It is known now whether an absent worker died: the steps it lost are counted, or cleared.
    mutating func settleSuspicion(
        of peer: Peer, died: Bool, at now: Instant, into outbox: inout Outbox
    ) {
        guard peer.replaced else { return }
        for step in steps.inUse {
            guard let index = steps[step].suspects.firstIndex(of: peer.id) else { continue }
            steps[step].suspects.remove(at: index)
            guard died else {
                clear(step)
                offerAgain(step, at: now, into: &outbox)
                continue
            }
            steps[step].deaths += 1
            guard steps[step].deaths >= limits.deathsPerStep, steps[step].state == .waiting
            else { continue }
            leaveLine(step)
            endAsPoison(step, at: now, into: &outbox)
        }
    }

    /// A suspect that nothing is held against any more is watched no longer.
    private mutating func clear(_ step: Int) {
        guard !isSuspect(step), steps[step].isWatched else { return }
        steps[step].isWatched = false
        registry.workers[steps[step].worker].suspects -= 1
        // Another suspect may have waited for this place: the next look offers it.
        registry.offerAgain(steps[step].worker)
    }

    /// A step that waited for this to be settled need wait no longer.
    private mutating func offerAgain(_ step: Int, at now: Instant, into outbox: inout Outbox) {
        guard steps[step].state == .waiting, mayRun(step) else { return }
        leaveLine(step)
        placeAgain(step, at: now, into: &outbox)
    }

    mutating func endAsPoison(_ step: Int, at now: Instant, into outbox: inout Outbox) {
        let agent = registry.agents[steps[step].agent].name
        let slot = steps[step].request
        quarantine.add(
            Quarantine.Entry(
                key: requests[slot].key, tenant: requests[slot].tenant, agent: agent,
                step: steps[step].ordinal, attempts: steps[step].attempt,
                deaths: steps[step].deaths, at: now))
        logPoison(step)
        requests[slot].isPoison = true
        let reason = "\(steps[step].deaths) workers died while they ran \(agent) for it"
        settle(
            step, .failure(WireError(code: "lost", message: reason)), at: now, into: &outbox)
    }
}
