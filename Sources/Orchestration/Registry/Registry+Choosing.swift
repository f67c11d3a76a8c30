import Reactor

/// Who takes the next task of an agent.
extension Registry {
    /// What is asked of the candidates of one choice.
    struct Query {
        var agent = 0
        var avoiding: [Int] = []
        var isSuspect = false
        /// Which version it must be, where that was asked for.
        var match: Match?
        var now = Instant.zero
    }

    /// An instance of the agent that can take a task now: this very one, or the one its algorithm
    /// prefers among all but the avoided ones. A suspect goes to a worker that has none.
    mutating func choose(
        agent: Int, instance: String? = nil, wanted: Wanted? = nil, avoiding: [Int] = [],
        isSuspect: Bool = false, at now: Instant
    ) -> Int? {
        wake(at: now)
        guard mayStart(agent, at: now) else { return nil }
        query = Query(agent: agent, avoiding: avoiding, isSuspect: isSuspect, now: now)
        if let wanted {
            query.match = match(of: agent, for: wanted)
            guard query.match != nil else { return nil }
        }
        guard !agents[agent].instances.isEmpty else { return nil }
        if let instance { return choose(named: instance) }
        measure(agent)
        return chooseAny(agent)
    }

    /// The balancer is taken out while it looks at the tables, and no closure captures them: both
    /// would copy them.
    private mutating func chooseAny(_ agent: Int) -> Int? {
        var balancer = Balancer()
        swap(&balancer, &agents[agent].balancer)
        let algorithm = agents[agent].policy.balancing.algorithm
        let place = balancer.choose(algorithm, from: &self)
        swap(&balancer, &agents[agent].balancer)
        guard let place else { return nil }
        return agents[agent].instances[place]
    }

    /// Whether a task of the agent may begin at all: its breaker lets it through, and fewer run
    /// than are allowed.
    func mayStart(_ agent: Int, at now: Instant) -> Bool {
        !agents[agent].isFrozen && agents[agent].breaker.admits(at: now)
            && agents[agent].inFlight < agents[agent].policy.concurrency ?? .max
    }

    /// How fit an instance is: the seed's score.
    func score(of instance: Int) -> Double {
        // Field by field: an instance as a whole is not worth a copy.
        Score(
            responseTime: instances[instance].responseTime.value,
            successRate: instances[instance].successRate.value,
            currentRequests: workers[instances[instance].worker].load,
            isHealthy: instances[instance].breaker.state == .closed,
            loadScale: agents[instances[instance].agent].policy.balancing.loadScale
        ).value
    }

    /// Looks at one instance more that could be the fastest: one that is there and works.
    private mutating func measure(_ agent: Int) {
        let place = agents[agent].pace.next(among: agents[agent].instances.count)
        let instance = agents[agent].instances[place]
        guard instances[instance].responseTime.samples > 0,
            instances[instance].breaker.state == .closed,
            workers[instances[instance].worker].isReachable
        else { return agents[agent].pace.looked(nil) }
        agents[agent].pace.looked(instances[instance].responseTime.value)
    }

    /// The instance of this name, or the first that can take a task where several have it.
    private func choose(named name: String) -> Int? {
        for instance in agents[query.agent].named[name] ?? [] {
            if takes(instance, at: query.now), suits(instance) { return instance }
        }
        return nil
    }

    /// Whether the query allows it.
    private func suits(_ instance: Int) -> Bool {
        if query.isSuspect, workers[instances[instance].worker].suspects > 0 { return false }
        if let match = query.match, self.match(instance) != match { return false }
        return query.avoiding.isEmpty || !query.avoiding.contains(instance)
    }
}

extension Registry: Candidates {
    private var asked: Int { query.agent }

    var openCount: Int { agents[asked].open.count }

    func next(from place: Int) -> Int? { agents[asked].open.next(from: place) }

    func place(ranked rank: Int) -> Int? { agents[asked].open.place(ranked: rank) }

    mutating func admits(_ place: Int) -> Bool {
        let instance = agents[asked].instances[place]
        guard takes(instance, at: query.now) else {
            close(instance, at: query.now)
            return false
        }
        return suits(instance)
    }

    func load(_ place: Int) -> Int {
        workers[instances[agents[asked].instances[place]].worker].load
    }

    func score(_ place: Int) -> Double { score(of: agents[asked].instances[place]) }

    func weight(_ place: Int) -> Double {
        let instance = agents[asked].instances[place]
        let time = instances[instance].responseTime
        let speed = agents[asked].pace.share(of: time.samples > 0 ? time.value : nil)
        return max(Pace.least, score(of: instance) * speed)
    }
}

// MARK: - Explaining

extension Registry {
    /// The choice as it is noted for whoever asks why: made before the task is given away, so that
    /// it shows what was chosen from.
    func decision(
        _ key: RequestKey, agent: Int, chosen: Int?, avoiding: [Int] = [], isSuspect: Bool = false,
        reason: Decision.Reason = .first, step: UInt32 = 1, attempt: UInt32 = 1,
        at now: Instant
    ) -> Decision {
        var decision = Decision(
            key: key, agent: agents[agent].name, at: now, step: step, attempt: attempt,
            reason: reason, algorithm: agents[agent].policy.balancing.algorithm,
            instances: agents[agent].instances.count)
        // No closures here: one that sees the tables would keep all of them for its time.
        if let chosen {
            decision.instance = workers[instances[chosen].worker].instance
            decision.score = Float(score(of: chosen))
        }
        let query = Query(agent: agent, avoiding: avoiding, isSuspect: isSuspect, now: now)
        decision.field = field(query, chosen)
        return decision
    }

    /// The chosen one and those behind it.
    private func field(_ query: Query, _ chosen: Int?) -> Decision.Field {
        var field = Decision.Field()
        let count = agents[query.agent].instances.count
        var place = 0
        if let chosen { place = instances[chosen].place }
        for _ in 0..<min(count, Decision.Field.most) {
            let instance = agents[query.agent].instances[place]
            field.add(
                Decision.Candidate(
                    instance: workers[instances[instance].worker].instance,
                    score: Float(score(of: instance)),
                    load: Int32(clamping: workers[instances[instance].worker].load),
                    breaker: instances[instance].breaker.state,
                    verdict: instance == chosen ? .chosen : verdict(on: instance, query)))
            place = place + 1 == count ? 0 : place + 1
        }
        return field
    }

    private func verdict(on instance: Int, _ query: Query) -> Decision.Verdict {
        let worker = instances[instance].worker
        if !workers[worker].isReachable { return .absent }
        if workers[worker].isDraining { return .draining }
        if workers[worker].pausedUntil > query.now { return .paused }
        if !instances[instance].breaker.admits(at: query.now) { return .breakerOpen }
        if query.avoiding.contains(instance) { return .excluded }
        if query.isSuspect, workers[worker].suspects > 0 { return .excluded }
        if workers[worker].inFlight >= workers[worker].capacity { return .full }
        switch agents[query.agent].policy.balancing.algorithm {
        case .roundRobin, .weightedRoundRobin: return .waitsItsTurn
        case .leastConnections, .weighted, .powerOfTwo: return .lowerScore
        }
    }
}
