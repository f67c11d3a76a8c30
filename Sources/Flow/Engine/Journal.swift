package import Document

/// What a run was told, in order: all that is needed to have the run again.
///
/// Resuming after a failure, replay and looking back are one function over this. A journal may be
/// a prefix, and what two branches were told may stand in any order that could have happened: an
/// entry whose key nobody has asked for yet waits until somebody does.
package struct Journal: Sendable, Hashable {
    package var entries: [Entry] = []

    package struct Entry: Sendable, Hashable {
        package var event: RunEvent
        package var at: Moment
        /// Where the run was if it was busy: after so many tasks. Else the event came when there
        /// was nothing more to do, which is all that has to be known.
        package var steps: Int?

        package init(_ event: RunEvent, at moment: Moment, steps: Int? = nil) {
            self.event = event
            self.steps = steps
            at = moment
        }
    }

    package init(_ entries: [Entry] = []) { self.entries = entries }

    package mutating func append(_ event: RunEvent, at moment: Moment, steps: Int? = nil) {
        entries.append(Entry(event, at: moment, steps: steps))
    }

    /// Writes down what a run is about to be told.
    package mutating func append(_ event: RunEvent, at moment: Moment, before run: FlowRun) {
        append(event, at: moment, steps: run.isBusy ? run.steps : nil)
    }
}

extension FlowRun {
    /// A run as its journal left it.
    package struct Resumed: Sendable {
        package var run: FlowRun
        /// What is open: calls without an answer, timers, listens, events not known to be
        /// published. Whoever goes on with the run does these first.
        package var actions: [RunAction]
        /// Entries that fitted nowhere, because the workflow is not the one they were made with.
        package var leftOver: [Journal.Entry]
    }

    /// Has a run again, from its journal. An empty one gives a run that has not started.
    ///
    /// - Parameters:
    ///   - amendments: what is otherwise than it was when the journal was made.
    ///   - judging: whether an entry still answers what was asked; without it each does.
    ///   - watching: sees what the run did about each entry, by the place of the entry.
    package static func resume(
        _ plan: FlowPlan, input: Value, identity: RunIdentity, journal: Journal,
        limits: RunLimits = RunLimits(), notes: Notes = .all,
        amendments: [StepKey: [Amendment]] = [:],
        judging: (Journal.Entry, RunAction) -> Bool = { _, _ in true },
        watching: (Int, [RunAction]) -> Void = { _, _ in }
    ) -> Resumed {
        var run = FlowRun(plan, input: input, identity: identity, limits: limits, notes: notes)
        run.amendments = amendments
        var pending = PendingActions()
        var waiting: [StepKey: [(place: Int, entry: Journal.Entry)]] = [:]
        for (place, entry) in journal.entries.enumerated() {
            guard run.accepts(entry.event) else {
                waiting[entry.event.key ?? StepKey(""), default: []].append((place, entry))
                continue
            }
            if let asked = pending.action(entry.event.key), !judging(entry, asked) { continue }
            let next = place + 1 < journal.entries.count ? journal.entries[place + 1].steps : nil
            var actions = run.settle(entry, until: next)
            pending.add(actions)
            watching(place, actions)
            while let early = run.claim(&waiting) {
                if let asked = pending.action(early.entry.event.key), !judging(early.entry, asked) {
                    continue
                }
                actions = run.settle(early.entry, until: nil)
                pending.add(actions)
                watching(early.place, actions)
            }
        }
        run.limits = limits
        let leftOver = waiting.sorted { $0.key < $1.key }.flatMap { $0.value.map(\.entry) }
        return Resumed(run: run, actions: pending.open(in: run), leftOver: leftOver)
    }

    /// Tells the run one entry, and lets it work until it was told the next one.
    private mutating func settle(_ entry: Journal.Entry, until next: Int?) -> [RunAction] {
        let slice = limits.slice
        defer { limits.slice = slice }
        if let next { limits.slice = max(0, next - steps) }
        var all = step(entry.event, now: entry.at)
        while isBusy, steps < next ?? .max {
            if let next { limits.slice = next - steps }
            all += step(.proceed, now: entry.at)
        }
        return all
    }

    private func claim(
        _ waiting: inout [StepKey: [(place: Int, entry: Journal.Entry)]]
    ) -> (place: Int, entry: Journal.Entry)? {
        guard !waiting.isEmpty else { return nil }
        let keys = waiting.keys.filter { isOpen($0) }.sorted()
        for key in keys {
            guard var entries = waiting[key], let first = entries.first,
                accepts(first.entry.event)
            else { continue }
            entries.removeFirst()
            waiting[key] = entries.isEmpty ? nil : entries
            return first
        }
        return nil
    }
}

extension RunEvent {
    /// The key an event answers.
    package var key: StepKey? {
        switch self {
        case .answered(let key, _), .failed(let key, _), .timer(let key): key
        case .started, .event, .suspended, .resumed, .cancelled, .proceed: nil
        }
    }
}

/// The actions of a resumed run that nothing has answered.
private struct PendingActions {
    private var actions: [StepKey: (order: Int, action: RunAction)] = [:]
    private var count = 0
    private var last: RunAction?

    mutating func add(_ more: [RunAction]) {
        for action in more {
            count += 1
            switch action {
            case .call(let call): actions[call.key] = (count, action)
            case .setTimer(let key, _), .listen(let key, _), .emit(let key, _),
                .runWorkflow(let key, _, _, _):
                actions[key] = (count, action)
            case .cancel, .clearTimer, .unlisten, .lifecycle, .more: break
            case .finished: last = action
            }
        }
    }

    /// What was asked for last under a key.
    func action(_ key: StepKey?) -> RunAction? { key.flatMap { actions[$0]?.action } }

    func open(in run: FlowRun) -> [RunAction] {
        let open = actions.filter { run.isOpen($0.key) }.values
        return open.sorted { $0.order < $1.order }.map(\.action) + [last].compactMap { $0 }
    }
}
