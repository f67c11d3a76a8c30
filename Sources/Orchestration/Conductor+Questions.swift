import Bus
import Document
import Reactor
import Store
import Telemetry
import Wire

/// The reserved agent `baton`: what people and tools may ask an orchestrator about itself.
extension Conductor {
    private enum Question: String, CaseIterable {
        case ping, info, stats, agents, instances, orchestrators, requests, result,
            health, quarantine, explain, trace, frozen, shutdown
    }

    mutating func answerQuestion(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at now: Instant, into outbox: inout Outbox
    ) throws(Fault) {
        let body = try read(content)
        let word = body["question"]?.string ?? ""
        let asker = Inquiries.Asker(
            caller: Caller(peer: peer, messageID: message[.messageID]),
            requestID: message[message.isEmpty(.requestID) ? .messageID : .requestID])
        if let question = StoreQuestion(rawValue: word) {
            return try askStore(question, body, asker, into: &outbox)
        }
        if let question = SessionQuestion(rawValue: word) {
            let task = held(message, by: peer).map { steps[$0].request }
            return try askSession(question, body, asker, task: task, into: &outbox)
        }
        if word == "requests", let state = body["state"]?.string {
            return try list(state, body, asker, into: &outbox)
        }
        if let question = PeopleQuestion(rawValue: word) {
            try checkMayAnswer(message, peer, question)
            return try askPeople(question, body, asker, into: &outbox)
        }
        if word == "emit" { return try emit(body, asker, into: &outbox) }
        if let question = ScheduleQuestion(rawValue: word) {
            return try askSchedules(question, body, asker, message, into: &outbox)
        }
        if let question = WorkflowQuestion(rawValue: word) {
            let answer = try answer(question, body, from: peer, into: &outbox)
            return try tell(answer, about: message, to: peer, into: &outbox)
        }
        guard let question = Question(rawValue: word) else {
            let words =
                Question.allCases.map(\.rawValue) + StoreQuestion.allCases.map(\.rawValue)
                + SessionQuestion.allCases.map(\.rawValue)
                + WorkflowQuestion.allCases.map(\.rawValue)
                + PeopleQuestion.allCases.map(\.rawValue)
                + ScheduleQuestion.allCases.map(\.rawValue) + ["emit"]
            let hint =
                Suggestion.nearest(to: word, in: words)
                .map { "; did you mean \($0)?" } ?? ""
            throw Fault(WireCode.invalid, "\"\(word.bounded)\" is not a question\(hint)")
        }
        if question == .result {
            return try fetch(body, for: asker.caller, into: &outbox)
        }
        if question == .trace, !remembers(body, peer) {
            let key = try recordKey(body, asker)
            return try inquire(.trace(asker), into: &outbox) { .read($0, key, from: 1) }
        }
        let answer = try answer(question, body, from: peer, at: now, into: &outbox)
        try tell(answer, about: message, to: peer, into: &outbox)
    }

    func tell(
        _ value: Value, about message: borrowing EnvelopeView, to peer: PeerID,
        into outbox: inout Outbox
    ) throws(Fault) {
        let answer = JSON.write(value)
        guard answer.count <= WireLimits.content else {
            throw Fault(
                WireCode.tooLarge,
                "the answer has \(answer.count) bytes: ask for one agent, or with limit and offset")
        }
        let (messageID, requestID) = (message[.messageID], message[.requestID])
        let subject = subject(of: message, from: peer)
        outbox.send(to: peer, ContentBytes(answer), about: subject) { writer in
            writer.begin(.response)
            writer.text(.correlationID, messageID)
            writer.text(.requestID, requestID.isEmpty ? messageID : requestID)
            writer.text(.sender, "baton")
            writer.delivery(.volatile)
        }
    }

    private func read(_ content: any Content) throws(Fault) -> Value {
        do throws(Fault) {
            return try JSON.parse(content.array)
        } catch {
            throw Fault(WireCode.invalid, "a question is a JSON object: \(error)")
        }
    }

    private mutating func answer(
        _ question: Question, _ body: Value, from peer: PeerID, at now: Instant,
        into outbox: inout Outbox
    ) throws(Fault) -> Value {
        let filter = body["agent"]?.string
        switch question {
        case .ping, .instances:
            return .array(page(instances(of: filter), body).map { row(instance: $0, at: now) })
        case .info: return .array(page(agents(filter), body).map { description(of: $0) })
        case .stats: return stats(filter, body)
        case .agents:
            let agents = agents(filter, capableOf: body["capability"]?.string)
            return .array(page(agents, body).map { row(agent: $0) })
        case .orchestrators: return orchestrators()
        case .requests:
            return .array(page(requests(seenBy: peer), body).map { row($0, at: now) })
        case .frozen:
            return .array(
                registry.frozen.sorted { $0.key < $1.key }.map {
                    ["agent": .string($0.key), "reason": .string($0.value)]
                })
        case .result: return .null
        case .explain: return try explanation(body, for: peer, at: now)
        case .trace: return try trace(body, for: peer)
        case .health: return health(body, at: now)
        case .quarantine: return .array(Array(page(quarantined(seenBy: peer, at: now), body)))
        case .shutdown:
            guard peers[peer]?.identity.role == .operator else {
                throw Fault(WireCode.forbidden, "only an operator's key may shut down")
            }
            outbox.shutdown()
            return ["draining": true]
        }
    }

    /// The stretch of a list that was asked for.
    func page<Row>(_ rows: [Row], _ body: Value) -> ArraySlice<Row> {
        rows.dropFirst(max(0, body["offset"]?.integer ?? 0))
            .prefix(max(0, body["limit"]?.integer ?? .max))
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

    /// Requests of another tenant are nobody's business but an operator's.
    func requests(seenBy peer: PeerID) -> [Int] {
        guard let identity = peers[peer]?.identity else { return [] }
        return requests.inUse.filter { slot in
            identity.role == .operator || requests[slot].tenant == identity.tenant
        }
    }

    func row(_ slot: Int, at now: Instant) -> Value {
        let request = requests[slot]
        let step = request.steps.members(steps.siblings).first { steps[$0].state != .done }
        var row: ObjectValue = [
            "request": .string(request.key.id),
            "agent": .string(registry.agents[step.map { steps[$0].agent } ?? request.agent].name),
            "state": .string(state(of: slot, step)),
            "attempt": Value(Int(step.map { steps[$0].attempt } ?? 0)),
            "age_ms": Value((now - request.accepted).milliseconds),
            "left_ms": Value((request.deadline - now).milliseconds),
        ]
        if let step, steps[step].isHeld {
            row["worker"] = .string(peers[steps[step].holder]?.name ?? "")
        }
        return .object(row)
    }

    private func state(of slot: Int, _ step: Int?) -> String {
        guard requests[slot].state == .active, let step else { return "\(requests[slot].state)" }
        return "\(steps[step].state)"
    }
}
