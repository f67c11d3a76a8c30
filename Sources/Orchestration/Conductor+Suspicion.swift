import Bus
import Wire

/// A step may be what kills its workers. It is moved on as soon as a connection closes, before it
/// is known whether the worker died; these moves are remembered, so that a poisonous step never
/// takes more workers with it than the limit allows.
extension Conductor {
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
            guard died else { continue }
            requests[slot].deaths += 1
            guard requests[slot].deaths >= limits.deathsPerStep, requests[slot].state == .waiting
            else { continue }
            leaveLine(slot)
            endAsPoison(slot, into: &outbox)
        }
    }

    mutating func endAsPoison(_ slot: Int, into outbox: inout Outbox) {
        let agent = registry.agents[requests[slot].agent].name
        let reason = "\(requests[slot].deaths) workers died while they ran \(agent) for it"
        conclude(slot, .failure(WireError(code: "lost", message: reason)), into: &outbox)
    }
}
