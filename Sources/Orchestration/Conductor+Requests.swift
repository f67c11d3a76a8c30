import Bus
import Document
package import Reactor
import Telemetry
import Wire

/// A request's way in: admission, acceptance, a place with a worker, and its ends before a result.
extension Conductor {
    /// Room that the fields appended to a forwarded envelope need.
    private static var forwardingRoom: Int { 512 }

    mutating func request(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at now: Instant, into outbox: inout Outbox
    ) throws(Fault) {
        if message.has(.receiver, "baton") {
            return try answerQuestion(message, content, from: peer, at: now, into: &outbox)
        }
        let (agent, instance) = try receiver(of: message)
        let key = try key(of: message, from: peer)
        if let known = requests.slot(key) {
            return try repeated(known, message, from: peer, into: &outbox)
        }
        try admit(message)
        let slot = requests.take(key)
        fill(slot, message, content, from: peer, at: now)
        requests[slot].agent = agent
        requests[slot].instance = instance
        requests[slot].effect = registry.agents[agent].effect
        counters.accepted += 1
        switch message.delivery {
        case .volatile: place(slot, at: now, into: &outbox)
        case .durable:
            requests[slot].state = .accepting
            outbox.ask(.accept(requests.token(slot), key, content))
        }
    }

    /// The store's word on a request it was asked to accept.
    package mutating func accepted(
        _ token: UInt64, _ verdict: AcceptVerdict, at now: Instant, into outbox: inout Outbox
    ) {
        guard let slot = requests.slot(token: token), requests[slot].state == .accepting else {
            return
        }
        switch verdict {
        case .accepted:
            tell(.accepted, slot, into: &outbox)
            place(slot, at: now, into: &outbox)
        case .finished(let outcome):
            tell(.accepted, slot, into: &outbox)
            answer(slot, outcome, into: &outbox)
            requests.release(slot)
        case .refused(let fault):
            counters.refused += 1
            answer(slot, .failure(WireError(fault)), into: &outbox)
            requests.release(slot)
        }
        if requests[slot].state == .free { deadlines.remove(slot) }
    }

    /// CANCEL: the caller is answered at once, and whoever works on it is told to stop.
    mutating func cancel(
        _ message: borrowing EnvelopeView, from peer: PeerID, at now: Instant,
        into outbox: inout Outbox
    ) throws(Fault) {
        let id = message[.requestID]
        let durable = RequestKey(scope: durableScope(peer), id: id)
        let volatile = RequestKey(scope: volatileScope(peer), id: id)
        guard let slot = requests.slot(volatile) ?? requests.slot(durable) else {
            throw Fault(WireCode.gone, "no request with this id is in hand; it may have ended")
        }
        counters.cancelled += 1
        stop(slot, Fault(WireCode.cancelled, "the request was cancelled"), into: &outbox)
    }

    /// Ends a request before its result: its caller is answered, its worker is told to stop, its place stays taken until
    /// the worker has answered.
    mutating func stop(_ slot: Int, _ fault: Fault, into outbox: inout Outbox) {
        answer(slot, .failure(WireError(fault)), into: &outbox)
        deadlines.remove(slot)
        switch requests[slot].state {
        case .running:
            sendTaskWord(.cancel, slot, into: &outbox)
            requests.detach(slot)
            requests[slot].content = ContentBytes.empty
        case .waiting:
            withdraw(slot)
            requests.release(slot)
        default: requests.release(slot)
        }
    }

    /// Gives the request to an instance, or lets it wait for one.
    mutating func place(_ slot: Int, at now: Instant, into outbox: inout Outbox) {
        let agent = requests[slot].agent
        guard registry.agents[agent].waiting.isEmpty || requests[slot].instance != nil,
            let worker = registry.choose(agent, instance: requests[slot].instance, at: now)
        else { return wait(slot, at: now) }
        dispatch(slot, to: worker, at: now, into: &outbox)
    }

    /// Puts a request that lost its worker back, ahead of those that never had one.
    mutating func placeAgain(_ slot: Int, at now: Instant, into outbox: inout Outbox) {
        requests[slot].worker = Request.nobody
        let agent = requests[slot].agent
        if let worker = registry.choose(agent, instance: requests[slot].instance, at: now) {
            return dispatch(slot, to: worker, at: now, into: &outbox)
        }
        requests[slot].state = .waiting
        waiting += 1
        registry.withAgent(agent) { $0.waiting.prepend(slot) }
    }

    /// Gives waiting requests to a worker that has room again.
    mutating func refill(_ worker: Int, at now: Instant, into outbox: inout Outbox) {
        guard waiting > 0, registry.workers[worker].isLive else { return }
        for agent in registry.workers[worker].agents {
            serveWaiting(agent, at: now, into: &outbox)
        }
    }

    mutating func serveWaiting(_ agent: Int, at now: Instant, into outbox: inout Outbox) {
        var passedOver: [Int] = []
        while let slot = takeWaiting(agent) {
            let instance = requests[slot].instance
            if let worker = registry.choose(agent, instance: instance, at: now) {
                dispatch(slot, to: worker, at: now, into: &outbox)
            } else {
                passedOver.append(slot)
                // Only a request that asks for one busy instance may be passed by the others.
                if instance == nil { break }
            }
        }
        waiting += passedOver.count
        for slot in passedOver.reversed() {
            registry.withAgent(agent) { $0.waiting.prepend(slot) }
        }
    }

    // MARK: - Steps

    private mutating func takeWaiting(_ agent: Int) -> Int? {
        var slot: Int?
        registry.withAgent(agent) { slot = $0.waiting.popFirst() }
        if slot != nil { waiting -= 1 }
        return slot
    }

    private mutating func wait(_ slot: Int, at now: Instant) {
        requests[slot].state = .waiting
        waiting += 1
        registry.withAgent(requests[slot].agent) { $0.waiting.append(slot) }
        deadlines.set(slot, due: min(requests[slot].deadline, now + delays.scheduleToStart))
    }

    private mutating func withdraw(_ slot: Int) {
        registry.withAgent(requests[slot].agent) { $0.waiting.removeAll { $0 == slot } }
        waiting -= 1
    }

    private mutating func dispatch(
        _ slot: Int, to worker: Int, at now: Instant, into outbox: inout Outbox
    ) {
        if requests[slot].state == .waiting { deadlines.set(slot, due: requests[slot].deadline) }
        requests[slot].state = .running
        requests[slot].worker = worker
        requests[slot].attempt += 1
        requests[slot].generation &+= 1
        requests[slot].dispatched = now
        registry.withWorker(worker) { $0.inFlight += 1 }
        let token = requests.token(slot)
        let budget = (requests[slot].deadline - now).milliseconds
        let fence = welcome.epoch
        let attempt = requests[slot].attempt
        let key = requests[slot].key
        outbox.send(to: registry.workers[worker].peer, requests[slot].content) { writer in
            writer.forward(requests[slot].envelope)
            writer.type(.task)
            writer.budget(max(1, budget))
            writer.text(.requestID, key.id)
            writer.step(1)
            writer.attempt(attempt)
            writer.text(.fence, fence)
            writer.dispatch(token)
        }
    }

    private mutating func fill(
        _ slot: Int, _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at now: Instant
    ) {
        requests[slot].caller = peer
        requests[slot].messageID = message[.messageID]
        requests[slot].delivery = message.delivery
        requests[slot].content = content
        requests[slot].accepted = now
        let asked =
            message.budget == 0 ? delays.deadline : .milliseconds(Int64(clamping: message.budget))
        requests[slot].deadline = now + min(asked, delays.longestDeadline)
        requests[slot].copyEnvelope(message.bytes)
        deadlines.set(slot, due: requests[slot].deadline)
    }

    /// The agent a request is for. An agent that was here before is waited for; an unknown one is refused.
    private func receiver(
        of message: borrowing EnvelopeView
    ) throws(Fault) -> (agent: Int, instance: String?) {
        let receiver = message[.receiver]
        if let agent = registry.agent(receiver) { return (agent, nil) }
        let address = try Address(receiver)
        guard let agent = registry.agent(address.agent) else {
            let known = registry.agentNames
            let hint =
                Suggestion.nearest(to: address.agent, in: known)
                .map { "; did you mean \($0)?" } ?? (known.isEmpty ? "; no agent is here" : "")
            throw Fault(WireCode.unavailable, "there is no agent \(address.agent)\(hint)")
        }
        return (agent, address.instance)
    }

    /// The same key is the same request: ids of durable ones are the tenant's, of volatile ones the connection's.
    private func key(
        of message: borrowing EnvelopeView, from peer: PeerID
    ) throws(Fault) -> RequestKey {
        let id = message[message.isEmpty(.requestID) ? .messageID : .requestID]
        try Name.check(id, "request id")
        guard message.bytes.byteCount <= WireLimits.envelope - Self.forwardingRoom else {
            throw Fault(
                WireCode.header,
                "a request's envelope has at most \(WireLimits.envelope - Self.forwardingRoom) bytes"
            )
        }
        let scope = message.delivery == .durable ? durableScope(peer) : volatileScope(peer)
        return RequestKey(scope: scope, id: id)
    }

    private func volatileScope(_ peer: PeerID) -> UInt64 {
        UInt64(peer.generation) << 32 | UInt64(peer.index) << 1
    }

    private func durableScope(_ peer: PeerID) -> UInt64 {
        UInt64(bitPattern: Int64((peers[peer]?.identity.tenant ?? "").hashValue)) | 1
    }

    private mutating func admit(_ message: borrowing EnvelopeView) throws(Fault) {
        guard !isDraining else {
            throw Fault(
                WireCode.busy, "this orchestrator is leaving", retry: .after(.milliseconds(100)))
        }
        guard message.priority <= UInt32(WireLimits.priority) else {
            throw Fault(WireCode.range, "priority is 0 to \(WireLimits.priority)")
        }
        guard requests.count < limits.inFlight, waiting < limits.waiting else {
            throw Fault(
                WireCode.busy, "\(requests.count) requests are in hand: no more for now",
                retry: .after(.milliseconds(50)))
        }
    }

    /// The same request again, from a caller that lost its connection or its patience: it will get the one answer.
    private mutating func repeated(
        _ slot: Int, _ message: borrowing EnvelopeView, from peer: PeerID,
        into outbox: inout Outbox
    ) throws(Fault) {
        guard requests[slot].delivery == .durable else {
            throw Fault(WireCode.invalid, "a request with this id is in hand already")
        }
        requests[slot].caller = peer
        requests[slot].messageID = message[.messageID]
        if requests[slot].state != .accepting { tell(.accepted, slot, into: &outbox) }
    }
}

extension Request {
    fileprivate mutating func copyEnvelope(_ bytes: RawSpan) {
        envelope.removeAll(keepingCapacity: true)
        unsafe bytes.withUnsafeBytes { unsafe envelope.append(contentsOf: $0) }
    }
}
