import Bus
import Reactor
import Telemetry
import Wire

/// Who runs what: a step is given to an instance with a place, or stands in its agent's line until
/// there is one.
extension Conductor {
    /// Gives the step to an instance, or lets it wait for one behind those that came before.
    mutating func place(_ step: Int, at now: Instant, into outbox: inout Outbox) {
        let agent = steps[step].agent
        if registry.agents[agent].policy.needsApproval,
            !steps[step].isApproved || agent != steps[step].original
        {
            return settle(
                step, .failure(WireError(unapproved(agent))), at: now, into: &outbox)
        }
        if let left = registry.admits(agent, at: now) {
            let error = WireError(brokenOff(agent, left))
            return exhausted(step, error, at: now, into: &outbox)
        }
        if !registry.agents[agent].policy.fallback.isEmpty, registry.isDeserted(agent) {
            let reason = "no instance of \(registry.agents[agent].name) is here"
            let error = WireError(code: WireCode.unavailable.rawValue, message: reason)
            return exhausted(step, error, at: now, into: &outbox)
        }
        let isFirst = registry.agents[agent].line.isEmpty || steps[step].isBound || isFenced
        guard isFirst, let chosen = choose(for: step, at: now)
        else {
            // What others had before came before what is new here, however often it has moved.
            let isOlder = steps[step].retries > 0 || requests[steps[step].request].isSought
            return enterLine(step, ahead: isOlder, at: now)
        }
        dispatch(step, to: chosen, at: now, into: &outbox)
    }

    /// Gives a step that lost its worker, or was refused by it, to another, ahead of those that
    /// never had one.
    mutating func placeAgain(
        _ step: Int, _ ending: Registry.Ending = .lost, at now: Instant, into outbox: inout Outbox
    ) {
        vacate(step, ending, at: now)
        steps[step].reason = ending == .refused ? .busy : .lost
        guard mayRun(step), let chosen = choose(for: step, at: now) else {
            return enterLine(step, ahead: true, at: now)
        }
        dispatch(step, to: chosen, at: now, into: &outbox)
    }

    /// Gives waiting steps to a worker for as long as it has room: one for each of its agents in
    /// turn, so that no agent starves another.
    mutating func refill(_ worker: Int, at now: Instant, into outbox: inout Outbox) {
        while waiting > 0, !isFenced, registry.workers[worker].takes(at: now),
            let (step, instance) = nextWaiting(for: worker, at: now)
        {
            leaveLine(step)
            dispatch(step, to: instance, at: now, into: &outbox)
        }
    }

    /// Offers work again to workers whose pause is over, and to those whose breaker lets a call
    /// through again.
    mutating func resumeRested(at now: Instant, into outbox: inout Outbox) {
        for worker in registry.tick(at: now) { refill(worker, at: now, into: &outbox) }
    }

    /// The worker has answered, or is gone: its place is free.
    mutating func vacate(_ step: Int, _ ending: Registry.Ending, at now: Instant) {
        guard steps[step].isHeld else { return }
        steps[step].isHeld = false
        steps[step].isUnsent = false
        if steps[step].isWatched {
            steps[step].isWatched = false
            registry.workers[steps[step].worker].suspects -= 1
        }
        registry.workers[steps[step].worker].tasks.remove(step, &steps.places)
        steps.timers.remove(step)
        let took = now - steps[step].dispatched
        if ending == .lost { decisions.ended(steps[step].decision, .lost, took: took) }
        note(registry.ended(steps[step].chosen, ending, took: took, at: now), of: step)
    }

    /// A worker still has a task that was put back into the line: it goes on there, as if nothing
    /// had happened. Nothing when the worker does not serve the agent any more.
    mutating func takeBack(_ step: Int, by worker: Int, at now: Instant) -> Bool {
        guard let instance = registry.instance(of: worker, serving: steps[step].agent) else {
            return false
        }
        if steps[step].state == .waiting { leaveLine(step) }
        steps.timers.remove(step)
        hold(step, instance, at: now)
        return true
    }

    mutating func leaveLine(_ step: Int) {
        steps.timers.remove(step)
        waiting -= 1
        let (agent, priority) = (steps[step].agent, steps[step].priority)
        switch steps[step].line {
        case .common:
            registry.agents[agent].line.remove(step, priority, &steps.places)
            if priority > 0 { urgent -= 1 }
        case .bound: registry.agents[agent].bound.remove(step, &steps.places)
        case .suspects: registry.agents[agent].suspects.remove(step, &steps.places)
        }
    }

    mutating func dispatch(
        _ step: Int, to instance: Int, at now: Instant, into outbox: inout Outbox
    ) {
        steps[step].latest += 1
        steps[step].attempt = steps[step].latest
        steps[step].decision = note(step, instance, at: now)
        hold(step, instance, at: now)
        steps[step].generation &+= 1
        steps[step].isResumed = false
        steps[step].isAccepted = false
        // A volatile task begins when it is read; a durable one whose effect must not be repeated
        // waits for word.
        steps[step].isStarted = steps[step].delivery == .volatile
        steps[step].dispatched = now
        if mustBeNoted(step) { return noteAttempt(step, into: &outbox) }
        hand(step, at: now, into: &outbox)
    }

    /// The worker gets the step that is held for it.
    mutating func hand(_ step: Int, at now: Instant, into outbox: inout Outbox) {
        steps[step].fence = max(requests[steps[step].request].fence, epoch)
        watch(step, at: now)
        if log.isDebugging { logDispatch(step) }
        CrashPoint.dispatched.reached()
        sendTask(step, to: steps[step].worker, at: now, into: &outbox)
    }

    /// The number that tells this owner's tasks from those of owners before it.
    func fence(of slot: Int) -> String {
        requests[slot].fence > epoch ? String(requests[slot].fence) : welcome.epoch
    }

    /// The instance that answered for a step, or has it.
    func instanceName(_ step: Int) -> String {
        steps[step].relayed ?? registry.workers[steps[step].worker].instance
    }

    // MARK: - Steps

    /// Somebody who takes the step, rather not who has just failed at it.
    private mutating func choose(for step: Int, at now: Instant) -> Int? {
        guard !isFenced || steps[step].delivery == .volatile else { return nil }
        let (agent, instance) = (steps[step].agent, steps[step].instance)
        let (isSuspect, avoided) = (isSuspect(step), steps[step].avoided)
        let wanted = steps[step].wanted
        if avoided != Step.nobody, instance == nil {
            let other = registry.choose(
                agent: agent, wanted: wanted, avoiding: [avoided], isSuspect: isSuspect, at: now)
            if let other { return other }
        }
        return registry.choose(
            agent: agent, instance: instance, wanted: wanted, isSuspect: isSuspect, at: now)
    }

    /// Lets a step wait; `ahead` of its equals if it had a worker before.
    private mutating func enterLine(_ step: Int, ahead: Bool, at now: Instant) {
        steps[step].state = .waiting
        if !ahead { steps[step].decision = note(step, nil, at: now) }
        steps.timers.set(step, due: now + delays.scheduleToStart)
        waiting += 1
        let (agent, priority) = (steps[step].agent, steps[step].priority)
        if isSuspect(step) {
            steps[step].line = .suspects
            registry.agents[agent].suspects.add(step, ahead: ahead, &steps.places)
        } else if steps[step].isBound {
            steps[step].line = .bound
            registry.agents[agent].bound.add(step, ahead: ahead, &steps.places)
        } else {
            steps[step].line = .common
            registry.agents[agent].line.add(step, priority, ahead: ahead, &steps.places)
            if priority > 0 { urgent += 1 }
        }
    }

    /// Whose turn it is among the worker's agents; what is urgent goes before all turns.
    private mutating func nextWaiting(
        for worker: Int, at now: Instant
    ) -> (step: Int, instance: Int)? {
        let count = registry.workers[worker].agents.count
        var next: (step: Int, instance: Int, turn: Int)?
        for offset in 0..<count {
            let turn = (registry.workers[worker].turn + offset) % count
            let agent = registry.workers[worker].agents[turn]
            let instance = registry.workers[worker].instances[turn]
            guard registry.agents[agent].waiting > 0, registry.mayStart(agent, at: now),
                registry.takes(instance, at: now), let step = firstWaiting(agent, for: worker)
            else { continue }
            if let known = next, steps[known.step].priority >= steps[step].priority { continue }
            next = (step, instance, turn)
            if urgent == 0 { break }
        }
        guard let next else { return nil }
        registry.workers[worker].turn = (next.turn + 1) % count
        return (next.step, next.instance)
    }

    private func firstWaiting(_ agent: Int, for worker: Int) -> Int? {
        let isClear = registry.workers[worker].suspects == 0
        return (isClear ? fitting(registry.agents[agent].suspects, worker) : nil)
            ?? fitting(registry.agents[agent].bound, worker) ?? registry.agents[agent].line.first
    }

    /// The first in a line that asks for this very instance, for its version, or for none.
    private func fitting(_ line: SlotList, _ worker: Int) -> Int? {
        var next = line.first
        while let step = next {
            let instance = steps[step].instance
            let isFor = instance == nil || instance == registry.workers[worker].instance
            if isFor, mayRun(step), suits(step, worker) { return step }
            next = steps.places.next(step)
        }
        return nil
    }

    private func suits(_ step: Int, _ worker: Int) -> Bool {
        guard let wanted = steps[step].wanted else { return true }
        let agent = steps[step].agent
        guard let instance = registry.instance(of: worker, serving: agent) else { return false }
        return registry.match(instance) == registry.match(of: agent, for: wanted)
    }

    mutating func hold(_ step: Int, _ instance: Int, at now: Instant) {
        let worker = registry.instances[instance].worker
        registry.began(instance, at: now)
        steps[step].state = .running
        steps[step].chosen = instance
        steps[step].relayed = nil
        steps[step].isHeld = true
        steps[step].worker = worker
        steps[step].holder = registry.workers[worker].peer
        registry.workers[worker].tasks.append(step, &steps.places)
        guard isSuspect(step) else { return }
        steps[step].isWatched = true
        registry.workers[worker].suspects += 1
    }

    /// The request as it came, with every field that is not the caller's to say.
    private func sendTask(
        _ step: Int, to worker: Int, at now: Instant, into outbox: inout Outbox
    ) {
        let slot = steps[step].request
        let agent = registry.agents[steps[step].agent].name
        let instance = registry.workers[worker].instance
        let sender = peers.name(of: requests[slot].caller.peer) ?? ""
        let deadline = min(requests[slot].deadline, steps[step].deadline ?? .distantFuture)
        let budget = (deadline - now).milliseconds
        let content = steps[step].input?.content ?? requests[slot].content
        outbox.send(to: steps[step].holder, content, about: subject(step: step)) { writer in
            writer.forward(requests[slot].envelope)
            writer.type(.task)
            writer.text(.sender, sender)
            writer.text(.receiver, agent: agent, instance: instance)
            writer.budget(max(1, budget))
            writer.text(.requestID, requests[slot].key.id)
            writer.step(steps[step].ordinal)
            writer.attempt(steps[step].attempt)
            writer.text(.fence, fence(of: slot))
            writer.effect(steps[step].effect)
            writer.dispatch(steps.token(step))
            writer.text(.tenant, requests[slot].tenant)
            writer.depth(UInt32(requests[slot].depth))
            if tap.wantsSpans { writer.text(.traceparent, attempt(of: step).description) }
            // A step may be less than its request: what a run does is repeated with it.
            if steps[step].delivery == .volatile { writer.delivery(.volatile) }
            if let input = steps[step].input { writer.text(.contentType, input.contentType) }
            // What came in parts was put together by the bus, which cuts it again.
            writer.parts(0)
        }
    }
}
