import Bus
import Document
import Reactor
import Telemetry
import Wire

/// What is told of agents and instances: who they are, how well they do, what they have done.
extension Conductor {
    func agents(_ name: String?) -> [Int] {
        guard let name else { return Array(registry.agents.indices) }
        return registry.agent(name).map { [$0] } ?? []
    }

    /// Those that name a capability as theirs; all where none is asked for.
    func agents(_ name: String?, capableOf capability: String?) -> [Int] {
        guard let capability else { return agents(name) }
        return agents(name).filter {
            registry.agents[$0].description.capabilities?.contains(capability) == true
        }
    }

    /// Instances, of one agent or of all, agent by agent.
    func instances(of name: String?) -> [Int] {
        agents(name).flatMap { registry.agents[$0].instances }
    }

    func row(instance number: Int, at now: Instant) -> Value {
        let entry = registry.instances[number]
        let worker = registry.workers[entry.worker]
        let agent = registry.agents[entry.agent]
        let peer = peers[worker.peer]
        let heard = peer?.heard ?? now
        return [
            "agent": .string(agent.name),
            "instance": .string("\(agent.name)#\(worker.instance)"),
            "worker": .string(peer?.name ?? ""),
            "version": .string(agent.description.version ?? worker.version),
            "state": .string(worker.state(at: now)),
            "health": .string(registry.health(of: number).rawValue),
            "breaker": .string(entry.breaker.state.rawValue),
            "score": .number(registry.score(of: number).rounded(to: 1000)),
            "capacity": Value(worker.capacity),
            "in_flight": Value(worker.inFlight),
            "running": Value(worker.running),
            "silent_ms": Value((now - heard).milliseconds),
            "requests": Value(entry.figures.requests),
            "errors": Value(entry.figures.errors),
            "latency": Self.latency(entry.latency, entry.figures),
            "metrics": [
                "requests_processed": Value(entry.figures.requests),
                "average_response_time": .number(entry.responseTime.value.rounded(to: 1e6)),
                "success_rate": .number(entry.successRate.value.rounded(to: 1e6)),
                "last_health_check": .string(surroundings.timestamp(at: heard).description),
            ],
        ]
    }

    func description(of agent: Int) -> Value {
        // SAFETY: a description came out of JSON, so it goes back into it.
        (try? DocumentEncoder().encode(registry.agents[agent].description)) ?? .null
    }

    func row(agent: Int) -> Value {
        let entry = registry.agents[agent]
        let reachable = entry.instances.count {
            registry.workers[registry.instances[$0].worker].isReachable
        }
        return [
            "agent": .string(entry.name),
            "version": .string(entry.description.version ?? ""),
            "description": .string(entry.description.description ?? ""),
            "effect": .string(entry.effect.name),
            "health": .string(registry.health(agent: agent).word.rawValue),
            "frozen": .bool(entry.isFrozen),
            "breaker": .string(entry.breaker.state.rawValue),
            "instances": Value(reachable),
            "in_flight": Value(entry.inFlight),
            "waiting": Value(entry.waiting),
            "requests": Value(entry.figures.requests),
            "errors": Value(entry.figures.errors),
            "latency": Self.latency(latency(of: agent), entry.figures),
            "policy": entry.policy.highlights,
        ]
    }

    // MARK: - Latency

    /// Over all instances of the agent: looked at when somebody asks, not kept.
    private func latency(of agent: Int) -> LatencyHistogram {
        var whole = LatencyHistogram()
        for instance in registry.agents[agent].instances {
            whole.add(registry.instances[instance].latency)
        }
        return whole
    }

    /// The latest answers by their quantiles; the average is one of all.
    private static func latency(
        _ histogram: LatencyHistogram, _ figures: Registry.Figures
    ) -> Value {
        func time(_ duration: Duration?) -> Value {
            duration.map { .number(Double($0.wholeNanoseconds / 1000) / 1000) } ?? .null
        }
        let average = figures.requests > 0 ? figures.processing / figures.requests : nil
        return [
            "p50_ms": time(histogram.quantile(0.5)), "p99_ms": time(histogram.quantile(0.99)),
            "average_ms": time(average),
        ]
    }

    // MARK: - Health

    /// One of the two views: the whole report, or who is healthy and who is not.
    func health(_ body: Value, at now: Instant) -> Value {
        let health = Health(
            agents: registry.agents.indices.filter { registry.isRegistered($0) }
                .map { registry.health(agent: $0) },
            resources: surroundings.resources, dependencies: ["store": storeHealth])
        guard body["view"]?.string != "agents" else { return health.summary }
        return health.report(at: surroundings.timestamp(at: now))
    }

    /// Whether what is accepted can be kept just now, and why not.
    private var storeHealth: Value {
        var row: ObjectValue = ["status": "healthy", "durable": .bool(storeIsDurable)]
        if case .away(let reason) = standing {
            row["status"] = "unhealthy"
            row["error"] = .string(reason)
        }
        return .object(row)
    }

    /// The steps that killed workers, as far as the asker may see them.
    func quarantined(seenBy peer: PeerID, at now: Instant) -> [Value] {
        guard let identity = peers[peer]?.identity else { return [] }
        return quarantine.entries {
            identity.role == .operator || $0.tenant == identity.tenant
        }.map { $0.value(at: now) }
    }

    // MARK: - Figures

    func stats(_ filter: String?, _ body: Value) -> Value {
        [
            "orchestrator": .string(name),
            "epoch": .string(welcome.epoch),
            "requests": [
                "in_hand": Value(requests.count), "waiting": Value(waiting),
                "accepted": Value(counters.accepted), "answered": Value(counters.answered),
                "refused": Value(counters.refused), "expired": Value(counters.expired),
                "cancelled": Value(counters.cancelled), "failed": Value(counters.failed),
                "retried": Value(counters.retried), "hedged": Value(counters.hedged),
                "fallbacks": Value(counters.fallbacks),
                "redispatched": Value(counters.redispatched), "stale": Value(counters.stale),
                "quarantined": Value(quarantine.total),
            ],
            "peers": [
                "known": Value(peers.count), "flaps": Value(counters.flaps),
                "deaths": Value(counters.deaths), "malformed": Value(counters.malformed),
            ],
            "sessions": [
                "kept": Value(sessionsKept.count), "bytes": Value(sessionsKept.bytes),
                "cached": Value(sessions.count), "cached_bytes": Value(sessions.bytes),
                "cache_hits": Value(sessions.hits), "cache_misses": Value(sessions.misses),
            ],
            "resources": surroundings.resources,
            "agents": .array(
                page(agents(filter), body).map { agent in
                    let entry = registry.agents[agent]
                    return .object(entry.figures.row(name: entry.name))
                }),
            "instances": .array(page(instances(of: filter), body).map { stats(instance: $0) }),
        ]
    }

    private func stats(instance number: Int) -> Value {
        let entry = registry.instances[number]
        let worker = registry.workers[entry.worker]
        let name = "\(registry.agents[entry.agent].name)#\(worker.instance)"
        var row = entry.figures.row(name: name)
        row["stale"] = Value(worker.stale)
        return .object(row)
    }
}

extension Registry.Worker {
    fileprivate func state(at now: Instant) -> String {
        if !isReachable { return "absent" }
        if isDraining { return "draining" }
        return inFlight >= capacity || pausedUntil > now ? "busy" : "ready"
    }
}

extension Registry.Figures {
    fileprivate func row(name: String) -> ObjectValue {
        let average = requests > 0 ? processing / requests : .zero
        return [
            "name": .string(name),
            "requests": Value(requests),
            "errors": Value(errors),
            "last_error": lastError.map { .string($0) } ?? .null,
            "processing_ms": Value(processing.milliseconds),
            "average_ms": .number(Double(average.wholeNanoseconds) / 1_000_000),
        ]
    }
}

extension Policy {
    fileprivate var highlights: Value {
        [
            "algorithm": .string(balancing.algorithm.rawValue),
            "retries": Value(retries.limit),
            "hedging": .bool(hedging.enabled),
            "timeout_ms": timeout.map { Value($0.milliseconds) } ?? .null,
            "concurrency": concurrency.map { Value($0) } ?? .null,
            "queue": queue.map { Value($0) } ?? .null,
            "fallback": .array(fallback.map { .string($0) }),
        ]
    }
}

extension Double {
    /// The number as people read it, in steps of one such part.
    func rounded(to parts: Double) -> Double { (self * parts).rounded() / parts }
}
