import Reactor
import Telemetry

/// Calls of scripts on their way out, and what comes back for them.
extension StateStore {
    /// Calls that may be under way at once; what does not fit gathers into fuller calls.
    private static let window = 64
    /// While so many are, the next one waits until it is full or one of them is answered: a call
    /// with many requests costs Redis half as much for each, and everybody wakes up less often.
    private static let eager = 1

    /// Whether questions may be asked, even of an instance that may decide nothing.
    var mayAsk: Bool {
        guard case .ready = workStanding, !isCut, leaving == nil else { return false }
        if case .refused = shown { return false }
        return true
    }

    func send() {
        guard mayAsk || leaving != nil, !isCut, work.isReady else { return }
        let taken = batches.take(window: Self.window, eager: Self.eager) { mayLeave($0) }
        guard !taken.isEmpty else { return }
        let asker = StateCall.Asker(me: lease.me ?? "", now: time, session: session)
        records.belong(to: asker.me)
        for batch in taken {
            let call = StateCall(batch, by: asker, settings, knowing: records)
            let number = batch.number
            let (records, me) = (call.records, asker.me)
            work.call(call.script, key: settings.prefix, call.arguments) { [weak self] outcome in
                self?.learn(number, outcome, records, of: me)
                self?.answered(number, outcome)
            }
        }
    }

    private func mayLeave(_ batch: StateBatches.Batch) -> Bool {
        switch batch.kind {
        case .words, .question: true
        case .accept: isReady && !(hold.isOn && batch.isUncertain)
        case .decision, .claim: isReady
        case .attempt, .start, .advance, .journal, .finish, .park, .release, .endEffect, .session,
            .person:
            isReady && !hold.isOn
        }
    }

    private func answered(_ number: UInt64, _ outcome: RedisLink.Outcome) {
        // It may have come while this process stood still.
        heed()
        handOutAdopted()
        guard let batch = batches.done(number) else { return }
        switch outcome {
        case .unknown(let reason): lost(batch, reason)
        case .reply(.error(let error)): refused(batch, error)
        case .reply(let reply): answered(batch, reply)
        }
        if !batches.waiting.isEmpty { send() }
        if leaving != nil { goOnLeaving() }
    }

    /// Remembers the records of what was kept for this instance just now, and forgets those of what
    /// may have changed.
    private func learn(
        _ number: UInt64, _ outcome: RedisLink.Outcome, _ new: [LeanRecord], of me: String
    ) {
        guard let batch = batches.sent.first(where: { $0.number == number }) else { return }
        guard batch.kind == .accept else {
            if !batch.kind.isQuestion { for key in batch.keys { records.forget(key) } }
            return
        }
        guard case .reply(let reply) = outcome, new.count == batch.commands.count,
            let letters = StateLetter.letters(reply, count: new.count)
        else { return }
        for (place, letter) in letters.enumerated() where letter == UInt8(ascii: "A") {
            guard let key = batch.commands[place].key else { continue }
            records.keep(new[place], of: key, for: me)
        }
    }

    // MARK: - Known outcomes

    private func answered(_ batch: StateBatches.Batch, _ reply: RedisReply) {
        if batch.kind.isOwned, hold.succeeded() { log.info("the store keeps changes again") }
        let answers = StateAnswers(batch, reply)
        for key in answers.spoilt { logSpoilt(key, "its record makes no sense") }
        for item in answers.corrupt {
            if batch.kind == .claim { spoil(item) } else { logCorrupt(item) }
        }
        project(batch, answers.replies)
        deliver(answers.replies)
    }

    func deliver(_ replies: [StateReply]) {
        guard !replies.isEmpty else { return }
        for reply in replies where !reply.isOwn {
            if case .claimed(let requests) = reply {
                for request in requests { lease.seen(request.fence) }
            }
            handler.replied(reply)
        }
        handler.settled()
    }

    // MARK: - Outcomes that are no answers

    /// A connection that lost an answer is not used again before it says that it is ready, or
    /// before the next upkeep.
    func wasCut() { isCut = true }

    /// Nobody knows whether it ran: it goes again once the connection is there, unless it changes
    /// nothing.
    private func lost(_ batch: StateBatches.Batch, _ reason: String) {
        wasCut()
        switch batch.kind {
        case .words, .question:
            deliver(StateAnswers(failing: batch.commands, reason: reason).replies)
        case .claim:
            // What was claimed is found again among what this instance owns.
            takeover.needsRecount = true
            deliver(StateAnswers(failing: batch.commands, reason: reason).replies)
        default: batches.again(batch, isUncertain: true)
        }
    }

    private func refused(_ batch: StateBatches.Batch, _ error: String) {
        let trouble = RedisTrouble(error)
        guard trouble != .unconfirmed else { return unconfirmed(batch, error) }
        let isBroken = trouble == .broken
        switch batch.kind {
        case .accept, .attempt, .start, .advance, .journal, .finish, .park, .release, .endEffect,
            .session, .person:
            if isBroken {
                setApart(batch, error)
            } else if batch.kind == .accept && !batch.isUncertain {
                fail(batch, error)
            } else {
                batches.again(batch, isUncertain: false)
                holdBack(error)
            }
        case .decision, .claim, .words, .question:
            if isBroken { log.error("a script failed", ["reason": .text(error)]) }
            fail(batch, error)
        }
    }

    /// It was done, and may be lost with the master: what is owned goes again until it is sure, and
    /// who asked for anything else is told that nobody knows.
    private func unconfirmed(_ batch: StateBatches.Batch, _ error: String) {
        guard !batch.kind.isOwned else {
            batches.again(batch, isUncertain: true)
            return holdBack(error)
        }
        // What was accepted all the same is found among what this instance owns.
        takeover.needsRecount = true
        let reason =
            "whether it was kept is unknown, because no replica of Redis has confirmed it in time: "
            + "send it again under the same id"
        deliver(StateAnswers(doubting: batch.commands, reason: reason).replies)
    }

    private func fail(_ batch: StateBatches.Batch, _ error: String) {
        let reason = "the store refuses: \(error)"
        deliver(StateAnswers(failing: batch.commands, reason: reason).replies)
    }

    /// One item must not keep the others from being kept.
    private func setApart(_ batch: StateBatches.Batch, _ error: String) {
        guard batch.commands.count == 1, let command = batch.commands.first else {
            batches.apart(batch)
            return
        }
        if let key = command.key { logSpoilt(key, error) }
        deliver(StateAnswers(spoiling: command, reason: error).replies)
    }

    private func holdBack(_ error: String) {
        if !hold.isRefused {
            log.warning(
                "the store refuses changes; they wait and are tried again",
                ["reason": .text(error)])
        }
        holdTimer.reset(after: hold.refused())
    }

    func tryHeld() {
        hold.tryAgain()
        send()
    }

    // MARK: - Records that make no sense

    /// Ends a request of this instance's that nobody can read; what stands there goes to the log.
    func spoil(_ item: StoredRequest.Unreadable) {
        logCorrupt(item)
        guard let key = item.key else { return }
        batches.add(.finish(StateReply.own, .unreadable(key, item.reason)))
    }

    private func logCorrupt(_ item: StoredRequest.Unreadable) {
        log.error(
            "a record in the store cannot be read",
            [
                "key": .text(item.key?.description ?? ""), "reason": .text(item.reason),
                "record": .text(item.dump),
            ])
    }

    private func logSpoilt(_ key: RecordKey, _ reason: String) {
        log.error(
            "a record in the store could not be changed",
            ["key": .text(key.description), "reason": .text(reason)])
    }
}

extension StateReply {
    /// The token of what the store asks for itself; nobody else uses it.
    static let own = UInt64.max

    fileprivate var isOwn: Bool {
        switch self {
        case .finished(Self.own, _), .failed(Self.own, _), .unreadable(Self.own, _): true
        default: false
        }
    }
}

extension StateCommand.Ending {
    /// The end of a request that cannot be read: a dead letter, for a person to look at.
    fileprivate static func unreadable(_ key: RecordKey, _ reason: String) -> Self {
        let message = "what the store held of this request could not be read: \(reason)"
        return Self(
            key: key, state: .failed, step: 1, attempt: 0, agent: "", instance: "",
            code: StoreCode.corrupt.rawValue, took: 0, isDead: true, size: message.utf8.count,
            output: StoredMessage(failure: StoreCode.corrupt, message))
    }
}
