import Bus
import Reactor
import Telemetry
import Wire

/// Who runs what: a step is given to an instance with a place, or stands in its agent's line until
/// there is one.
extension Conductor {
    /// Gives the step to an instance, or lets it wait for one behind those that came before.
    mutating func place(_ step: Int, at now: Instant, into outbox: inout Outbox) {
        let (agent, instance) = (steps[step].agent, steps[step].instance)
        guard registry.agents[agent].line.isEmpty || instance != nil,
            let worker = registry.choose(agent, instance: instance, at: now)
        else { return enterLine(step, first: false, at: now) }
        dispatch(step, to: worker, at: now, into: &outbox)
    }

    /// Gives a step that lost its worker to another, ahead of those that never had one.
    mutating func placeAgain(_ step: Int, at now: Instant, into outbox: inout Outbox) {
        vacate(step)
        let (agent, instance) = (steps[step].agent, steps[step].instance)
        let isSuspect = isSuspect(step)
        guard mayRun(step),
            let worker = registry.choose(
                agent, instance: instance, isSuspect: isSuspect, at: now)
        else { return enterLine(step, first: true, at: now) }
        dispatch(step, to: worker, at: now, into: &outbox)
    }

    /// Gives waiting steps to a worker for as long as it has room: one for each of its agents in
    /// turn, so that no agent starves another.
    mutating func refill(_ worker: Int, at now: Instant, into outbox: inout Outbox) {
        while waiting > 0, registry.workers[worker].takes(at: now),
            let step = nextWaiting(for: worker)
        {
            leaveLine(step)
            dispatch(step, to: worker, at: now, into: &outbox)
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
    mutating func vacate(_ step: Int) {
        guard steps[step].isHeld else { return }
        steps[step].isHeld = false
        if steps[step].isWatched {
            steps[step].isWatched = false
            registry.workers[steps[step].worker].suspects -= 1
        }
        registry.workers[steps[step].worker].tasks.remove(step, &steps.places)
    }

    /// A worker still has a task that was put back into the line: it goes on there, as if nothing
    /// had happened.
    mutating func takeBack(_ step: Int, by worker: Int) {
        leaveLine(step)
        hold(step, worker)
    }

    mutating func leaveLine(_ step: Int) {
        steps.timers.remove(step)
        withLine(of: step) { $0.remove(step, &$1) }
        waiting -= 1
    }

    // MARK: - Steps

    private mutating func enterLine(_ step: Int, first: Bool, at now: Instant) {
        steps[step].state = .waiting
        waiting += 1
        steps.timers.set(step, due: now + delays.scheduleToStart)
        steps[step].line =
            isSuspect(step) ? .suspects : steps[step].instance == nil ? .common : .bound
        withLine(of: step) { line, links in
            if first { line.prepend(step, &links) } else { line.append(step, &links) }
        }
    }

    private mutating func withLine(
        of step: Int, _ body: (inout SlotList, inout SlotLinks) -> Void
    ) {
        let agent = steps[step].agent
        switch steps[step].line {
        case .common: body(&registry.agents[agent].line, &steps.places)
        case .bound: body(&registry.agents[agent].bound, &steps.places)
        case .suspects: body(&registry.agents[agent].suspects, &steps.places)
        }
    }

    private mutating func nextWaiting(for worker: Int) -> Int? {
        let count = registry.workers[worker].agents.count
        for offset in 0..<count {
            let turn = (registry.workers[worker].turn + offset) % count
            let agent = registry.workers[worker].agents[turn]
            guard let step = firstWaiting(agent, for: worker) else { continue }
            registry.workers[worker].turn = (turn + 1) % count
            return step
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
        while let step = next {
            let instance = steps[step].instance
            let isFor = instance == nil || instance == registry.workers[worker].instance
            if isFor, mayRun(step) { return step }
            next = steps.places.next(step)
        }
        return nil
    }

    private mutating func hold(_ step: Int, _ worker: Int) {
        steps[step].state = .running
        steps[step].isHeld = true
        steps[step].worker = worker
        steps[step].holder = registry.workers[worker].peer
        registry.workers[worker].tasks.append(step, &steps.places)
        guard isSuspect(step) else { return }
        steps[step].isWatched = true
        registry.workers[worker].suspects += 1
    }

    private mutating func dispatch(
        _ step: Int, to worker: Int, at now: Instant, into outbox: inout Outbox
    ) {
        hold(step, worker)
        steps[step].attempt += 1
        steps[step].generation &+= 1
        steps[step].dispatched = now
        sendTask(step, to: worker, at: now, into: &outbox)
    }

    /// The request as it came, with every field that is not the caller's to say.
    private func sendTask(
        _ step: Int, to worker: Int, at now: Instant, into outbox: inout Outbox
    ) {
        let slot = steps[step].request
        let agent = registry.agents[steps[step].agent].name
        let instance = registry.workers[worker].instance
        let sender = peers.name(of: requests[slot].caller.peer) ?? ""
        let budget = (requests[slot].deadline - now).milliseconds
        let content = steps[step].input?.content ?? requests[slot].content
        outbox.send(to: steps[step].holder, content) { writer in
            writer.forward(requests[slot].envelope)
            writer.type(.task)
            writer.text(.sender, sender)
            writer.text(.receiver, agent: agent, instance: instance)
            writer.budget(max(1, budget))
            writer.text(.requestID, requests[slot].key.id)
            writer.step(steps[step].ordinal)
            writer.attempt(steps[step].attempt)
            writer.text(.fence, welcome.epoch)
            writer.effect(steps[step].effect)
            writer.dispatch(steps.token(step))
            writer.text(.tenant, requests[slot].tenant)
            writer.depth(UInt32(requests[slot].depth))
            if let input = steps[step].input { writer.text(.contentType, input.contentType) }
            // What came in parts was put together by the bus, which cuts it again.
            writer.parts(0)
        }
    }
}
