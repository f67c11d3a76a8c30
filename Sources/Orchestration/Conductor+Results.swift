import Bus
import Reactor
import Telemetry
import Wire

/// What workers say about their tasks.
extension Conductor {
    mutating func result(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at now: Instant, into outbox: inout Outbox
    ) throws(Fault) {
        noteLoad(message, of: peer)
        guard let step = held(message, by: peer) else {
            if message.dispatch == 0, !message.isEmpty(.tenant) {
                return try relay(message, content, from: peer, into: &outbox)
            }
            return acknowledgeStale(message, to: peer, into: &outbox)
        }
        let sender = Outcome.Sender(
            agent: registry.agents[steps[step].agent].name,
            instance: instanceName(step))
        let outcome = Outcome.result(content, sender: sender, contentType: message[.contentType])
        answered(step, outcome, message, at: now, into: &outbox)
    }

    mutating func failed(
        _ message: borrowing EnvelopeView, from peer: PeerID, at now: Instant,
        into outbox: inout Outbox
    ) throws(Fault) {
        noteLoad(message, of: peer)
        guard let step = held(message, by: peer) else {
            if message.dispatch == 0, !message.isEmpty(.tenant) {
                return try relay(message, ContentBytes.empty, from: peer, into: &outbox)
            }
            return acknowledgeStale(message, to: peer, into: &outbox)
        }
        let error =
            try message.error()?.bounded
            ?? WireError(code: "failed", message: "the agent gave no reason")
        answered(step, .failure(error), message, at: now, into: &outbox)
    }

    /// NACK: the worker did not take the task. Busy is no attempt; the task goes to whoever has
    /// room.
    mutating func refused(
        _ message: borrowing EnvelopeView, from peer: PeerID, at now: Instant,
        into outbox: inout Outbox
    ) throws(Fault) {
        guard let step = held(message, by: peer) else { return }
        let worker = steps[step].worker
        let error = try message.error()?.bounded
        if error?.code == WireCode.busy.rawValue {
            registry.pause(worker, until: now + delays.busyPause)
        }
        switch steps[step].state {
        case .running where steps[step].isResumed && error?.code == WireCode.stale.rawValue:
            // It has ended there since, or a newer attempt is known.
            vacate(step, .refused, at: now)
            steps[step].state = .sought
            lookForWords(step, into: &outbox)
        case .running where error?.code == WireCode.busy.rawValue:
            if steps[step].latest == steps[step].attempt { steps[step].latest -= 1 }
            decisions.ended(steps[step].decision, .busy, took: now - steps[step].dispatched)
            if steps[step].twin == Step.nobody {
                placeAgain(step, .refused, at: now, into: &outbox)
            } else {
                vacate(step, .refused, at: now)
                _ = leaveToTwin(step, into: &outbox)
            }
        case .running:
            vacate(step, .refused, at: now)
            let reason = error ?? WireError(code: "failed", message: "the worker refused the task")
            settle(step, .failure(reason), at: now, into: &outbox)
        default: letGo(step, .refused, at: now)
        }
        refill(worker, at: now, into: &outbox)
    }

    /// ACCEPT: the task was taken; one with an unsafe effect begins only when it is told to.
    mutating func accept(
        _ message: borrowing EnvelopeView, from peer: PeerID, into outbox: inout Outbox
    ) {
        guard let step = held(message, by: peer) else {
            return abort(message, at: peer, into: &outbox)
        }
        steps[step].isAccepted = true
        guard steps[step].state == .running, steps[step].effect == .unsafe else { return }
        release(step, into: &outbox)
    }

    /// PROGRESS: a sign of life that is passed on and counted; too many are refused.
    mutating func progress(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at now: Instant, into outbox: inout Outbox
    ) throws(Fault) {
        guard let step = held(message, by: peer) else {
            return abort(message, at: peer, into: &outbox)
        }
        if now - steps[step].progressSince >= .seconds(1) {
            steps[step].progressSince = now
            steps[step].progress = 0
        }
        steps[step].progress += 1
        guard steps[step].progress <= limits.progressPerSecond else {
            guard steps[step].progress == limits.progressPerSecond + 1 else { return }
            return try warn(peer, at: now, into: &outbox)
        }
        passOn(.progress, message, content, of: step, into: &outbox)
    }

    /// PARTIAL: a piece of a streaming answer, passed on as it came.
    mutating func partial(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        into outbox: inout Outbox
    ) {
        guard let step = held(message, by: peer) else {
            return abort(message, at: peer, into: &outbox)
        }
        passOn(.partial, message, content, of: step, into: &outbox)
    }

    mutating func noteLoad(_ message: borrowing EnvelopeView, of peer: PeerID) {
        guard let worker = peers.worker(of: peer) else { return }
        registry.workers[worker].noteLoad(Int(message.running))
    }

    /// The worker is done with a step that was over before.
    mutating func letGo(_ step: Int, _ ending: Registry.Ending, at now: Instant) {
        vacate(step, ending, at: now)
        if steps[step].state == .detached { steps.release(step) }
    }

    /// Nobody needs the step any more.
    mutating func sendCancel(_ step: Int, into outbox: inout Outbox) {
        decisions.ended(
            steps[step].decision, .cancelled, took: present - steps[step].dispatched)
        sendTaskWord(.cancel, step, into: &outbox)
    }

    /// The request is another orchestrator's: the result is to be told to that one.
    func sendMoved(_ step: Int, into outbox: inout Outbox) {
        sendTaskWord(.nack, step, into: &outbox) { $0.error(Self.moved) }
    }

    private static var moved: WireError {
        WireError(
            code: WireCode.moved.rawValue, message: "another orchestrator has the request by now")
    }

    /// A word to the worker about its task.
    func sendTaskWord(
        _ type: MessageType, _ step: Int, into outbox: inout Outbox,
        _ more: (inout EnvelopeWriter) -> Void = { _ in }
    ) {
        guard !steps[step].isUnsent else { return }
        let slot = steps[step].request
        outbox.send(to: steps[step].holder, about: subject(step: step)) { writer in
            writer.begin(type)
            writer.text(.requestID, requests[slot].key.id)
            writer.step(steps[step].ordinal)
            writer.attempt(steps[step].attempt)
            writer.dispatch(steps.token(step))
            more(&writer)
        }
    }

    /// The step's worker may forget the result: it is kept.
    mutating func acknowledge(_ step: Int, into outbox: inout Outbox) {
        guard steps[step].owesAcknowledgement else { return }
        steps[step].owesAcknowledgement = false
        sendTaskWord(.resultAck, step, into: &outbox)
    }

    // MARK: - Steps

    /// The step a worker's word is about, if this worker has the task in this very attempt.
    func held(_ message: borrowing EnvelopeView, by peer: PeerID) -> Int? {
        guard let step = steps.slot(token: message.dispatch), steps[step].isHeld,
            steps[step].holder == peer
        else { return nil }
        return step
    }

    /// The final word of a worker about its task.
    private mutating func answered(
        _ step: Int, _ outcome: Outcome, _ message: borrowing EnvelopeView, at now: Instant,
        into outbox: inout Outbox
    ) {
        let worker = steps[step].worker
        CrashPoint.result.reached()
        if steps[step].state == .running {
            vacate(step, Registry.Ending(outcome), at: now)
            steps[step].owesAcknowledgement = steps[step].delivery == .durable
            noteEnd(of: step, outcome, at: now)
            if log.isDebugging { logAnswer(step, outcome, at: now) }
            if case .failure(let error) = outcome {
                if error.code == WireCode.uncertain.rawValue, isUncertain(step) {
                    return parkAnswered(step, error, worker, at: now, into: &outbox)
                }
                attemptFailed(step, error, at: now, into: &outbox)
            } else {
                settle(step, outcome, at: now, into: &outbox)
            }
        } else {
            counters.stale += 1
            if steps[step].isMoved {
                echo(.nack, message, to: registry.workers[worker].peer, into: &outbox) {
                    $0.error(Self.moved)
                }
            } else if steps[step].delivery == .durable {
                echo(.resultAck, message, to: registry.workers[worker].peer, into: &outbox)
            }
            letGo(step, .cancelled, at: now)
        }
        refill(worker, at: now, into: &outbox)
    }

    /// The worker itself does not know what came of its effect.
    private mutating func parkAnswered(
        _ step: Int, _ error: WireError, _ worker: Int, at now: Instant,
        into outbox: inout Outbox
    ) {
        park(step, .uncertain, error.message.bounded, into: &outbox)
        refill(worker, at: now, into: &outbox)
    }

    /// News of a running step, for whoever waits for the answer. What is no last stage, or one of
    /// several answers, is nobody's stream.
    private mutating func passOn(
        _ type: MessageType, _ message: borrowing EnvelopeView, _ content: any Content,
        of step: Int, into outbox: inout Outbox
    ) {
        guard steps[step].state == .running else { return }
        let slot = steps[step].request
        switch requests[slot].plan {
        case .notification: return
        case .pipeline(let slip) where type == .partial && slip.current + 1 < slip.stages.count:
            return
        case .gather where type == .partial, .workflow where type == .partial: return
        case .workflow(let journey) where journey.isSilent: return
        default: break
        }
        // Of two copies the one that begins to stream is the one whose answer counts.
        if type == .partial { dropTwin(of: step, into: &outbox) }
        let (sequence, contentType) = (message.sequence, message[.contentType])
        let agent = registry.agents[steps[step].agent].name
        let instance = instanceName(step)
        outbox.send(
            to: requests[slot].caller.peer, content, about: subject(slot)
        ) { writer in
            beginAnswer(type, slot, to: requests[slot].caller, &writer)
            writer.step(steps[step].ordinal)
            if sequence != 0 { writer.sequence(sequence) }
            if type == .progress { writer.text(.sender, agent: agent, instance: instance) }
            if !contentType.isEmpty { writer.text(.contentType, contentType) }
        }
    }

    /// An answer about a task that is over or was given to another: acknowledged, so that its
    /// sender stops; counted.
    private mutating func acknowledgeStale(
        _ message: borrowing EnvelopeView, to peer: PeerID, into outbox: inout Outbox
    ) {
        // Said again because it is not kept yet: the worker must not forget it before that.
        if let step = steps.slot(token: message.dispatch), steps[step].holder == peer,
            steps[step].owesAcknowledgement
        {
            return
        }
        counters.stale += 1
        if let worker = peers.worker(of: peer) { registry.workers[worker].stale += 1 }
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
        into outbox: inout Outbox, _ more: (inout EnvelopeWriter) -> Void = { _ in }
    ) {
        let (request, dispatch) = (message[.requestID].bounded, message.dispatch)
        let (step, attempt) = (message.step, message.attempt)
        outbox.send(to: peer) { writer in
            writer.begin(type)
            if !request.isEmpty { writer.text(.requestID, request) }
            writer.step(step)
            writer.attempt(attempt)
            writer.dispatch(dispatch)
            more(&writer)
        }
    }
}
