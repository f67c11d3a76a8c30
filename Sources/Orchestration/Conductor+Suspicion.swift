import Bus
import Wire

/// A step may be what kills its workers. It is moved on as soon as a connection closes, before it
/// is known whether the worker died; these moves are remembered, so that a poisonous step never
/// takes more workers with it than the limit allows. Suspects are kept apart: a worker has one at a
/// time, so that a guilty step cannot make the same innocent ones look guilty again and again.
extension Conductor {
    func isSuspect(_ slot: Int) -> Bool {
        requests[slot].deaths > 0 || !requests[slot].suspects.isEmpty
    }

    /// Whether a step whose worker is absent may go to another one: repeatable, and not suspected
    /// of as many deaths as it is allowed. Otherwise it waits until the absence is decided.
    func mayMove(_ slot: Int) -> Bool {
        let suspected = requests[slot].deaths + requests[slot].suspects.count + 1
        return requests[slot].effect != .unsafe && suspected < limits.deathsPerStep
    }

    /// It is known now whether an absent worker died: the steps it lost are counted, or cleared.
    mutating func settleSuspicion(of peer: Peer, died: Bool, into outbox: inout Outbox) {
        guard peer.replaced else { return }
        for slot in requests.inUse {
            guard let index = requests[slot].suspects.firstIndex(of: peer.id) else { continue }
            requests[slot].suspects.remove(at: index)
            guard died else {
                clear(slot)
                continue
            }
            requests[slot].deaths += 1
            guard requests[slot].deaths >= limits.deathsPerStep, requests[slot].state == .waiting
            else { continue }
            leaveLine(slot)
            endAsPoison(slot, into: &outbox)
        }
    }

    /// A suspect that nothing is held against any more is watched no longer.
    private mutating func clear(_ slot: Int) {
        guard !isSuspect(slot), requests[slot].isWatched else { return }
        requests[slot].isWatched = false
        registry.workers[requests[slot].worker].suspects -= 1
        // Another suspect may have waited for this place: the next look offers it.
        paused.append(requests[slot].worker)
    }

    mutating func endAsPoison(_ slot: Int, into outbox: inout Outbox) {
        let agent = registry.agents[requests[slot].agent].name
        let reason = "\(requests[slot].deaths) workers died while they ran \(agent) for it"
        conclude(slot, .failure(WireError(code: "lost", message: reason)), into: &outbox)
    }
}
