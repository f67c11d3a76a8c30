import Bus
import Document
import Reactor
import Store
import Telemetry
import Wire

/// Steps of requests that another orchestrator had: whoever runs one goes on with it for this one,
/// and only what nobody has is given away anew.
extension Conductor {
    /// READY may tell what a worker has of others.
    mutating func noteOrphans(
        _ content: any Content, of peer: PeerID, at now: Instant, into outbox: inout Outbox
    ) throws(Fault) {
        guard content.count > 0 else { return }
        let list: OrphanList
        do throws(Fault) {
            list = try JSON.decode(OrphanList.self, from: content.array)
        } catch {
            throw Fault(WireCode.invalid, "READY: \(error)")
        }
        noteOrphans(list.orphans, of: peer, at: now, into: &outbox)
        if list.all == true { answeredSearch(peer, into: &outbox) }
    }

    mutating func noteOrphans(
        _ list: [Orphan], of peer: PeerID, at now: Instant, into outbox: inout Outbox
    ) {
        orphans.replace(of: peer, with: list)
        for orphan in list {
            guard let slot = requests.slot(orphan.place.request),
                requests[slot].state == .active, requests[slot].delivery == .durable,
                let step = openStep(slot, orphan.step)
            else { continue }
            _ = resume(step, at: now, into: &outbox)
        }
    }

    /// A step of a request that was just accepted or taken up begins, or goes on where it is.
    mutating func launch(_ step: Int, at now: Instant, into outbox: inout Outbox) {
        guard requests[steps[step].request].isSought else {
            return place(step, at: now, into: &outbox)
        }
        steps[step].latest = requests[steps[step].request].attempts
        if let begun, begun.number == Int(steps[step].ordinal) {
            steps[step].effect = .unsafe
            steps[step].isStarted = true
            steps[step].attempt = UInt32(clamping: begun.attempt)
            steps[step].latest = max(steps[step].latest, steps[step].attempt)
            steps[step].relayed = begun.instance
        }
        seek(step, at: now, into: &outbox)
    }

    /// Looks for the worker that has a step.
    mutating func seek(_ step: Int, at now: Instant, into outbox: inout Outbox) {
        steps[step].state = .sought
        guard !resume(step, at: now, into: &outbox) else { return }
        // What must not be repeated may still come back with a worker that is cut off.
        let wait = steps[step].isStarted ? delays.dead : delays.search
        steps.timers.set(step, due: max(now + wait, reunion ?? now))
        for worker in registry.workers(of: steps[step].agent) {
            let peer = registry.workers[worker].peer
            guard peers.contains(peer), !peers.isAbsent(peer), searched[peer] == nil
            else { continue }
            searched[peer] = now
            // SAFETY: one word and a truth: encoding them cannot fail.
            let question = (try? JSON.encode(OrphanQuestion())) ?? []
            outbox.send(to: peer, ContentBytes(question)) { $0.begin(.ping) }
        }
        if searched.isEmpty, !isReuniting(at: now) { lookForWords(step, into: &outbox) }
    }

    /// A step is sought for a while by now. A worker that is there but silent may stand still and
    /// have it: it is waited for until it is heard or dead. Who was heard and names nothing knows
    /// no such question.
    mutating func seekOn(_ step: Int, at now: Instant, into outbox: inout Outbox) {
        let late = searched.filter { peer, asked in
            guard let known = peers[peer], known.absent == nil else { return true }
            return known.heard > asked && now - asked >= delays.search * 2
        }
        for peer in late.keys { searched[peer] = nil }
        guard searched.isEmpty && !isReuniting(at: now) || steps[step].reason == .lost else {
            return steps.timers.set(step, due: now + delays.search)
        }
        lookForWords(step, into: &outbox)
    }

    /// Whether this process is so young that workers may still be on their way back to it.
    func isReuniting(at now: Instant) -> Bool { reunion.map { now < $0 } ?? false }

    /// The worker of a step is lost, or does not have it any more. It may have told another
    /// orchestrator what came of it, while it could not tell this one: that is looked at before the
    /// step is done again.
    mutating func seekWord(of step: Int, at now: Instant, into outbox: inout Outbox) {
        guard steps[step].delivery == .durable, storeIsDurable, !steps[step].isUnsent else {
            return placeAgain(step, at: now, into: &outbox)
        }
        vacate(step, .lost, at: now)
        steps[step].reason = .lost
        steps[step].state = .sought
        lookForWords(step, into: &outbox)
    }

    /// Nobody who could be asked has the step. What it came to may have been left in the store
    /// since the request was taken up: that is looked at before anything is done again.
    mutating func lookForWords(_ step: Int, into outbox: inout Outbox) {
        guard steps[step].state == .sought else { return }
        steps.timers.set(step, due: present + delays.search)
        guard !inquiries.isFull, !isFenced else { return }
        let ticket = inquiries.ask(.words(step: steps.token(step)))
        outbox.ask(.words(ticket, requests[steps[step].request].record))
    }

    /// The store's answer to that.
    mutating func wordsFound(
        _ token: UInt64, _ words: [StoredMessage], at now: Instant, into outbox: inout Outbox
    ) {
        guard let step = steps.slot(token: token), steps[step].state == .sought else { return }
        let slot = steps[step].request
        for word in words { hear(word, slot, at: now, into: &outbox) }
        guard let step = steps.slot(token: token), steps[step].state == .sought else { return }
        beginAgain(step, at: now, into: &outbox)
    }

    /// A peer is gone: nothing more is expected of it.
    mutating func forgetSearch(of peer: PeerID, into outbox: inout Outbox) {
        orphans.remove(of: peer)
        answeredSearch(peer, into: &outbox)
    }

    // MARK: - What workers left in the store

    /// Takes a worker's word about a step that it could not say itself.
    mutating func hear(
        _ word: StoredMessage, _ slot: Int, at now: Instant, into outbox: inout Outbox
    ) {
        guard requests[slot].state == .active,
            let envelope = try? Envelope(decoding: word.envelope),
            let step = waitsFor(envelope, slot)
        else {
            counters.stale += 1
            return
        }
        counters.relayed += 1
        if steps[step].state == .waiting { leaveLine(step) }
        steps.timers.remove(step)
        if steps[step].isHeld {
            vacate(step, .refused, at: now)
        } else {
            steps[step].dispatched = now
            steps[step].chosen = Step.nobody
        }
        steps[step].attempt = envelope.attempt
        steps[step].latest = max(steps[step].latest, envelope.attempt)
        let sender = Outcome.Sender(address: envelope.sender)
        steps[step].relayed = sender.instance
        if let error = envelope.error {
            if error.code == WireCode.uncertain.rawValue, steps[step].effect == .unsafe {
                return park(step, .uncertain, error.message.bounded, into: &outbox)
            }
            return attemptFailed(step, error, at: now, into: &outbox)
        }
        let outcome = Outcome.result(
            word.content, sender: sender, contentType: envelope.contentType)
        settle(step, outcome, at: now, into: &outbox)
    }

    // MARK: - Steps

    /// A step that nobody was given to here.
    private func openStep(_ slot: Int, _ ordinal: UInt32) -> Int? {
        requests[slot].steps.members(steps.siblings).first {
            steps[$0].ordinal == ordinal
                && (steps[$0].state == .sought || steps[$0].state == .waiting)
        }
    }

    /// The step that a word is about, if it still waits for this very word.
    private func waitsFor(_ envelope: Envelope, _ slot: Int) -> Int? {
        requests[slot].steps.members(steps.siblings).first { step in
            guard steps[step].ordinal == envelope.step else { return false }
            switch steps[step].state {
            case .sought, .waiting: return steps[step].attempt <= envelope.attempt
            case .running:
                return steps[step].attempt == envelope.attempt
                    && (steps[step].isResumed || UInt64(envelope.fence) == steps[step].fence)
            default: return false
            }
        }
    }

    /// Lets the worker that has the step go on with it; false where none is known.
    private mutating func resume(
        _ step: Int, at now: Instant, into outbox: inout Outbox
    ) -> Bool {
        let slot = steps[step].request
        let place = Orphans.Place(request: requests[slot].key, step: steps[step].ordinal)
        guard !isFenced, let (peer, orphan) = orphans[place], let worker = peers.worker(of: peer),
            !peers.isAbsent(peer), orphan.agent == registry.agents[steps[step].agent].name,
            let instance = registry.instance(of: worker, serving: steps[step].agent)
        else { return false }
        orphans.remove(place)
        guard !Mutant.startOnResume.isOn else { return false }
        if steps[step].state == .waiting { leaveLine(step) }
        steps.timers.remove(step)
        steps[step].attempt = orphan.attempt
        steps[step].latest = max(steps[step].latest, orphan.attempt)
        steps[step].reason = .resumed
        steps[step].decision = note(step, instance, at: now)
        hold(step, instance, at: now)
        steps[step].generation &+= 1
        steps[step].isStarted = orphan.state != .waiting
        steps[step].isResumed = true
        steps[step].isAccepted = true
        steps[step].fence = max(requests[slot].fence, epoch)
        steps[step].dispatched = now
        watch(step, at: now)
        counters.resumed += 1
        CrashPoint.resumed.reached()
        outbox.send(to: peer, about: subject(step: step)) { writer in
            writer.begin(.resume)
            writer.text(.requestID, requests[slot].key.id)
            writer.text(.tenant, requests[slot].tenant)
            writer.step(orphan.step)
            writer.attempt(orphan.attempt)
            writer.text(.fence, fence(of: slot))
            writer.dispatch(steps.token(step))
        }
        return true
    }

    /// A worker has said what it has: when all have, nobody is waited for any longer.
    private mutating func answeredSearch(_ peer: PeerID, into outbox: inout Outbox) {
        guard searched.removeValue(forKey: peer) != nil, searched.isEmpty, !isReuniting(at: present)
        else { return }
        for step in steps.inUse where steps[step].state == .sought && !steps[step].isStarted {
            lookForWords(step, into: &outbox)
        }
    }

    /// Nobody has it: it is done anew, unless that might repeat what must not be repeated.
    private mutating func beginAgain(_ step: Int, at now: Instant, into outbox: inout Outbox) {
        steps.timers.remove(step)
        if isUncertain(step) {
            let agent = registry.agents[steps[step].agent].name
            return park(
                step, .lost, "the orchestrator was lost while \(agent) ran", into: &outbox)
        }
        if steps[step].effect == .unsafe, steps[step].isStarted {
            let agent = registry.agents[steps[step].agent].name
            let reason = "nobody can know whether \(agent) had its effect; it is not repeated"
            let error = WireError(code: WireCode.uncertain.rawValue, message: reason)
            return settle(step, .failure(error), at: now, into: &outbox)
        }
        steps[step].isStarted = false
        guard steps[step].deaths < limits.deathsPerStep else {
            return endAsPoison(step, at: now, into: &outbox)
        }
        if steps[step].reason == .lost { return placeAgain(step, at: now, into: &outbox) }
        place(step, at: now, into: &outbox)
    }
}

extension Outcome.Sender {
    /// Takes `agent#instance` apart.
    init(address: String) {
        let parts = address.split(separator: "#", maxSplits: 1).map(String.init)
        self.init(agent: parts.first ?? "", instance: parts.count > 1 ? parts[1] : "")
    }
}
