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
        guard let slot = held(message, by: peer) else {
            return acknowledgeStale(message, to: peer, into: &outbox)
        }
        let instance = registry.workers[requests[slot].worker].instance
        let outcome = Outcome.result(
            content, sender: instance, contentType: message[.contentType])
        settle(slot, outcome, message, failure: nil, at: now, into: &outbox)
    }

    mutating func failed(
        _ message: borrowing EnvelopeView, from peer: PeerID, at now: Instant,
        into outbox: inout Outbox
    ) throws(Fault) {
        noteLoad(message, of: peer)
        guard let slot = held(message, by: peer) else {
            return acknowledgeStale(message, to: peer, into: &outbox)
        }
        let error =
            try message.error()?.bounded
            ?? WireError(code: "failed", message: "the agent gave no reason")
        settle(
            slot, .failure(error), message, failure: error.message, at: now, into: &outbox)
    }

    /// NACK: the worker did not take the task. Busy is no attempt; the task goes to whoever has
    /// room.
    mutating func refused(
        _ message: borrowing EnvelopeView, from peer: PeerID, at now: Instant,
        into outbox: inout Outbox
    ) throws(Fault) {
        guard let slot = held(message, by: peer) else { return }
        let worker = requests[slot].worker
        let error = try message.error()?.bounded
        if error?.code == WireCode.busy.rawValue {
            if registry.workers[worker].pausedUntil <= now { paused.append(worker) }
            registry.workers[worker].pausedUntil = now + delays.busyPause
        }
        switch requests[slot].state {
        case .running where error?.code == WireCode.busy.rawValue:
            requests[slot].attempt -= 1
            placeAgain(slot, at: now, into: &outbox)
        case .running:
            vacate(slot)
            let reason = error ?? WireError(code: "failed", message: "the worker refused the task")
            conclude(slot, .failure(reason), into: &outbox)
        default: letGo(slot)
        }
        refill(worker, at: now, into: &outbox)
    }

    /// ACCEPT: the task was taken; one with an unsafe effect begins only when it is told to.
    mutating func accept(
        _ message: borrowing EnvelopeView, from peer: PeerID, into outbox: inout Outbox
    ) {
        guard let slot = held(message, by: peer) else {
            return abort(message, at: peer, into: &outbox)
        }
        guard requests[slot].state == .running, requests[slot].effect == .unsafe else { return }
        sendTaskWord(.go, slot, into: &outbox)
    }

    /// PROGRESS: a sign of life that is counted, and refused when there are too many.
    mutating func progress(
        _ message: borrowing EnvelopeView, from peer: PeerID, at now: Instant,
        into outbox: inout Outbox
    ) throws(Fault) {
        guard let slot = held(message, by: peer) else {
            return abort(message, at: peer, into: &outbox)
        }
        if now - requests[slot].progressSince >= .seconds(1) {
            requests[slot].progressSince = now
            requests[slot].progress = 0
        }
        requests[slot].progress += 1
        guard requests[slot].progress == limits.progressPerSecond + 1 else { return }
        try warn(peer, at: now, into: &outbox)
    }

    /// PARTIAL: a piece of a streaming answer, passed on as it came.
    mutating func partial(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        into outbox: inout Outbox
    ) {
        guard let slot = held(message, by: peer) else {
            return abort(message, at: peer, into: &outbox)
        }
        guard requests[slot].state == .running else { return }
        let (sequence, contentType) = (message.sequence, message[.contentType])
        outbox.send(to: requests[slot].caller, content) { writer in
            begin(.partial, slot, &writer)
            writer.sequence(sequence)
            if !contentType.isEmpty { writer.text(.contentType, contentType) }
        }
    }

    mutating func noteLoad(_ message: borrowing EnvelopeView, of peer: PeerID) {
        guard let worker = peers.worker(of: peer) else { return }
        registry.workers[worker].running = Int(message.running)
    }

    /// The store's word on an outcome it was asked to keep.
    package mutating func finished(_ token: UInt64, at now: Instant, into outbox: inout Outbox) {
        guard let slot = requests.slot(token: token), requests[slot].state == .finishing,
            let outcome = requests[slot].outcome
        else { return }
        answer(slot, outcome, into: &outbox)
        if requests[slot].owesAcknowledgement { sendTaskWord(.resultAck, slot, into: &outbox) }
        close(slot)
    }

    // MARK: - Ends

    /// The request has its outcome: a durable one is kept before its caller is told.
    mutating func conclude(_ slot: Int, _ outcome: Outcome, into outbox: inout Outbox) {
        deadlines.remove(slot)
        guard requests[slot].delivery == .durable else {
            answer(slot, outcome, into: &outbox)
            return close(slot)
        }
        requests[slot].state = .finishing
        requests[slot].outcome = outcome
        outbox.ask(.finish(requests.token(slot), requests[slot].key, outcome))
    }

    /// The caller knows all it will: the slot is free, unless a worker still has the task.
    mutating func close(_ slot: Int) {
        deadlines.remove(slot)
        if requests[slot].delivery == .volatile {
            peers[requests[slot].caller]?.asked.remove(slot, &requests.callers)
        }
        if requests[slot].isHeld { requests.detach(slot) } else { requests.release(slot) }
    }

    /// The worker is done with a request that had ended before.
    mutating func letGo(_ slot: Int) {
        vacate(slot)
        if requests[slot].state == .detached { requests.release(slot) }
    }

    /// Tells a caller how its request ended.
    mutating func answer(_ slot: Int, _ outcome: Outcome, into outbox: inout Outbox) {
        counters.answered += 1
        switch outcome {
        case .result(let content, let sender, let contentType):
            let agent = registry.agents[requests[slot].agent].name
            outbox.send(to: requests[slot].caller, content) { writer in
                begin(.response, slot, &writer)
                writer.text(.sender, agent: agent, instance: sender)
                if !contentType.isEmpty { writer.text(.contentType, contentType) }
            }
        case .failure(let error):
            outbox.send(to: requests[slot].caller) { writer in
                begin(.error, slot, &writer)
                writer.error(error.bounded)
            }
        }
    }

    /// A word to the caller that carries no content.
    func tell(_ type: MessageType, _ slot: Int, into outbox: inout Outbox) {
        outbox.send(to: requests[slot].caller) { begin(type, slot, &$0) }
    }

    /// A word to the worker about its task.
    func sendTaskWord(_ type: MessageType, _ slot: Int, into outbox: inout Outbox) {
        outbox.send(to: requests[slot].holder) { writer in
            writer.begin(type)
            writer.text(.requestID, requests[slot].key.id)
            writer.step(1)
            writer.attempt(requests[slot].attempt)
            writer.dispatch(requests.token(slot))
        }
    }

    // MARK: - Steps

    /// The slot a worker's word is about, if this worker has the task in this very attempt.
    private func held(_ message: borrowing EnvelopeView, by peer: PeerID) -> Int? {
        guard let slot = requests.slot(token: message.dispatch), requests[slot].isHeld,
            requests[slot].holder == peer
        else { return nil }
        return slot
    }

    private mutating func settle(
        _ slot: Int, _ outcome: Outcome, _ message: borrowing EnvelopeView, failure: String?,
        at now: Instant, into outbox: inout Outbox
    ) {
        let worker = requests[slot].worker
        let took = now - requests[slot].dispatched
        registry.workers[worker].figures.add(took, failure)
        registry.agents[requests[slot].agent].figures.add(took, failure)
        if requests[slot].state == .running {
            vacate(slot)
            requests[slot].owesAcknowledgement = true
            conclude(slot, outcome, into: &outbox)
        } else {
            counters.stale += 1
            if requests[slot].delivery == .durable {
                echo(.resultAck, message, to: registry.workers[worker].peer, into: &outbox)
            }
            letGo(slot)
        }
        refill(worker, at: now, into: &outbox)
    }

    /// An answer about a task that is over or was given to another: acknowledged, so that its
    /// sender stops; counted.
    private mutating func acknowledgeStale(
        _ message: borrowing EnvelopeView, to peer: PeerID, into outbox: inout Outbox
    ) {
        counters.stale += 1
        if let worker = peers.worker(of: peer) { registry.workers[worker].figures.stale += 1 }
        echo(.resultAck, message, to: peer, into: &outbox)
    }

    /// Work goes on at a task that is over or was given to another: its worker may forget it.
    private mutating func abort(
        _ message: borrowing EnvelopeView, at peer: PeerID, into outbox: inout Outbox
    ) {
        counters.stale += 1
        echo(.abort, message, to: peer, into: &outbox)
    }

    /// A word about a task in the worker's own terms.
    private func echo(
        _ type: MessageType, _ message: borrowing EnvelopeView, to peer: PeerID,
        into outbox: inout Outbox
    ) {
        let (request, dispatch) = (message[.requestID].bounded, message.dispatch)
        let (step, attempt) = (message.step, message.attempt)
        outbox.send(to: peer) { writer in
            writer.begin(type)
            if !request.isEmpty { writer.text(.requestID, request) }
            writer.step(step)
            writer.attempt(attempt)
            writer.dispatch(dispatch)
        }
    }

    /// Begins an answer to the caller of a request.
    private func begin(_ type: MessageType, _ slot: Int, _ writer: inout EnvelopeWriter) {
        writer.begin(type)
        writer.text(.correlationID, requests[slot].messageID)
        writer.text(.requestID, requests[slot].key.id)
        // What was really given, not what was asked for.
        if !storeIsDurable || requests[slot].delivery == .volatile { writer.delivery(.volatile) }
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
