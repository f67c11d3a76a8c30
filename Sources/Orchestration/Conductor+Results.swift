import Bus
package import Reactor
import Telemetry
import Wire

/// A request's way out: what workers say about their tasks, and what callers are told.
extension Conductor {
    mutating func result(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at now: Instant, into outbox: inout Outbox
    ) {
        noteLoad(message, of: peer)
        guard let slot = current(message, of: peer) else {
            return acknowledgeStale(message, to: peer, into: &outbox)
        }
        let worker = requests[slot].worker
        count(slot, worker, failure: nil, at: now)
        let outcome = Outcome.result(
            content, sender: registry.workers[worker].instance,
            contentType: message[.contentType])
        settle(slot, outcome, at: now, into: &outbox)
        refill(worker, at: now, into: &outbox)
    }

    mutating func failed(
        _ message: borrowing EnvelopeView, from peer: PeerID, at now: Instant,
        into outbox: inout Outbox
    ) throws(Fault) {
        noteLoad(message, of: peer)
        guard let slot = current(message, of: peer) else {
            return acknowledgeStale(message, to: peer, into: &outbox)
        }
        let worker = requests[slot].worker
        let error =
            try message.error() ?? WireError(code: "failed", message: "the agent gave no reason")
        count(slot, worker, failure: error.message, at: now)
        settle(slot, .failure(error), at: now, into: &outbox)
        refill(worker, at: now, into: &outbox)
    }

    /// NACK: the worker did not take the task. Busy is no attempt; the task goes to whoever has room.
    mutating func refused(
        _ message: borrowing EnvelopeView, from peer: PeerID, at now: Instant,
        into outbox: inout Outbox
    ) throws(Fault) {
        guard let slot = current(message, of: peer) else { return }
        let worker = requests[slot].worker
        registry.withWorker(worker) { $0.inFlight -= 1 }
        guard requests[slot].state == .running else { return requests.release(slot) }
        let error = try message.error()
        if error?.code == WireCode.busy.rawValue {
            requests[slot].attempt -= 1
            let until = now + delays.busyPause
            registry.withWorker(worker) { $0.pausedUntil = until }
            placeAgain(slot, at: now, into: &outbox)
        } else {
            let reason = error ?? WireError(code: "failed", message: "the worker refused the task")
            settle(slot, .failure(reason), at: now, into: &outbox)
        }
    }

    /// PARTIAL: a piece of a streaming answer, passed on as it came.
    mutating func partial(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        into outbox: inout Outbox
    ) {
        guard let slot = current(message, of: peer), requests[slot].state == .running else {
            return
        }
        let request = requests[slot]
        let sequence = message.sequence
        outbox.send(to: request.caller, content) { writer in
            writer.begin(.partial)
            writer.text(.correlationID, request.messageID)
            writer.text(.requestID, request.key.id)
            writer.sequence(sequence)
        }
    }

    mutating func noteLoad(_ message: borrowing EnvelopeView, of peer: PeerID) {
        guard let worker = peers[peer]?.worker else { return }
        let running = Int(message.running)
        registry.withWorker(worker) { $0.running = running }
    }

    /// The store's word on a result it was asked to keep.
    package mutating func finished(_ token: UInt64, at now: Instant, into outbox: inout Outbox) {
        guard let slot = requests.slot(token: token), requests[slot].state == .finishing,
            let outcome = requests[slot].outcome
        else { return }
        answer(slot, outcome, into: &outbox)
        if requests[slot].worker != Request.nobody {
            sendTaskWord(.resultAck, slot, into: &outbox)
        }
        close(slot)
    }

    /// Tells a caller how its request ended.
    mutating func answer(_ slot: Int, _ outcome: Outcome, into outbox: inout Outbox) {
        let request = requests[slot]
        guard request.state != .detached else { return }
        counters.answered += 1
        switch outcome {
        case .result(let content, let sender, let contentType):
            let agent = registry.agents[request.agent].name
            outbox.send(to: request.caller, content) { writer in
                request.begin(.response, &writer)
                writer.text(.sender, "\(agent)#\(sender)")
                if !contentType.isEmpty { writer.text(.contentType, contentType) }
            }
        case .failure(let error):
            outbox.send(to: request.caller) { writer in
                request.begin(.error, &writer)
                writer.error(error)
            }
        }
    }

    /// A word to the caller that carries no content.
    mutating func tell(_ type: MessageType, _ slot: Int, into outbox: inout Outbox) {
        let request = requests[slot]
        outbox.send(to: request.caller) { request.begin(type, &$0) }
    }

    /// A word to the worker about its task.
    mutating func sendTaskWord(_ type: MessageType, _ slot: Int, into outbox: inout Outbox) {
        let request = requests[slot]
        guard request.worker != Request.nobody else { return }
        let token = requests.token(slot)
        outbox.send(to: registry.workers[request.worker].peer) { writer in
            writer.begin(type)
            writer.text(.requestID, request.key.id)
            writer.step(1)
            writer.attempt(request.attempt)
            writer.dispatch(token)
        }
    }

    // MARK: - Steps

    /// The slot a worker's answer is about, if this worker has the task in this very attempt.
    private func current(_ message: borrowing EnvelopeView, of peer: PeerID) -> Int? {
        guard let slot = requests.slot(token: message.dispatch),
            let worker = peers[peer]?.worker, requests[slot].worker == worker,
            requests[slot].state == .running || requests[slot].state == .detached
        else { return nil }
        return slot
    }

    private mutating func count(_ slot: Int, _ worker: Int, failure: String?, at now: Instant) {
        let took = now - requests[slot].dispatched
        registry.withWorker(worker) { $0.figures.add(took, failure) }
        registry.withAgent(requests[slot].agent) { $0.figures.add(took, failure) }
        registry.withWorker(worker) { $0.inFlight -= 1 }
    }

    private mutating func settle(
        _ slot: Int, _ outcome: Outcome, at now: Instant, into outbox: inout Outbox
    ) {
        deadlines.remove(slot)
        guard requests[slot].state != .detached else { return requests.release(slot) }
        guard requests[slot].delivery == .durable else {
            answer(slot, outcome, into: &outbox)
            return close(slot)
        }
        requests[slot].state = .finishing
        requests[slot].outcome = outcome
        outbox.ask(.finish(requests.token(slot), requests[slot].key, outcome))
    }

    private mutating func close(_ slot: Int) {
        deadlines.remove(slot)
        requests.release(slot)
    }

    /// An answer about a task that is over or was given to another: acknowledged, so that its sender stops; counted.
    private mutating func acknowledgeStale(
        _ message: borrowing EnvelopeView, to peer: PeerID, into outbox: inout Outbox
    ) {
        counters.stale += 1
        if let worker = peers[peer]?.worker {
            registry.withWorker(worker) { $0.figures.stale += 1 }
        }
        let (request, dispatch) = (message[.requestID], message.dispatch)
        let (step, attempt) = (message.step, message.attempt)
        outbox.send(to: peer) { writer in
            writer.begin(.resultAck)
            if !request.isEmpty { writer.text(.requestID, request) }
            writer.step(step)
            writer.attempt(attempt)
            writer.dispatch(dispatch)
        }
    }
}

extension Request {
    fileprivate func begin(_ type: MessageType, _ writer: inout EnvelopeWriter) {
        writer.begin(type)
        writer.text(.correlationID, messageID)
        writer.text(.requestID, key.id)
        if delivery != .durable { writer.delivery(delivery) }
    }
}

extension Registry.Figures {
    mutating func add(_ took: Duration, _ failure: String?) {
        requests += 1
        processing += took
        if let failure {
            errors += 1
            lastError = failure
        }
    }
}
