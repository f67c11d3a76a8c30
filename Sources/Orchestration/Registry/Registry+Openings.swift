import Reactor

/// Which places can take work. A place that looks open may turn out closed, and is closed then; a
/// place that looks closed is never open. So closing costs nothing until somebody looks, and
/// opening costs what was closed before.
extension Registry {
    /// Who rests, and when the next of them wakes.
    struct Rest {
        var wakes = Instant.distantFuture
        var workers: [Int] = []
        var instances: [Int] = []
        var agents: [Int] = []
        /// Workers that may take waiting requests although nothing was said about them.
        var returned: [Int] = []
    }

    /// Opens again what time has healed; gives the workers that waiting requests may go to.
    mutating func tick(at now: Instant) -> [Int] {
        wake(at: now)
        guard !rest.returned.isEmpty else { return [] }
        var returned: [Int] = []
        swap(&returned, &rest.returned)
        return returned
    }

    /// Waiting requests may be given to this worker: the next tick says so.
    mutating func offerAgain(_ worker: Int) { rest.returned.append(worker) }

    /// Whether an instance may be given a task.
    func takes(_ instance: Int, at now: Instant) -> Bool {
        workers[instances[instance].worker].takes(at: now)
            && instances[instance].breaker.admits(at: now)
    }

    /// Opens the place of an instance, if it still has one.
    mutating func open(_ instance: Int) {
        instances[instance].isShut = false
        guard !instances[instance].isGone else { return }
        agents[instances[instance].agent].open[instances[instance].place] = true
    }

    /// Closes the place of an instance that takes nothing now, and notes what will open it.
    mutating func close(_ instance: Int, at now: Instant) {
        agents[instances[instance].agent].open[instances[instance].place] = false
        let worker = instances[instance].worker
        if !workers[worker].takes(at: now) {
            guard !instances[instance].isShut else { return }
            instances[instance].isShut = true
            workers[worker].shut.append(instance)
        } else {
            rest(instance, at: now)
        }
    }

    /// An open breaker opens the place of its instance when its time has come.
    private mutating func rest(_ instance: Int, at now: Instant) {
        if let left = instances[instance].breaker.retryAfter(at: now) {
            rest.wakes = min(rest.wakes, now + left)
        }
        guard !instances[instance].isResting else { return }
        instances[instance].isResting = true
        rest.instances.append(instance)
    }

    /// The breaker of an agent has opened: when its time has come, its line is looked at.
    mutating func restAgent(_ agent: Int, at now: Instant) {
        guard let left = agents[agent].breaker.retryAfter(at: now) else { return }
        rest.wakes = min(rest.wakes, now + left)
        if !rest.agents.contains(agent) { rest.agents.append(agent) }
    }

    /// Lets the line of an agent be looked at, by as many workers as there are waiting steps, but
    /// no more than a window of them: each looks again when it has answered.
    mutating func offerLine(of agent: Int) {
        var place = agents[agent].balancer.turn
        let most = min(agents[agent].open.count, Balancer.window)
        for _ in 0..<min(max(1, agents[agent].waiting), most) {
            guard let next = agents[agent].open.next(from: place) else { return }
            rest.returned.append(instances[agents[agent].instances[next]].worker)
            place = next + 1
        }
    }

    mutating func wake(at now: Instant) {
        guard now >= rest.wakes else { return }
        for worker in takeRested(at: now) {
            offer(worker, at: now)
            rest.returned.append(worker)
        }
        wakeInstances(at: now)
        let agents = rest.agents.filter { self.agents[$0].breaker.admits(at: now) }
        rest.agents.removeAll { self.agents[$0].breaker.admits(at: now) }
        for agent in agents { offerLine(of: agent) }
        rest.wakes = nextWake(at: now)
    }

    private mutating func wakeInstances(at now: Instant) {
        var waiting: [Int] = []
        for instance in rest.instances {
            guard !instances[instance].breaker.admits(at: now) || instances[instance].isGone else {
                instances[instance].isResting = false
                open(instance)
                rest.returned.append(instances[instance].worker)
                continue
            }
            if !instances[instance].isGone { waiting.append(instance) }
        }
        rest.instances = waiting
    }

    private func nextWake(at now: Instant) -> Instant {
        var wakes = Instant.distantFuture
        for worker in rest.workers { wakes = min(wakes, workers[worker].pausedUntil) }
        for instance in rest.instances {
            let left = instances[instance].breaker.retryAfter(at: now) ?? .zero
            wakes = min(wakes, now + left)
        }
        for agent in rest.agents {
            wakes = min(wakes, now + (agents[agent].breaker.retryAfter(at: now) ?? .zero))
        }
        return wakes
    }
}
