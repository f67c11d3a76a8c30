import Bus
import Document
package import Reactor
package import Store
import Telemetry
import Wire

/// A request's way out: its outcome is kept where it is durable, and whoever waits is told.
extension Conductor {
    /// The store's word on what it was asked to do.
    package mutating func replied(
        _ reply: StateReply, at now: Instant, into outbox: inout Outbox
    ) {
        present = now
        switch reply {
        case .accepted(let token, let verdict):
            accepted(token, verdict, at: now, into: &outbox)
        case .advanced(let token, let keeping):
            advanced(token, keeping, at: now, into: &outbox)
        case .finished(let token, let keeping): finished(token, keeping, into: &outbox)
        case .attempted(let token, let keeping):
            attempted(token, keeping, at: now, into: &outbox)
        case .started(let token, let keeping): started(token, keeping, into: &outbox)
        case .parked(let token, let keeping): parked(token, keeping, into: &outbox)
        case .released(let token, _): handedBack(token, into: &outbox)
        case .claimed(let requests): claimed(requests, at: now, into: &outbox)
        case .effect(let ticket, let verdict): effectKnown(ticket, verdict, into: &outbox)
        case .read(let ticket, let request): read(ticket, request, at: now, into: &outbox)
        case .words(let ticket, let words): heard(words, ticket, at: now, into: &outbox)
        case .listed(let ticket, let requests, let total):
            listed(ticket, requests, total: total, at: now, into: &outbox)
        case .deposited(let ticket, let verdict):
            deposited(ticket, verdict, at: now, into: &outbox)
        case .figures(let ticket, let figures): told(ticket, figures, into: &outbox)
        case .session(let ticket, let reply): told(ticket, reply, at: now, into: &outbox)
        case .person(let ticket, let reply): told(ticket, reply, into: &outbox)
        case .event(let ticket, let answer): told(ticket, answer, into: &outbox)
        case .schedule(let ticket, let answer): told(ticket, answer, into: &outbox)
        case .journaled(let token, let keeping): journaled(token, keeping, into: &outbox)
        case .journalPage(let ticket, let page): journalRead(ticket, page, into: &outbox)
        case .workflow(let ticket, let text): textRead(ticket, text, into: &outbox)
        case .keptWorkflow: break
        case .decided(let ticket, let decision): decided(ticket, decision, into: &outbox)
        case .failed(let ticket, let reason):
            let fault = Fault(
                WireCode.unavailable, "the store cannot be asked: \(reason)",
                retry: .after(.seconds(1)))
            unanswered(ticket, fault, into: &outbox)
        case .unreadable(let ticket, let reason):
            unanswered(ticket, Fault(WireCode.corrupt, reason), into: &outbox)
        }
        tellStories(into: &outbox)
    }

    /// The request has its outcome: what is still under way for it is stopped, and a durable one is
    /// kept before its caller is told.
    mutating func conclude(_ slot: Int, _ outcome: Outcome, into outbox: inout Outbox) {
        deadlines.remove(slot)
        stopSteps(slot, into: &outbox)
        if case .failure(let error) = outcome { logFailure(of: slot, error) }
        guard requests[slot].delivery == .durable else {
            endSession(of: slot, outcome, into: &outbox)
            answer(slot, outcome, into: &outbox)
            return close(slot)
        }
        requests[slot].state = .finishing
        requests[slot].outcome = outcome
        outbox.ask(.finish(requests.token(slot), ending(slot, outcome)))
        endSession(of: slot, outcome, into: &outbox)
    }

    /// Everybody knows all they will: the slot is free.
    mutating func close(_ slot: Int) {
        deadlines.remove(slot)
        if isAsked(slot) {
            peers[requests[slot].caller.peer]?.asked.remove(slot, &requests.callers)
        }
        while let step = requests[slot].steps.first { remove(step) }
        requests.release(slot)
    }

    /// Tells whoever waits how the request ended.
    mutating func answer(_ slot: Int, _ outcome: Outcome, into outbox: inout Outbox) {
        counters.answered += 1
        noteEnd(of: slot, outcome)
        // What the store knew already was told when it ended.
        if tap.wantsSpans, requests[slot].state != .accepting {
            tellSpans(of: slot, outcome, into: &outbox)
        }
        if let parent = requests[slot].parent {
            requests[slot].parent = nil
            subordinateEnded(parent, outcome, into: &outbox)
        } else if !requests[slot].plan.isSilent {
            tell(outcome, slot, to: requests[slot].caller, into: &outbox)
        }
        for watcher in requests[slot].watchers {
            tell(outcome, slot, to: watcher, into: &outbox)
        }
    }

    /// A word to the caller that carries no content.
    func tell(_ type: MessageType, _ slot: Int, into outbox: inout Outbox) {
        let caller = requests[slot].caller
        outbox.send(to: caller.peer, about: subject(slot)) {
            beginAnswer(type, slot, to: caller, &$0)
        }
    }

    /// Begins an answer to somebody who waits for a request.
    func beginAnswer(
        _ type: MessageType, _ slot: Int, to caller: Caller, _ writer: inout EnvelopeWriter
    ) {
        let isDurable = storeIsDurable && requests[slot].delivery == .durable
        begin(type, requests[slot].key.id, to: caller, isDurable: isDurable, &writer)
    }

    /// What came of it is kept: everybody is told, and workers may forget their results.
    mutating func end(_ slot: Int, _ outcome: Outcome, into outbox: inout Outbox) {
        answer(slot, outcome, into: &outbox)
        acknowledgeAll(slot, into: &outbox)
        let record = requests[slot].record
        if requests[slot].isFollowed || requests[slot].fence > 0 {
            hint(requests[slot].key.id, tenant: requests[slot].tenant, into: &outbox)
        }
        close(slot)
        tellFollowers(of: record, into: &outbox)
        claimMore(into: &outbox)
    }

    /// The store says that the request is another's, or that it has no such request: what was done
    /// here counts for nothing. Its caller asks again, and is told what counts.
    mutating func giveUp(_ slot: Int, _ keeping: Keeping, into outbox: inout Outbox) {
        counters.fenced += 1
        deadlines.remove(slot)
        if keeping == .fenced {
            leaveSteps(slot, into: &outbox)
        } else {
            stopSteps(slot, into: &outbox)
        }
        let fault = Self.fault(of: keeping)
        logFailure(of: slot, WireError(fault))
        end(slot, .failure(WireError(fault)), into: &outbox)
    }

    private static func fault(of keeping: Keeping) -> Fault {
        switch keeping {
        case .unreadable:
            Fault(WireCode.corrupt, "what the store holds of the request cannot be read")
        case .gone:
            Fault(
                WireCode.unavailable, "the store has lost the request",
                retry: .after(.milliseconds(100)))
        case .fenced, .kept:
            Fault(
                WireCode.unavailable, "another orchestrator has decided about it",
                retry: .after(.milliseconds(100)))
        }
    }

    /// This instance leaves: whoever has room for the request goes on with it.
    mutating func handBack(_ slot: Int, _ fault: Fault, into outbox: inout Outbox) {
        guard requests[slot].state == .active else { return stop(slot, fault, into: &outbox) }
        deadlines.remove(slot)
        leaveSteps(slot, into: &outbox)
        requests[slot].state = .releasing
        requests[slot].outcome = .failure(WireError(fault))
        outbox.ask(.release(requests.token(slot), requests[slot].record))
    }

    private mutating func handedBack(_ token: UInt64, into outbox: inout Outbox) {
        guard let slot = requests.slot(token: token), requests[slot].state == .releasing,
            let outcome = requests[slot].outcome
        else { return }
        end(slot, outcome, into: &outbox)
        hintReady(into: &outbox)
    }

    // MARK: - Fetching

    /// The question `result`: what a request came to, now or when it has ended.
    mutating func fetch(
        _ body: Value, for caller: Caller, into outbox: inout Outbox
    ) throws(Fault) {
        let id = body["id"]?.string ?? ""
        try Name.check(id, "request id")
        guard let known = peers[caller.peer] else { return }
        let key = RequestKey(scope: known.tenantScope, id: id)
        guard let slot = requests.slot(key) else {
            let asker = Inquiries.Asker(caller: caller, requestID: id)
            let record = try recordKey(body, asker)
            let waits = body["wait"]?.bool == true
            return try inquire(.result(asker, record, waits: waits), into: &outbox) {
                .read($0, record, from: .max)
            }
        }
        guard body["wait"]?.bool == true else {
            throw Fault(
                WireCode.busy, "the request has not ended", retry: .after(.milliseconds(100)))
        }
        guard requests[slot].watchers.count < limits.watchers else {
            throw Fault(
                WireCode.busy, "\(limits.watchers) wait for this request already",
                retry: .after(.seconds(1)))
        }
        requests[slot].watchers.append(caller)
    }

    // MARK: - Steps

    private mutating func acknowledgeAll(_ slot: Int, into outbox: inout Outbox) {
        var next = requests[slot].steps.first
        while let step = next {
            next = steps.siblings.next(step)
            acknowledge(step, into: &outbox)
        }
    }

    /// The store keeps the outcome.
    private mutating func finished(
        _ token: UInt64, _ keeping: Keeping, into outbox: inout Outbox
    ) {
        guard let slot = requests.slot(token: token), requests[slot].state == .finishing,
            let outcome = requests[slot].outcome
        else { return }
        CrashPoint.finished.reached()
        guard keeping == .kept || Mutant.noFence.isOn else {
            return giveUp(slot, keeping, into: &outbox)
        }
        end(slot, outcome, into: &outbox)
    }

    /// Whether it stands in the list of its caller, whose end would end it.
    private func isAsked(_ slot: Int) -> Bool {
        guard requests[slot].delivery == .volatile else { return false }
        return !requests[slot].plan.isSilent
    }

    private func tell(
        _ outcome: Outcome, _ slot: Int, to caller: Caller, into outbox: inout Outbox
    ) {
        let isDurable = storeIsDurable && requests[slot].delivery == .durable
        tell(
            outcome, requests[slot].key.id, to: caller, isDurable: isDurable,
            about: subject(slot), into: &outbox)
    }

    func tell(
        _ outcome: Outcome, _ id: String, to caller: Caller, isDurable: Bool,
        about subject: TapSubject? = nil, into outbox: inout Outbox
    ) {
        switch outcome {
        case .result(let content, let sender, let contentType):
            outbox.send(to: caller.peer, content, about: subject) { writer in
                begin(.response, id, to: caller, isDurable: isDurable, &writer)
                writer.text(.sender, agent: sender.agent, instance: sender.instance)
                if !contentType.isEmpty { writer.text(.contentType, contentType) }
            }
        case .failure(let error):
            outbox.send(to: caller.peer, about: subject) { writer in
                begin(.error, id, to: caller, isDurable: isDurable, &writer)
                writer.error(error.bounded)
            }
        }
    }

    private func begin(
        _ type: MessageType, _ id: String, to caller: Caller, isDurable: Bool,
        _ writer: inout EnvelopeWriter
    ) {
        writer.begin(type)
        writer.text(.correlationID, caller.messageID)
        writer.text(.requestID, id)
        // What was really given, not what was asked for.
        if !isDurable { writer.delivery(.volatile) }
    }
}
