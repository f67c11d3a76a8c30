import Bus
import Document
import Reactor
import Telemetry
import Wire

/// What becomes of tasks whose orchestrator is lost: all others are told of them, and whoever takes
/// one over has everything about it from then on. What runs goes on all the while.
extension Session {
    /// A link is down: its tasks are told to all others, its results go to any of them.
    func leaveTasks(of link: LinkID) {
        guard let desk, let bus else { return }
        for entry in desk.outbox.results(where: { $0?.link == link }) where entry.isMoot {
            forget(entry.key)
        }
        desk.outbox.lost(link, at: loop.now)
        lookSooner(loop.now)
        guard !desk.orphans(where: { $0?.link == link }).isEmpty else { return }
        for other in bus.liveLinks { sayOrphans(to: other) }
    }

    /// Names all tasks whose orchestrators are lost: whoever hears it knows no others of this
    /// worker's afterwards.
    private func sayOrphans(to link: LinkID) {
        guard let desk, let bus else { return }
        let orphans = desk.orphans(for: link) { bus.isLive($0) }
        if !orphans.isEmpty { say(OrphanList(orphans), to: link) }
    }

    /// A link is up. If another process answers than the last time, whoever gave the tasks is gone
    /// for good, and what the new one says of their numbers is about others.
    func meet(_ link: LinkID, _ welcome: Welcome) {
        let life = "\(welcome.orchestrator) \(welcome.epoch)"
        let before = lives.updateValue(life, forKey: link)
        let wasUntold = untold.remove(link) != nil
        guard let desk else { return }
        let isNew = before != nil && before != life
        if isNew {
            desk.tasks.orphan(link, at: loop.now)
            desk.effects.orphan(link, at: loop.now)
            for entry in desk.outbox.results(where: { $0?.link == link }) {
                desk.outbox.loseHome(entry.key, at: loop.now)
            }
        }
        if isNew || wasUntold { sayOrphans(to: link) }
    }

    /// PING: it may ask for the tasks that others gave.
    func asked(_ content: any Content, _ link: LinkID) {
        guard content.count > 0, let desk,
            let question = try? JSON.decode(OrphanQuestion.self, from: content.array),
            question.orphans
        else { return }
        say(OrphanList(desk.orphans { $0?.link != link }, all: true), to: link)
    }

    private func say(_ list: OrphanList, to link: LinkID) {
        // SAFETY: an OrphanList holds nothing that JSON cannot say, so encoding it cannot fail.
        guard let desk, let bytes = try? JSON.encode(list) else { return }
        let credit = UInt32(clamping: desk.credit)
        _ = send(ContentBytes(bytes), to: link, tiedBy: plan.draw(12)) { writer in
            writer.begin(.ready)
            writer.credit(credit)
        }
    }

    // MARK: - Taken over

    /// RESUME: an orchestrator has taken a request over, and this attempt of a step with it.
    func resume(_ message: borrowing EnvelopeView, _ link: LinkID) {
        let home = TaskHome(link: link, dispatch: message.dispatch)
        let key = ResultOutbox.Key(
            tenant: message[.tenant], request: message[.requestID], step: message.step,
            attempt: message.attempt)
        guard let desk, let fence = try? Fence(message[.fence]) else {
            return refuse(message, link, .stale, "nothing is known of it here")
        }
        let known = desk.tasks.resumption(
            key.stepKey, attempt: key.attempt, fence: fence, by: home)
        if case .runs(let task) = known {
            desk.tasks.move(task, to: home, fence: fence)
            if let context = desk.tasks[task]?.context { accept(context) }
        } else if known == .mayBeDone,
            let entry = desk.outbox.move(key, to: home, fence: fence, at: loop.now)
        {
            desk.tasks.raise(key.stepKey, attempt: key.attempt, fence)
            resend(entry, to: link)
        } else {
            return refuse(message, link, .stale, "it is not here, or somebody later has it")
        }
        desk.effects.move(
            key.stepKey, attempt: key.attempt, to: home, fence: fence, at: loop.now)
        lookSooner(loop.now)
    }

    /// NACK(moved): the orchestrator that a result was meant for has lost its request to another.
    /// False if it is about something else.
    func hasMoved(
        _ message: borrowing EnvelopeView, _ error: WireError, _ link: LinkID
    ) -> Bool {
        guard error.code == WireCode.moved.rawValue else { return false }
        guard let key = meantResult(message, link) else { return true }
        desk?.outbox.loseHome(key, at: loop.now)
        lookSooner(loop.now)
        return true
    }
}

extension TaskDesk {
    private enum Limit {
        /// More than a worker has in hand, and what a message takes at most.
        static let orphans = 3000
    }

    /// What an orchestrator is told: the tasks whose own cannot be reached.
    func orphans(for link: LinkID, isLive: (LinkID) -> Bool) -> [Orphan] {
        orphans { home in
            guard let home = home?.link else { return true }
            return home != link && !isLive(home)
        }
    }

    /// The durable tasks that are done for one of these: what runs, what waits for word to begin,
    /// and results that nobody has acknowledged.
    func orphans(where belongs: (TaskHome?) -> Bool) -> [Orphan] {
        let running = tasks.tasks(where: belongs).compactMap { task -> Orphan? in
            // What was told to stop has no result that anybody could use.
            guard task.context.delivery == .durable, task.cancelled == nil else { return nil }
            return Orphan(
                ResultOutbox.Key(task.context), agent: task.context.agent,
                fence: task.context.charge.fence, task.onGo == nil ? .running : .waiting)
        }
        let done = outbox.results(where: belongs).filter { !$0.isMoot }.map {
            Orphan($0.key, agent: $0.agent, fence: $0.fence, .done)
        }
        return Array((running + done).prefix(Limit.orphans))
    }
}

extension Orphan {
    fileprivate init(_ key: ResultOutbox.Key, agent: String, fence: String, _ state: State) {
        self.init(
            tenant: key.tenant, request: key.request, step: key.step, attempt: key.attempt,
            fence: fence, agent: agent, state: state)
    }
}
