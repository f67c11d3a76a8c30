import Bus
import Reactor
import Store
import Telemetry
import Wire

/// How a request unfolds: which steps it begins with, and what follows when one of them ends.
extension Conductor {
    /// The request is accepted: its first steps begin.
    mutating func begin(_ slot: Int, at now: Instant, into outbox: inout Outbox) {
        requests[slot].state = .active
        switch requests[slot].plan {
        case .direct, .notification, .pipeline:
            let (agent, instance) = (requests[slot].agent, requests[slot].instance)
            if case .pipeline(let slip) = requests[slot].plan { logStage(slot, slip, 0) }
            launch(addStep(slot, agent, instance), at: now, into: &outbox)
        case .gather(let gathering): spread(slot, gathering, at: now, into: &outbox)
        case .workflow(let journey): start(slot, journey, at: now, into: &outbox)
        }
    }

    /// A step has its outcome: the request goes on with it, or ends.
    mutating func settle(
        _ step: Int, _ outcome: Outcome, at now: Instant, into outbox: inout Outbox
    ) {
        dropTwin(of: step, into: &outbox)
        let slot = steps[step].request
        steps[step].state = .done
        switch requests[slot].plan {
        case .direct, .notification: conclude(slot, outcome, into: &outbox)
        case .pipeline(let slip): advance(slot, slip, step, outcome, at: now, into: &outbox)
        case .gather:
            logPart(step, outcome)
            collect(slot, step, outcome, into: &outbox)
        case .workflow: workflowStepEnded(slot, step, outcome, into: &outbox)
        }
    }

    /// The store keeps what the next stage is given: now it may begin.
    mutating func advanced(
        _ token: UInt64, _ keeping: Keeping, at now: Instant, into outbox: inout Outbox
    ) {
        guard let slot = requests.slot(token: token), requests[slot].state == .active else {
            return
        }
        CrashPoint.advanced.reached()
        guard keeping == .kept else { return giveUp(slot, keeping, into: &outbox) }
        tellFollowers(of: requests[slot].record, into: &outbox)
        for step in requests[slot].steps.members(steps.siblings) {
            switch steps[step].state {
            case .done:
                acknowledge(step, into: &outbox)
                remove(step)
            case .storing: place(step, at: now, into: &outbox)
            default: break
            }
        }
    }

    /// The deadline has come: what was gathered until then is the answer, where anything was.
    mutating func expire(_ slot: Int, into outbox: inout Outbox) {
        guard !mayOutlive(slot) else { return }
        counters.expired += 1
        if case .gather(var gathering) = requests[slot].plan, requests[slot].state == .active {
            gathering.close(WireError(Fault(WireCode.deadline, "no answer in time")))
            requests[slot].plan = .gather(gathering)
            return conclude(slot, gathered(slot), into: &outbox)
        }
        let begun = requests[slot].steps.members(steps.siblings).first {
            steps[$0].state == .running && isUncertain($0)
        }
        if let begun {
            sendCancel(begun, into: &outbox)
            return park(begun, .deadline, "its deadline came", into: &outbox)
        }
        stop(slot, Fault(WireCode.deadline, lateness(of: slot)), into: &outbox)
    }

    // MARK: - Steps

    mutating func addStep(_ slot: Int, _ agent: Int, _ instance: String? = nil) -> Int {
        let step = steps.take()
        steps[step].state = .storing
        steps[step].request = slot
        steps[step].ordinal = 1
        steps[step].agent = agent
        steps[step].original = agent
        steps[step].instance = instance
        steps[step].delivery = requests[slot].delivery
        steps[step].priority = requests[slot].priority
        steps[step].effect = registry.agents[agent].effect
        requests[slot].steps.append(step, &steps.siblings)
        return step
    }

    /// Takes a step out of its request. A worker that still has it keeps its place until it has
    /// answered.
    mutating func remove(_ step: Int) {
        let slot = steps[step].request
        if steps[step].twin != Step.nobody { steps[steps[step].twin].twin = Step.nobody }
        steps[step].twin = Step.nobody
        requests[slot].steps.remove(step, &steps.siblings)
        takeBackUnsent(step)
        if steps[step].isHeld {
            steps[step].state = .detached
            steps[step].input = nil
            steps.timers.remove(step)
        } else {
            steps.release(step)
        }
    }

    /// Stops whatever is still under way for a request; what is done stays, until its workers may
    /// be told.
    mutating func stopSteps(_ slot: Int, into outbox: inout Outbox) {
        dropWorkflow(slot, goesOn: false, into: &outbox)
        var next = requests[slot].steps.first
        while let step = next {
            next = steps.siblings.next(step)
            stopStep(step, into: &outbox)
        }
    }

    /// Stops one step, unless it is done.
    mutating func stopStep(_ step: Int, into outbox: inout Outbox) {
        switch steps[step].state {
        case .done: return
        case .waiting: leaveLine(step)
        case .running: sendCancel(step, into: &outbox)
        case .free, .resting, .storing, .sought, .detached: break
        }
        remove(step)
    }

    /// Lets go of all steps of a request that another orchestrator goes on with: what runs is not
    /// stopped, and what is done is to be told to that one.
    mutating func leaveSteps(_ slot: Int, into outbox: inout Outbox) {
        dropWorkflow(slot, goesOn: true, into: &outbox)
        for step in requests[slot].steps.members(steps.siblings) {
            if steps[step].owesAcknowledgement {
                steps[step].owesAcknowledgement = false
                sendMoved(step, into: &outbox)
            }
            if steps[step].state == .waiting { leaveLine(step) }
            steps[step].isMoved = true
            remove(step)
        }
    }

    private func lateness(of slot: Int) -> String {
        let late = requests[slot].steps.members(steps.siblings).first
        let agent = registry.agents[late.map { steps[$0].agent } ?? requests[slot].agent].name
        let isWaiting = late.map { steps[$0].state == .waiting } ?? false
        return isWaiting
            ? "no instance of \(agent) had a place for it in time"
            : "\(agent) did not answer in time"
    }

    // MARK: - Pipelines

    private mutating func advance(
        _ slot: Int, _ slip: Plan.Slip, _ step: Int, _ outcome: Outcome, at now: Instant,
        into outbox: inout Outbox
    ) {
        let next = slip.current + 1
        guard case .result(let content, _, let contentType) = outcome else {
            return conclude(slot, failing(outcome, slip), into: &outbox)
        }
        guard next < slip.stages.count else { return conclude(slot, outcome, into: &outbox) }
        requests[slot].plan = .pipeline(Plan.Slip(stages: slip.stages, current: next))
        let following = addStep(slot, slip.stages[next])
        logStage(slot, slip, next)
        steps[following].ordinal = UInt32(next + 1)
        steps[following].reason = .stage
        steps[following].input = Step.Input(content: content, contentType: contentType)
        if requests[slot].delivery == .durable {
            let result = Outcome.result(
                content,
                sender: Outcome.Sender(
                    agent: registry.agents[steps[step].agent].name,
                    instance: instanceName(step)),
                contentType: contentType)
            outbox.ask(
                .advance(
                    requests.token(slot),
                    advance(slot, step, to: slip.stages[next], result.stored)))
        } else {
            remove(step)
            place(following, at: now, into: &outbox)
        }
    }

    private func advance(
        _ slot: Int, _ step: Int, to next: Int, _ result: StoredMessage
    ) -> StateCommand.Advance {
        StateCommand.Advance(
            key: requests[slot].record, step: Int(steps[step].ordinal),
            attempt: Int(steps[step].attempt),
            agent: registry.agents[steps[step].agent].name,
            instance: instanceName(step),
            took: (present - steps[step].dispatched).milliseconds,
            next: registry.agents[next].name, result: result)
    }

    /// An outcome that says at which stage it came about.
    private func failing(_ outcome: Outcome, _ slip: Plan.Slip) -> Outcome {
        guard case .failure(var error) = outcome else { return outcome }
        let agent = registry.agents[slip.stages[slip.current]].name
        let place = "stage \(slip.current + 1) of \(slip.stages.count), \(agent)"
        error.message = "\(place): \(error.message)"
        return .failure(error)
    }

    // MARK: - Gathering

    private mutating func spread(
        _ slot: Int, _ gathering: Plan.Gathering, at now: Instant, into outbox: inout Outbox
    ) {
        let token = requests.token(slot)
        for (index, member) in gathering.members.enumerated() {
            // The first ones may have failed at once and ended it all.
            guard requests.slot(token: token) == slot, requests[slot].state == .active else {
                return
            }
            let step = addStep(slot, member.agent, member.instance)
            steps[step].ordinal = UInt32(index + 1)
            launch(step, at: now, into: &outbox)
        }
    }

    private mutating func collect(
        _ slot: Int, _ step: Int, _ outcome: Outcome, into outbox: inout Outbox
    ) {
        let index = Int(steps[step].ordinal) - 1
        guard case .gather(var gathering) = requests[slot].plan else { return }
        requests[slot].plan = .direct  // So that the answers are not copied while one is added.
        gathering.note(outcome, from: index)
        let isComplete = gathering.isComplete
        requests[slot].plan = .gather(gathering)
        if steps[step].delivery == .volatile { remove(step) }
        if isComplete { conclude(slot, gathered(slot), into: &outbox) }
    }

    private func gathered(_ slot: Int) -> Outcome {
        guard case .gather(let gathering) = requests[slot].plan else {
            return .failure(WireError(code: "internal", message: "nothing was gathered"))
        }
        let names = gathering.members.map { registry.agents[$0.agent].name }
        return gathering.outcome(names, from: name)
    }
}
