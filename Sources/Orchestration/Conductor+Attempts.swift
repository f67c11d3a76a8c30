import Bus
import Reactor
import Store
import Telemetry
import Wire

/// Attempts of durable steps are counted over all owners of a request: who takes it over cannot ask
/// those who are gone. The first one is known by the request itself; any other is written down
/// before a worker gets it, so that no two workers ever have the same one.
extension Conductor {
    /// Whether the store must know of the attempt before it is made.
    func mustBeNoted(_ step: Int) -> Bool {
        steps[step].delivery == .durable && storeIsDurable
            && steps[step].attempt > requests[steps[step].request].attempts
    }

    /// Has the attempt written down. Its worker's place is taken in the meantime.
    mutating func noteAttempt(_ step: Int, into outbox: inout Outbox) {
        steps[step].isUnsent = true
        let attempt = StateCommand.Attempt(
            key: requests[steps[step].request].record, number: Int(steps[step].attempt))
        outbox.ask(.attempt(steps.token(step), attempt))
    }

    /// The store's word on it. A step that was lost or stopped since has another token, or is not
    /// unsent any more.
    mutating func attempted(
        _ token: UInt64, _ keeping: Keeping, at now: Instant, into outbox: inout Outbox
    ) {
        guard let step = steps.slot(token: token), steps[step].isUnsent else { return }
        let slot = steps[step].request
        guard keeping == .kept else { return giveUp(slot, keeping, into: &outbox) }
        requests[slot].attempts = max(requests[slot].attempts, steps[step].attempt)
        steps[step].isUnsent = false
        let worker = registry.workers[steps[step].worker]
        guard !isFenced, worker.isReachable, !worker.isDraining, worker.inFlight <= worker.capacity
        else {
            // Nobody has it: the number is free.
            if steps[step].latest == steps[step].attempt { steps[step].latest -= 1 }
            return placeAgain(step, .refused, at: now, into: &outbox)
        }
        steps[step].dispatched = now
        hand(step, at: now, into: &outbox)
    }

    /// A step that is not needed any more and that its worker never got: its place is free.
    mutating func takeBackUnsent(_ step: Int) {
        guard steps[step].isUnsent else { return }
        vacate(step, .refused, at: present)
        registry.offerAgain(steps[step].worker)
    }
}
