import Document
import Flow
import Reactor
import Store
import Telemetry
import Wire

/// Durable runs: what they are told is kept before anything comes of it, and whoever takes one over
/// has it again from what was kept.
extension Conductor {
    /// Asks the store to keep what a run was told since, and does what may be done.
    mutating func keepJournal(_ token: UInt64, into outbox: inout Outbox) {
        guard let slot = requests.slot(token: token), flows[token]?.journal != nil else { return }
        if let next = flows[token]?.journal?.next(of: requests[slot].record) {
            outbox.ask(.journal(token, next))
        }
        while let due = flows[token]?.journal?.due(), !due.isEmpty {
            for effect in due { carryOut(effect, token, into: &outbox) }
        }
    }

    /// The store's word on it.
    mutating func journaled(_ token: UInt64, _ keeping: Keeping, into outbox: inout Outbox) {
        if flows.forking[token] != nil { return forkKept(token, keeping, into: &outbox) }
        guard let slot = requests.slot(token: token), flows[token] != nil else { return }
        CrashPoint.journaled.reached()
        guard keeping == .kept else { return giveUp(slot, keeping, into: &outbox) }
        flows[token]?.journal?.confirmed()
        let record = requests[slot].record
        keepJournal(token, into: &outbox)
        tellFollowers(of: record, into: &outbox)
    }

    /// A worker has a task whose effect must not be repeated, and waits for word to begin.
    mutating func releaseInRun(_ step: Int, into outbox: inout Outbox) {
        steps[step].isStarted = true
        let token = requests.token(steps[step].request)
        guard flows[token]?.journal != nil,
            let key = flows[token]?.key(of: steps[step].ordinal)
        else { return sendTaskWord(.go, step, into: &outbox) }
        let line = JournalLine.begun(
            key, attempt: steps[step].attempt, instance: instanceName(step))
        flows[token]?.journal?.write(line)
        flows[token]?.hold(.go(steps.token(step)))
        keepJournal(token, into: &outbox)
    }

    // MARK: - Taking over

    /// Nobody here serves the text that the request began with: the store has it.
    mutating func askForText(
        of journey: Plan.Journey, _ token: UInt64, into outbox: inout Outbox
    ) {
        flows.waitForEdition(token)
        guard let digest = journey.address.digest, !inquiries.isFull else { return }
        outbox.ask(.workflow(inquiries.ask(.text(slot: token)), digest: digest))
    }

    mutating func textRead(_ ticket: UInt64, _ text: [UInt8]?, into outbox: inout Outbox) {
        let purpose = inquiries.answered(ticket)
        if handOut(text, for: purpose, into: &outbox) { return }
        guard case .text(let token) = purpose, let text,
            requests.slot(token: token) != nil,
            let edition = try? Edition(text, from: .file("the store"), name: "workflow")
        else { return }
        shelf.remember(edition)
        startHomeless(at: present, into: &outbox)
    }

    /// The run has a journal: it is had again from that.
    mutating func askForJournal(
        _ token: UInt64, _ edition: Edition, into outbox: inout Outbox
    ) {
        guard let slot = requests.slot(token: token) else { return }
        flows.returning[token] = Returning(edition: edition)
        outbox.ask(
            .readJournal(inquiries.ask(.journal(slot: token)), requests[slot].record, from: 0))
    }

    mutating func journalRead(
        _ ticket: UInt64, _ page: JournalPage?, into outbox: inout Outbox
    ) {
        let purpose = inquiries.answered(ticket)
        if handOut(page, for: purpose, into: &outbox) { return }
        guard case .journal(let token) = purpose,
            let slot = requests.slot(token: token), requests[slot].state == .active,
            flows.returning[token] != nil
        else { return }
        guard let page else { return giveUp(slot, .gone, into: &outbox) }
        flows.returning[token]?.lines += page.entries
        flows.returning[token]?.bodies.merge(page.bodies) { known, _ in known }
        if let next = page.next {
            let ticket = inquiries.ask(.journal(slot: token))
            return outbox.ask(.readJournal(ticket, requests[slot].record, from: next))
        }
        goOn(slot, token, into: &outbox)
    }

    // MARK: - Steps

    /// Has the run again as its journal left it.
    private mutating func goOn(_ slot: Int, _ token: UInt64, into outbox: inout Outbox) {
        guard let returning = flows.returning.removeValue(forKey: token) else { return }
        do throws(Fault) {
            let work = try work(slot, returning)
            // What a fork has open nobody has begun yet.
            work.isReturning = requests[slot].isSought || !isFork(slot)
            let actions = work.open
            flows.add(work, token)
            for action in actions { perform(action, for: token, into: &outbox) }
            flows[token]?.isReturning = false
            if flows[token]?.run.isBusy == true { flows.goOnLater(token) }
        } catch {
            conclude(slot, .failure(WireError(error)), into: &outbox)
        }
    }

    private func work(_ slot: Int, _ returning: Returning) throws(Fault) -> FlowWork {
        var journal = Journal([Journal.Entry(.started, at: beginning(of: slot))])
        var begun: [StepKey: (attempt: UInt32, instance: String)] = [:]
        var cursor: LogPosition?
        var fork: RunFork?
        var changes: [StepKey: [Amendment]] = [:]
        for (place, bytes) in returning.lines.enumerated() {
            switch try JournalLine(bytes, returning.bodies) {
            case .told(let entry, _): journal.entries.append(entry)
            case .heard(let entry, let place):
                journal.entries.append(entry)
                cursor = place
            case .cursor(let place): cursor = place
            case .begun(let key, let attempt, let instance): begun[key] = (attempt, instance)
            case .forked(let told):
                fork = fork ?? told
                // What a fork has of a fork was otherwise there already.
                changes.merge(told.changes) { later, earlier in earlier + later }
            }
            // What had begun there began for another request.
            if let fork, place <= fork.lines { begun = [:] }
        }
        let resumed = FlowRun.resume(
            returning.edition.plan, input: try input(slot),
            identity: identity(of: slot, returning.edition),
            journal: journal, notes: flowNotes, amendments: changes)
        let work = FlowWork(
            returning.edition, resumed.run, journal: RunJournal(kept: returning.lines.count))
        work.begun = begun
        // It may have begun to listen without having said so.
        work.cursor = cursor ?? journal.entries.last.map { LogPosition(after: $0.at) }
        work.open = resumed.actions
        return work
    }

    private mutating func carryOut(
        _ effect: RunJournal.Effect, _ token: UInt64, into outbox: inout Outbox
    ) {
        switch effect {
        case .perform(let action): perform(action, for: token, into: &outbox)
        case .acknowledge(let stepToken):
            guard let step = steps.slot(token: stepToken), steps[step].state == .done else {
                return
            }
            acknowledge(step, into: &outbox)
            remove(step)
        case .go(let stepToken):
            guard let step = steps.slot(token: stepToken), steps[step].isHeld,
                steps[step].state == .running
            else { return }
            sendTaskWord(.go, step, into: &outbox)
        }
    }

    /// Looks for the worker that may have a step from the owner before.
    mutating func seek(
        _ step: Int, begunAt begun: (attempt: UInt32, instance: String)?,
        into outbox: inout Outbox
    ) {
        steps[step].latest = requests[steps[step].request].attempts
        if let begun {
            steps[step].effect = .unsafe
            steps[step].isStarted = true
            steps[step].attempt = begun.attempt
            steps[step].latest = max(steps[step].latest, begun.attempt)
            steps[step].relayed = begun.instance
        }
        guard steps[step].delivery == .durable else {
            return place(step, at: present, into: &outbox)
        }
        seek(step, at: present, into: &outbox)
    }
}
