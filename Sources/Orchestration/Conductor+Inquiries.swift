import Bus
import Document
import Reactor
import Store
import Telemetry
import Wire

/// Questions that only the store can answer: they are asked, and whoever asked is told when it
/// has.
extension Conductor {
    /// Asks the store on somebody's behalf.
    mutating func inquire(
        _ purpose: Inquiries.Purpose, into outbox: inout Outbox,
        _ command: (UInt64) -> StateCommand
    ) throws(Fault) {
        guard !inquiries.isFull else {
            throw Fault(
                WireCode.busy, "too many questions at once", retry: .after(.milliseconds(100)))
        }
        outbox.ask(command(inquiries.ask(purpose)))
    }

    /// The store has what it was asked for.
    mutating func read(
        _ ticket: UInt64, _ request: StoredRequest?, at now: Instant, into outbox: inout Outbox
    ) {
        switch inquiries.answered(ticket) {
        case .again(let token): tellAgain(token, request, into: &outbox)
        case .result(let asker, let key, let waits):
            tellResult(asker, key, request, waits: waits, into: &outbox)
        case .show(let asker):
            guard let request else { return deny(asker, into: &outbox) }
            answer(asker, .object(show(request, at: now)), into: &outbox)
        case .trace(let asker):
            guard let request else { return deny(asker, into: &outbox) }
            answer(asker, trace(of: request), into: &outbox)
        case .run(let asker, let wanted):
            describe(request, wanted, to: asker, into: &outbox)
        case .origin(let asker): prepareFork(of: request, for: asker, into: &outbox)
        case .following(let number): follow(number, request, into: &outbox)
        default: break
        }
    }

    /// What the store has of workers for a request in hand.
    mutating func heard(
        _ words: [StoredMessage], _ ticket: UInt64, at now: Instant, into outbox: inout Outbox
    ) {
        switch inquiries.answered(ticket) {
        case .words(let token): wordsFound(token, words, at: now, into: &outbox)
        case .mailbox(let token): mailFound(token, words, at: now, into: &outbox)
        default: break
        }
    }

    mutating func listed(
        _ ticket: UInt64, _ requests: [StoredRequest], total: Int, at now: Instant,
        into outbox: inout Outbox
    ) {
        guard case .list(let asker) = inquiries.answered(ticket) else { return }
        let time = storeTime(at: now)
        answer(asker, .array(requests.map { .object($0.row(at: time)) }), into: &outbox)
    }

    mutating func told(
        _ ticket: UInt64, _ figures: [AgentFigures], into outbox: inout Outbox
    ) {
        guard case .figures(let asker) = inquiries.answered(ticket) else { return }
        answer(asker, .array(figures.map(\.value)), into: &outbox)
    }

    mutating func decided(
        _ ticket: UInt64, _ decided: Decided, into outbox: inout Outbox
    ) {
        switch inquiries.answered(ticket) {
        case .decision(let asker, let done): tell(asker, decided, done, into: &outbox)
        case .cancel(let asker): tellCancelled(asker, decided, into: &outbox)
        default: break
        }
        claimMore(into: &outbox)
    }

    /// The store could not be asked, or what it has makes no sense.
    mutating func unanswered(_ ticket: UInt64, _ fault: Fault, into outbox: inout Outbox) {
        switch inquiries.answered(ticket) {
        case .again(let token):
            guard let slot = requests.slot(token: token) else { return }
            refuse(slot, fault, into: &outbox)
        case .result(let asker, _, _), .show(let asker), .trace(let asker), .list(let asker),
            .figures(let asker), .session(let asker, _), .decision(let asker, _),
            .cancel(let asker), .people(let asker), .person(let asker, _),
            .personWord(let asker, _), .personToken(let asker, _), .effect(let asker, _),
            .run(let asker, _), .runText(let asker, _), .runPage(let asker), .origin(let asker),
            .originText(let asker, _):
            complain(fault, to: asker, into: &outbox)
        case .following(let number):
            followers[number]?.isAsking = false
            guard fault.retry == .never, let follower = followers[number] else { return }
            disappoint(number, follower, fault, into: &outbox)
        case .journal(let token), .text(let token), .originPage(let token):
            // It is the next owner's, or this one's again, when the store can be asked.
            guard let slot = requests.slot(token: token) else { return }
            handBack(slot, fault, into: &outbox)
        case .peopleNews: people.isAsking = false
        case .peopleFound:
            people.isAsking = false
            people.doubtAll()
        case .publication(let publication): unpublished(publication, fault, into: &outbox)
        case .events(let tenant): flows.readers.failed(tenant)
        case .schedules(let keys): schedules.unread(keys)
        case .fired(let firing): schedules.unkept(firing.key, at: present)
        case .scheduling(let asker, _, _): complain(fault, to: asker, into: &outbox)
        case .copy: break
        // A step that is sought is looked at again in a moment; a word is said again.
        case .words, .mailbox, .deposit, nil: break
        }
    }

    // MARK: - Telling

    /// The answer to a question.
    func answer(_ asker: Inquiries.Asker, _ value: Value, into outbox: inout Outbox) {
        let bytes = JSON.write(value)
        guard bytes.count <= WireLimits.content else {
            let fault = Fault(
                WireCode.tooLarge,
                "the answer has \(bytes.count) bytes: ask with limit and offset")
            return complain(fault, to: asker, into: &outbox)
        }
        outbox.send(to: asker.caller.peer, ContentBytes(bytes)) { writer in
            writer.begin(.response)
            writer.text(.correlationID, asker.caller.messageID)
            writer.text(.requestID, asker.requestID)
            writer.text(.sender, "baton")
            writer.delivery(.volatile)
        }
    }

    func complain(_ fault: Fault, to asker: Inquiries.Asker, into outbox: inout Outbox) {
        outbox.send(to: asker.caller.peer) { writer in
            writer.begin(.error)
            writer.text(.correlationID, asker.caller.messageID)
            writer.text(.requestID, asker.requestID)
            writer.error(WireError(fault).bounded)
        }
    }

    func deny(_ asker: Inquiries.Asker, into outbox: inout Outbox) {
        let fault = Fault(
            WireCode.notFound, "no such request is known; what has ended is kept for a while only")
        complain(fault, to: asker, into: &outbox)
    }

    // MARK: - Steps

    /// A request that ended came again: it gets the one outcome.
    private mutating func tellAgain(
        _ token: UInt64, _ request: StoredRequest?, into outbox: inout Outbox
    ) {
        guard let slot = requests.slot(token: token), requests[slot].state == .accepting else {
            return
        }
        guard let outcome = request?.outcome else {
            let fault = Fault(
                WireCode.gone, "the request had ended, and its result is not kept any more")
            return refuse(slot, fault, into: &outbox)
        }
        tell(.accepted, slot, into: &outbox)
        answer(slot, outcome, into: &outbox)
        close(slot)
    }

    private mutating func tellResult(
        _ asker: Inquiries.Asker, _ key: RecordKey, _ request: StoredRequest?, waits: Bool,
        into outbox: inout Outbox
    ) {
        guard let request else { return deny(asker, into: &outbox) }
        if let outcome = request.outcome {
            return tell(
                outcome, request.id, to: asker.caller, isDurable: storeIsDurable, into: &outbox)
        }
        if waits, request.state != .uncertain {
            return addFollower(Follower(asker: asker, key: key, goal: .result), into: &outbox)
        }
        complain(request.openness, to: asker, into: &outbox)
    }

    private func tell(
        _ asker: Inquiries.Asker, _ decided: Decided, _ done: String, into outbox: inout Outbox
    ) {
        switch decided {
        case .done:
            answer(
                asker, ["request": .string(asker.requestID), "state": .string(done)],
                into: &outbox)
        case .state(let state):
            let fault = Fault(
                WireCode.invalid,
                "the request is \(state.word): this cannot be decided of it now")
            complain(fault, to: asker, into: &outbox)
        case .unknown: deny(asker, into: &outbox)
        }
    }

    private func tellCancelled(
        _ asker: Inquiries.Asker, _ decided: Decided, into outbox: inout Outbox
    ) {
        let fault =
            switch decided {
            case .done: Fault(WireCode.cancelled, "the request was cancelled")
            case .state(.running):
                Fault(
                    WireCode.busy, "another orchestrator has the request in hand",
                    retry: .after(.milliseconds(100)))
            case .state(let state):
                Fault(WireCode.gone, "the request has ended: it \(state.word)")
            case .unknown:
                Fault(WireCode.gone, "no request with this id is in hand; it may have ended")
            }
        complain(fault, to: asker, into: &outbox)
    }
}

extension StoredRequest {
    /// How it ended, if it has.
    var outcome: Outcome? {
        guard state.isTerminal else { return nil }
        if let output, let outcome = Outcome(output) { return outcome }
        let code =
            state == .cancelled ? WireCode.cancelled : state == .expired ? .deadline : .corrupt
        return .failure(WireError(code: code.rawValue, message: "the request \(state.word)"))
    }

    /// What whoever wants its result is told while there is none.
    var openness: Fault {
        guard state == .uncertain else {
            return Fault(
                WireCode.busy, "the request has not ended", retry: .after(.milliseconds(100)))
        }
        return Fault(
            WireCode.uncertain,
            "nobody can know whether an effect happened: it rests until somebody says so")
    }
}
