import Bus
import Reactor
import Telemetry
import Wire

/// The words about side effects on their way: said to the orchestrator that gave the task, again
/// over its next connection, and to another one only once that has been gone for long.
extension Session {
    /// Asks or tells, and waits for the verdict; the wait ends with the task.
    func verdict(
        _ type: MessageType, _ call: String, _ content: ContentBytes, of task: TaskContext
    ) async throws -> EffectVerdict {
        let ticket = CallTicket()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                ticket.number = say(type, call, content, of: task) { result in
                    continuation.resume(with: result)
                }
                if Task.isCancelled || task.isCancelled { stopWaiting(for: ticket.number) }
            }
        } onCancel: {
            submit { $0.stopWaiting(for: ticket.number) }
        }
    }

    /// Asks or tells; the end is told by a closure, which is called once.
    @discardableResult
    func say(
        _ type: MessageType, _ call: String, _ content: ContentBytes, of task: TaskContext,
        onEnd: @escaping EffectTable.Ending
    ) -> UInt64? {
        guard let desk, bus != nil else {
            onEnd(.failure(CancellationError()))
            return nil
        }
        guard
            let number = desk.effects.add(
                type, call, content, of: task, at: loop.now, onEnd: onEnd)
        else {
            let fault = Fault(
                WireCode.busy, "too many side effects wait for an orchestrator's answer",
                retry: .after(.seconds(1)))
            onEnd(.failure(fault))
            return nil
        }
        sayDueEffects()
        return number
    }

    func stopWaiting(for number: UInt64?) {
        guard let number else { return }
        desk?.effects.stopWaiting(number)?(.failure(CancellationError()))
    }

    /// A task was cancelled or is over: none of its waits goes on.
    func stopEffects(of task: TaskTable.Key) {
        guard let desk, !desk.effects.isEmpty else { return }
        for number in desk.effects.awaited(by: task) { stopWaiting(for: number) }
    }

    /// The session ends.
    func endEffects(_ fault: Fault) {
        for word in desk?.effects.takeAll() ?? [] { word.onEnd?(.failure(fault)) }
    }

    // MARK: - Sending

    /// Time passed, or a link came back: what is due is said, what is over ends.
    func tendEffects() {
        guard let desk, !desk.effects.isEmpty else { return }
        for word in desk.effects.takeExpired(at: loop.now) {
            let fault = Fault(
                WireCode.deadline, "no orchestrator answered about the effect \(word.call) in time")
            word.onEnd?(.failure(fault))
        }
        sayDueEffects()
        endIfDrained()
    }

    private func sayDueEffects() {
        guard let desk else { return }
        for word in desk.effects.takeDue(at: loop.now) {
            if let link = way(of: word) { say(word, to: link) }
        }
        if let next = desk.effects.nextLook { lookSooner(next) }
    }

    private func way(of word: EffectTable.Word) -> LinkID? {
        guard let desk, let bus else { return nil }
        let charge = word.task.charge
        if let link = charge.home?.link {
            return desk.outbox.destination(
                from: link, live: bus.liveLinks, any: bus.anyLink(), at: loop.now)
        }
        let isGivenUp = desk.outbox.isGivenUp(since: charge.homeless, at: loop.now)
        return isGivenUp ? bus.anyLink() : nil
    }

    private func say(_ word: EffectTable.Word, to link: LinkID) {
        guard let id = desk?.effects.messageID(word) else { return }
        let task = word.task
        _ = send(word.content, to: link, tiedBy: id) { writer in
            task.begin(word.type, &writer)
            writer.text(.messageID, id)
            if word.type == .effectDone { writer.header("call", word.call) }
            guard link != task.home?.link else { return }
            // A dispatch means nothing to another orchestrator, which finds the request by its
            // tenant and id.
            writer.dispatch(0)
            if !task.tenant.isEmpty { writer.text(.tenant, task.tenant) }
        }
    }

    // MARK: - Answers

    /// EFFECT: the verdict on one of the words.
    func effectAnswered(
        _ message: borrowing EnvelopeView, _ content: any Content, _ link: LinkID
    ) {
        guard let desk,
            let number = desk.effects.number(correlation: message.span(.correlationID)),
            let word = desk.effects[number]
        else { return }
        let content = RawContent(content, contentType: message[.contentType])
        let verdict = Result { try EffectVerdict(content).checked(for: word.type) }
        // Whoever has lost the request to another takes everything about it for outdated: whoever
        // has it now is asked as well.
        if case .success(.stale) = verdict, let home = word.task.home, home.link != link { return }
        _ = desk.effects.remove(number)
        word.onEnd?(verdict)
        endIfDrained()
    }

    /// ERROR or NACK about one of the words; false if it is about something else.
    func effectRefused(_ message: borrowing EnvelopeView, _ error: WireError) -> Bool {
        guard let desk,
            let number = desk.effects.number(correlation: message.span(.correlationID))
        else { return false }
        if error.retryable {
            let delay = Duration.milliseconds(Int64(clamping: min(error.retryAfter, 60_000)))
            let moment = loop.now + max(delay, .milliseconds(50))
            desk.effects.postpone(number, until: moment)
            lookSooner(moment)
        } else {
            desk.effects.remove(number)?.onEnd?(.failure(error.fault))
            endIfDrained()
        }
        return true
    }
}

extension EffectVerdict {
    /// The verdict, if it is one that can be given on such a word.
    fileprivate func checked(for type: MessageType) throws(Fault) -> EffectVerdict {
        let fits =
            switch self {
            case .stale: true
            case .kept: type == .effectDone
            case .go, .skip, .unknown: type == .effectBegin
            }
        guard fits else {
            throw Fault(
                WireCode.internal, "the orchestrator answered \(type.name) with another verdict")
        }
        return self
    }
}
