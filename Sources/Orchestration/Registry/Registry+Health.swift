/// How well agents and instances are, as far as is seen from here.
extension Registry {
    /// Whether the agent counts: somebody serves it, or somebody waits for it.
    func isRegistered(_ agent: Int) -> Bool {
        !agents[agent].instances.isEmpty || agents[agent].waiting > 0
    }

    /// Whether nobody is here who could ever take its tasks.
    func isDeserted(_ agent: Int) -> Bool {
        agents[agent].instances.allSatisfy { !workers[instances[$0].worker].isReachable }
    }

    func health(of instance: Int) -> Health.Word {
        let worker = workers[instances[instance].worker]
        switch instances[instance].breaker.state {
        case .closed where worker.isReachable && !worker.isDraining: return .healthy
        case .closed where worker.isReachable, .halfOpen: return .degraded
        case .closed, .open: return .unhealthy
        }
    }

    func health(agent: Int) -> Health.Agent {
        let entry = agents[agent]
        var health = Health.Agent(name: entry.name)
        health.instances = entry.instances.count
        health.breaker = entry.breaker.state
        var words = (healthy: 0, degraded: 0)
        for instance in entry.instances {
            if workers[instances[instance].worker].isReachable { health.reachable += 1 }
            switch self.health(of: instance) {
            case .healthy: words.healthy += 1
            case .degraded: words.degraded += 1
            case .unhealthy: break
            }
        }
        health.broken = entry.broken
        if entry.instances.isEmpty || health.reachable == 0 {
            health.word = .unhealthy
            health.reason = "no instance is here"
        } else if entry.breaker.state == .open || words.healthy + words.degraded == 0 {
            health.word = .unhealthy
            health.reason = entry.figures.lastError ?? "its breaker is open"
        } else if entry.breaker.state == .halfOpen || words.healthy < entry.instances.count {
            health.word = .degraded
        }
        return health
    }
}
