import Document
import Flow
import Orchestration
import Telemetry

/// From where a new run is to go on, with what is otherwise: what it keeps of the old one's
/// journal, and what it would come to without a cluster. Pure.
struct RunForkPlan {
    let run: StoredRun
    let fork: RunFork
    let step: RunHistory.Turn
    private let original: RunHistory
    private let plan: FlowPlan
    private let workflow: Workflow
    /// Entries of the journal that it keeps.
    private let entries: Int

    /// - Parameters:
    ///   - step: a task's key, reference, name or number.
    ///   - workflow: what it runs by, where that is another text.
    init(
        _ run: StoredRun, from step: String, _ amendments: [Amendment], workflow: Workflow? = nil
    ) throws(Fault) {
        self.run = run
        original = run.history
        self.workflow = workflow ?? run.workflow
        plan = workflow.map(FlowPlan.init) ?? run.plan
        let turn = original.turns[try Self.turn(step, original)]
        self.step = turn
        entries = try Self.entries(before: turn, amendments)
        fork = RunFork(
            origin: run.id, lines: run.lines[max(1, entries) - 1], step: turn.key,
            amendments: amendments)
        try check()
    }

    /// The one execution that is meant.
    static func turn(_ text: String, _ history: RunHistory) throws(Fault) -> Int {
        let found = history.turns(named: text)
        guard let first = found.first else {
            let names = history.turns.prefix(1000).map(\.name)
            let near = Suggestion.question(for: text, in: names)
            throw Fault(Exit.usage, "no task \(Printable.quoted(text)) began in it\(near)")
        }
        guard found.count == 1 else {
            let keys = found.prefix(4).map { history.turns[$0].key.text }.joined(separator: ", ")
            let more = found.count > 4 ? ", …" : ""
            throw Fault(
                Exit.usage,
                "\(Printable.quoted(text)) ran \(found.count) times; say which: \(keys)\(more)")
        }
        return first
    }

    private static func entries(
        before turn: RunHistory.Turn, _ amendments: [Amendment]
    ) throws(Fault) -> Int {
        let isBehind = amendments.contains { $0.place == .output && !$0.path.isEmpty }
        guard isBehind else { return turn.entriesBefore }
        guard amendments.allSatisfy({ $0.place == .output }) else {
            throw Fault(
                Exit.usage,
                "a part of what \(turn.name) gave is changed behind it, its input before it: "
                    + "choose one, or give all of the output with --set output=JSON.")
        }
        guard turn.state == .completed, let entries = turn.entriesAfter else {
            throw Fault(
                Exit.usage,
                "\(turn.name) gave nothing to be changed; --set output=JSON gives all of it."
            )
        }
        return entries
    }

    /// What it keeps must fit the text that it is to run by.
    private func check() throws(Fault) {
        let kept = RunHistory(
            plan, input: run.input, identity: run.identity(of: run.id, workflow),
            journal: Flow.Journal(Array(run.journal.entries.prefix(entries))),
            amendments: changes)
        if let entry = kept.resumed.leftOver.first {
            let key = entry.event.key?.text ?? "an event"
            throw Fault(
                Exit.usage,
                "that workflow does not fit: nothing in it asks for what \(key) was told before "
                    + "\(step.name).")
        }
        guard kept.turns.contains(where: { $0.key == step.key }) else {
            let last = kept.turns.last.map { "; it comes to \($0.key)" } ?? ""
            throw Fault(Exit.usage, "that workflow does not come to \(step.key)\(last).")
        }
    }

    private var changes: [StepKey: [Amendment]] {
        run.changes.merging(fork.changes) { earlier, later in earlier + later }
    }

    var stepName: String { step.key.text }

    /// What a request for it says.
    var content: Value { [RunFork.member: fork.value, "input": run.input] }

    // MARK: - Without a cluster

    /// Timers and events that nobody waits for which go by on the way.
    private static let most = 200

    /// The run as far as it comes with what was answered: a call that is the same is answered as it
    /// was, time goes by as it must, and it stops where somebody would have to be asked.
    var rehearsal: RunHistory {
        let later = run.journal.entries.dropFirst(entries).filter { entry in
            switch entry.event {
            case .cancelled, .suspended, .resumed: false
            default: true
            }
        }
        var journal = Flow.Journal(run.journal.entries.prefix(entries) + later)
        var history = rehearsed(journal)
        for _ in 0..<Self.most {
            guard let next = Self.next(history.resumed.actions, after: journal) else { break }
            journal.entries.append(next)
            history = rehearsed(journal)
        }
        return history
    }

    private func rehearsed(_ journal: Flow.Journal) -> RunHistory {
        let kept = Set(run.journal.entries.prefix(entries).compactMap(\.event.key))
        let known = Set(run.journal.entries.compactMap(\.event.key))
        return RunHistory(
            plan, input: run.input, identity: run.identity(of: run.id, workflow),
            journal: journal, amendments: changes
        ) { entry, action in
            guard let key = entry.event.key, !kept.contains(key) else { return true }
            return original.asked[key].map { $0.isSame(as: action) } ?? !known.contains(key)
        }
    }

    /// What happens by itself, where nothing but that is waited for.
    private static func next(
        _ open: [RunAction], after journal: Flow.Journal
    ) -> Flow.Journal.Entry? {
        var due: (key: StepKey, at: Moment)?
        let now = journal.entries.last?.at ?? Moment(nanoseconds: 0)
        for action in open {
            switch action {
            case .emit(let key, _): return Flow.Journal.Entry(.answered(key, .null), at: now)
            case .setTimer(let key, let at): if at < due?.at ?? at + .seconds(1) { due = (key, at) }
            case .call, .runWorkflow, .listen, .finished: return nil
            case .cancel, .clearTimer, .unlisten, .lifecycle, .more: break
            }
        }
        return due.map { Flow.Journal.Entry(.timer($0.key), at: max(now, $0.at)) }
    }
}

extension RunAction {
    /// Whether the same was asked, so that the same answer will do.
    fileprivate func isSame(as other: RunAction) -> Bool {
        switch (self, other) {
        case (.call(let old), .call(let new)): old.agent == new.agent && old.payload == new.payload
        case (.runWorkflow(_, let old, let oldInput, _), .runWorkflow(_, let new, let input, _)):
            old == new && oldInput == input
        case (.setTimer, .setTimer), (.listen, .listen), (.emit, .emit): true
        default: false
        }
    }
}
