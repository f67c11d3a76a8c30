import Bus
import Reactor
import Telemetry
import Wire

/// Who runs what: a request is given to an instance with a place, or stands in its agent's line
/// until there is one.
extension Conductor {
    /// Gives the request to an instance, or lets it wait for one behind those that came before.
    mutating func place(_ slot: Int, at now: Instant, into outbox: inout Outbox) {
        let (agent, instance) = (requests[slot].agent, requests[slot].instance)
        guard registry.agents[agent].line.isEmpty || instance != nil,
            let worker = registry.choose(agent, instance: instance, at: now)
        else { return enterLine(slot, first: false, at: now) }
        dispatch(slot, to: worker, at: now, into: &outbox)
    }

    /// Gives a request that lost its worker to another, ahead of those that never had one.
    mutating func placeAgain(_ slot: Int, at now: Instant, into outbox: inout Outbox) {
        vacate(slot)
        let (agent, instance) = (requests[slot].agent, requests[slot].instance)
        let isSuspect = isSuspect(slot)
        guard
            let worker = registry.choose(
                agent, instance: instance, isSuspect: isSuspect, at: now)
        else { return enterLine(slot, first: true, at: now) }
        dispatch(slot, to: worker, at: now, into: &outbox)
    }

    /// Gives waiting requests to a worker for as long as it has room: one for each of its agents in
    /// turn, so that no agent starves another.
    mutating func refill(_ worker: Int, at now: Instant, into outbox: inout Outbox) {
        while waiting > 0, registry.workers[worker].takes(at: now),
            let slot = nextWaiting(for: worker)
        {
            leaveLine(slot)
            dispatch(slot, to: worker, at: now, into: &outbox)
        }
    }

    /// Offers work again to workers whose pause is over.
    mutating func resumePaused(at now: Instant, into outbox: inout Outbox) {
        guard !paused.isEmpty else { return }
        let over = paused.filter { registry.workers[$0].pausedUntil <= now }
        paused.removeAll { registry.workers[$0].pausedUntil <= now }
        for worker in over { refill(worker, at: now, into: &outbox) }
    }

    /// The worker has answered, or is gone: its place is free.
    mutating func vacate(_ slot: Int) {
        guard requests[slot].isHeld else { return }
        requests[slot].isHeld = false
        if requests[slot].isWatched {
            requests[slot].isWatched = false
            registry.workers[requests[slot].worker].suspects -= 1
        }
        registry.workers[requests[slot].worker].tasks.remove(slot, &requests.places)
    }

    /// A worker still has a task that was put back into the line: it goes on there, as if nothing
    /// had happened.
    mutating func takeBack(_ slot: Int, by worker: Int) {
        leaveLine(slot)
        deadlines.set(slot, due: requests[slot].deadline)
        hold(slot, worker)
    }

    mutating func leaveLine(_ slot: Int) {
        withLine(of: slot) { $0.remove(slot, &$1) }
        waiting -= 1
    }

    // MARK: - Steps

    private mutating func enterLine(_ slot: Int, first: Bool, at now: Instant) {
        requests[slot].state = .waiting
        waiting += 1
        deadlines.set(slot, due: min(requests[slot].deadline, now + delays.scheduleToStart))
        requests[slot].line =
            isSuspect(slot) ? .suspects : requests[slot].instance == nil ? .common : .bound
        withLine(of: slot) { line, links in
            if first { line.prepend(slot, &links) } else { line.append(slot, &links) }
        }
    }

    private mutating func withLine(
        of slot: Int, _ body: (inout SlotList, inout SlotLinks) -> Void
    ) {
        let agent = requests[slot].agent
        switch requests[slot].line {
        case .common: body(&registry.agents[agent].line, &requests.places)
        case .bound: body(&registry.agents[agent].bound, &requests.places)
        case .suspects: body(&registry.agents[agent].suspects, &requests.places)
        }
    }

    private mutating func nextWaiting(for worker: Int) -> Int? {
        let count = registry.workers[worker].agents.count
        for step in 0..<count {
            let turn = (registry.workers[worker].turn + step) % count
            let agent = registry.workers[worker].agents[turn]
            guard let slot = firstWaiting(agent, for: worker) else { continue }
            registry.workers[worker].turn = (turn + 1) % count
            return slot
        }
        return nil
    }

    private func firstWaiting(_ agent: Int, for worker: Int) -> Int? {
        let isClear = registry.workers[worker].suspects == 0
        return (isClear ? fitting(registry.agents[agent].suspects, worker) : nil)
            ?? fitting(registry.agents[agent].bound, worker) ?? registry.agents[agent].line.first
    }

    /// The first in a line that asks for this very instance, or for none.
    private func fitting(_ line: SlotList, _ worker: Int) -> Int? {
        var next = line.first
        while let slot = next {
            let instance = requests[slot].instance
            if instance == nil || instance == registry.workers[worker].instance { return slot }
            next = requests.places.next(slot)
        }
        return nil
    }

    private mutating func hold(_ slot: Int, _ worker: Int) {
        requests[slot].state = .running
        requests[slot].isHeld = true
        requests[slot].worker = worker
        requests[slot].holder = registry.workers[worker].peer
        registry.workers[worker].tasks.append(slot, &requests.places)
        guard isSuspect(slot) else { return }
        requests[slot].isWatched = true
        registry.workers[worker].suspects += 1
    }

    private mutating func dispatch(
        _ slot: Int, to worker: Int, at now: Instant, into outbox: inout Outbox
    ) {
        if requests[slot].state == .waiting { deadlines.set(slot, due: requests[slot].deadline) }
        hold(slot, worker)
        requests[slot].attempt += 1
        requests[slot].generation &+= 1
        requests[slot].dispatched = now
        sendTask(slot, to: worker, at: now, into: &outbox)
    }

    /// The request as it came, with every field that is not the caller's to say.
    private func sendTask(
        _ slot: Int, to worker: Int, at now: Instant, into outbox: inout Outbox
    ) {
        let agent = registry.agents[requests[slot].agent].name
        let instance = registry.workers[worker].instance
        let sender = peers.name(of: requests[slot].caller) ?? ""
        let budget = (requests[slot].deadline - now).milliseconds
        outbox.send(to: requests[slot].holder, requests[slot].content) { writer in
            writer.forward(requests[slot].envelope)
            writer.type(.task)
            writer.text(.sender, sender)
            writer.text(.receiver, agent: agent, instance: instance)
            writer.budget(max(1, budget))
            writer.text(.requestID, requests[slot].key.id)
            writer.step(1)
            writer.attempt(requests[slot].attempt)
            writer.text(.fence, welcome.epoch)
            writer.effect(requests[slot].effect)
            writer.dispatch(requests.token(slot))
            writer.text(.tenant, requests[slot].tenant)
            // What came in parts was put together by the bus, which cuts it again.
            writer.parts(0)
        }
    }
}
