import Bus
import Document
import Reactor
import Telemetry
import Wire

/// The reserved agent `baton`: what people and tools may ask an orchestrator about itself.
extension Conductor {
    private enum Question: String, CaseIterable {
        case ping, info, stats, agents, instances, orchestrators, requests, request, shutdown
    }

    mutating func answerQuestion(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at now: Instant, into outbox: inout Outbox
    ) throws(Fault) {
        let body = try JSON.parse(content.array)
        let word = body["question"]?.string ?? ""
        guard let question = Question(rawValue: word) else {
            let hint =
                Suggestion.nearest(to: word, in: Question.allCases.map(\.rawValue))
                .map { "; did you mean \($0)?" } ?? ""
            throw Fault(WireCode.invalid, "\"\(word)\" is not a question\(hint)")
        }
        let answer = try answer(question, body, from: peer, at: now, into: &outbox)
        let (messageID, requestID) = (message[.messageID], message[.requestID])
        outbox.send(to: peer, ContentBytes(JSON.write(answer))) { writer in
            writer.begin(.response)
            writer.text(.correlationID, messageID)
            writer.text(.requestID, requestID.isEmpty ? messageID : requestID)
            writer.text(.sender, "baton")
            writer.delivery(.volatile)
        }
    }

    private mutating func answer(
        _ question: Question, _ body: Value, from peer: PeerID, at now: Instant,
        into outbox: inout Outbox
    ) throws(Fault) -> Value {
        let filter = body["agent"]?.string
        switch question {
        case .ping: return .array(instances(of: filter).map { instance($0, $1, at: now) })
        case .info: return .array(agentDescriptions(filter))
        case .stats: return stats(filter, at: now)
        case .agents: return .array(agentRows(filter))
        case .instances: return .array(instances(of: filter).map { instance($0, $1, at: now) })
        case .orchestrators: return orchestrators()
        case .requests: return .array(requestRows(at: now, limit: body["limit"]?.integer ?? 100))
        case .request: return try requestRow(body["id"]?.string ?? "", at: now)
        case .shutdown:
            guard peers[peer]?.identity.role == .operator else {
                throw Fault(WireCode.forbidden, "only an operator's key may shut down")
            }
            outbox.shutdown()
            return ["draining": true]
        }
    }

    // MARK: - Agents and instances

    private func instances(of agent: String?) -> [(worker: Int, agent: Int)] {
        registry.agents.indices.flatMap { index -> [(worker: Int, agent: Int)] in
            let entry = registry.agents[index]
            guard agent == nil || agent == entry.name else { return [] }
            return entry.workers.map { ($0, index) }
        }
    }

    private func instance(_ worker: Int, _ agent: Int, at now: Instant) -> Value {
        let entry = registry.workers[worker]
        let peer = peers[entry.peer]
        let silent = peer.map { (now - $0.heard).milliseconds } ?? 0
        return [
            "agent": .string(registry.agents[agent].name),
            "instance": .string("\(registry.agents[agent].name)#\(entry.instance)"),
            "worker": .string(peer?.name ?? ""),
            "version": .string(registry.agents[agent].description.version ?? entry.version),
            "state": .string(entry.state),
            "capacity": Value(entry.capacity),
            "in_flight": Value(entry.inFlight),
            "running": Value(entry.running),
            "silent_ms": Value(silent),
            "requests": Value(entry.figures.requests),
            "errors": Value(entry.figures.errors),
        ]
    }

    private func agentDescriptions(_ filter: String?) -> [Value] {
        registry.agents.filter { filter == nil || filter == $0.name }.map { agent in
            // SAFETY: a description came out of JSON, so it goes back into it.
            (try? DocumentEncoder().encode(agent.description)) ?? .null
        }
    }

    private func agentRows(_ filter: String?) -> [Value] {
        registry.agents.filter { filter == nil || filter == $0.name }.map { agent in
            [
                "agent": .string(agent.name),
                "version": .string(agent.description.version ?? ""),
                "description": .string(agent.description.description ?? ""),
                "effect": .string(agent.effect.name),
                "instances": Value(agent.workers.count { registry.workers[$0].isReachable }),
                "waiting": Value(agent.waiting.count),
                "requests": Value(agent.figures.requests),
                "errors": Value(agent.figures.errors),
            ]
        }
    }

    // MARK: - Figures

    private func stats(_ filter: String?, at now: Instant) -> Value {
        [
            "orchestrator": .string(name),
            "requests": [
                "in_hand": Value(requests.count), "waiting": Value(waiting),
                "accepted": Value(counters.accepted), "answered": Value(counters.answered),
                "refused": Value(counters.refused), "expired": Value(counters.expired),
                "cancelled": Value(counters.cancelled),
                "redispatched": Value(counters.redispatched), "stale": Value(counters.stale),
            ],
            "peers": [
                "known": Value(peers.count), "flaps": Value(counters.flaps),
                "deaths": Value(counters.deaths), "malformed": Value(counters.malformed),
            ],
            "agents": .array(
                registry.agents.filter { filter == nil || filter == $0.name }.map { agent in
                    agent.figures.value(name: agent.name)
                }),
            "instances": .array(
                instances(of: filter).map { worker, agent in
                    let entry = registry.workers[worker]
                    return entry.figures.value(
                        name: "\(registry.agents[agent].name)#\(entry.instance)")
                }),
        ]
    }

    private func orchestrators() -> Value {
        // SAFETY: addresses came out of configuration; encoding them cannot fail.
        let known = welcome.orchestrators.map { (try? DocumentEncoder().encode($0)) ?? .null }
        return [
            "orchestrator": .string(name), "cluster": .string(welcome.cluster),
            "version": .string(welcome.version), "draining": .bool(isDraining),
            "workers": Value(peers.all.count { $0.worker != nil }),
            "clients": Value(peers.all.count { $0.worker == nil }),
            "orchestrators": .array(known),
        ]
    }

    // MARK: - Requests

    private func requestRows(at now: Instant, limit: Int) -> [Value] {
        requests.slots.lazy.filter { $0.state != .free }.prefix(max(0, min(limit, 1000)))
            .map { row($0, at: now) }
    }

    private func requestRow(_ id: String, at now: Instant) throws(Fault) -> Value {
        guard let slot = requests.slots.first(where: { $0.key.id == id && $0.state != .free })
        else { throw Fault(WireCode.notFound, "no request \(id) is in hand") }
        return row(slot, at: now)
    }

    private func row(_ request: Request, at now: Instant) -> Value {
        var row: ObjectValue = [
            "request": .string(request.key.id),
            "agent": .string(registry.agents[request.agent].name),
            "state": .string("\(request.state)"),
            "attempt": Value(Int(request.attempt)),
            "age_ms": Value((now - request.accepted).milliseconds),
            "left_ms": Value((request.deadline - now).milliseconds),
        ]
        if request.worker != Request.nobody {
            row["worker"] = .string(peers[registry.workers[request.worker].peer]?.name ?? "")
        }
        return .object(row)
    }
}

extension Registry.Worker {
    fileprivate var state: String {
        if !isReachable { return "absent" }
        if isDraining { return "draining" }
        return inFlight >= capacity ? "busy" : "ready"
    }
}

extension Registry.Figures {
    fileprivate func value(name: String) -> Value {
        let average = requests > 0 ? processing / requests : .zero
        return [
            "name": .string(name),
            "requests": Value(requests),
            "errors": Value(errors),
            "last_error": lastError.map { .string($0) } ?? .null,
            "processing_ms": Value(processing.milliseconds),
            "average_ms": .number(Double(average.wholeNanoseconds) / 1_000_000),
            "stale": Value(stale),
        ]
    }
}
