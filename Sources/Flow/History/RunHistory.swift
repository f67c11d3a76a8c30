package import Document

/// A run as it went: each task that began, with the data before and after it. It is made by having
/// the run again from its journal, so no worker is asked for anything.
package struct RunHistory: Sendable {
    /// In the order in which they began.
    package private(set) var turns: [Turn] = []
    package let outline: Outline
    /// What was asked of the world, by its key.
    package private(set) var asked: [StepKey: RunAction] = [:]
    /// Where the journal leaves the run, and what is open then.
    package private(set) var resumed: FlowRun.Resumed
    /// The moment of the last entry.
    package let lastMoment: Moment?

    /// One execution of one task.
    package struct Turn: Sendable {
        package enum State: String, Sendable {
            case running, completed, faulted, cancelled, skipped
        }

        package let key: StepKey
        package let name: String
        package let reference: String
        package var state = State.running
        package let began: Moment
        package var ended: Moment?
        /// What it was given, and what was made of that for it.
        package let raw: Value
        package var input: Value?
        package var output: Value?
        package var error: FlowError?
        /// The context before and after it.
        package let before: Value
        package var after: Value?
        package var retries = 0
        /// How many entries of the journal had been told when it began, and when it ended.
        package let entriesBefore: Int
        package var entriesAfter: Int?
        /// What it asked of the world: the last of it, and how much.
        package var asked: RunAction?
        package var askedCount = 0
    }

    package init(
        _ plan: FlowPlan, input: Value, identity: RunIdentity, journal: Journal,
        amendments: [StepKey: [Amendment]] = [:],
        judging: (Journal.Entry, RunAction) -> Bool = { _, _ in true }
    ) {
        var notebook = Notebook()
        resumed = FlowRun.resume(
            plan, input: input, identity: identity, journal: journal, notes: .data,
            amendments: amendments, judging: judging
        ) { notebook.take($1, from: $0) }
        outline = Outline(plan)
        turns = notebook.turns
        asked = notebook.asked
        lastMoment = journal.entries.last?.at
    }

    package var outcome: RunAction.Outcome? { resumed.run.outcome }

    /// The executions that somebody may mean: by key, by reference, by name or by position.
    package func turns(named text: String) -> [Int] {
        if let number = Int(text) { return turns.indices.contains(number - 1) ? [number - 1] : [] }
        if let exact = turns.firstIndex(where: { $0.key.text == text }) { return [exact] }
        let referenced = turns.indices.filter { turns[$0].reference == text }
        return referenced.isEmpty ? turns.indices.filter { turns[$0].name == text } : referenced
    }
}

/// Makes turns of what a run tells about itself.
private struct Notebook {
    var turns: [RunHistory.Turn] = []
    var asked: [StepKey: RunAction] = [:]
    private var open: [StepKey: Int] = [:]
    private var reached = 0

    mutating func take(_ actions: [RunAction], from entry: Int) {
        reached = max(reached, entry + 1)
        for action in actions {
            switch action {
            case .lifecycle(let note): take(note)
            case .call(let call): ask(action, call.key)
            case .listen(let key, _), .emit(let key, _), .runWorkflow(let key, _, _, _):
                ask(action, key)
            case .setTimer(let key, _):
                asked[key] = action
                if open[key] != nil { ask(action, key) }
            case .cancel, .clearTimer, .unlisten, .more, .finished: break
            }
        }
    }

    private mutating func ask(_ action: RunAction, _ key: StepKey) {
        asked[key] = action
        guard let place = open[key] ?? open[key.whole] else { return }
        turns[place].asked = action
        turns[place].askedCount += 1
    }

    private mutating func take(_ note: Lifecycle) {
        guard let task = note.task else { return }
        switch note.phase {
        case .started: begin(task, note)
        case .skipped:
            begin(task, note)
            end(task.key, .skipped, note)
        case .completed: end(task.key, .completed, note)
        case .faulted: end(task.key, .faulted, note)
        case .cancelled: end(task.key, .cancelled, note)
        case .retried: if let place = open[task.key] { turns[place].retries += 1 }
        case .suspended, .resumed, .correlationStarted, .correlationCompleted: break
        }
    }

    private mutating func begin(_ task: Lifecycle.Task, _ note: Lifecycle) {
        open[task.key] = turns.count
        turns.append(
            RunHistory.Turn(
                key: task.key, name: task.name, reference: task.reference, began: note.at,
                raw: note.data?.input ?? .null, before: note.data?.context ?? .null,
                entriesBefore: reached))
    }

    private mutating func end(
        _ key: StepKey, _ state: RunHistory.Turn.State, _ note: Lifecycle
    ) {
        guard let place = open.removeValue(forKey: key) else { return }
        turns[place].state = state
        turns[place].ended = note.at
        turns[place].output = note.output
        turns[place].error = note.error
        turns[place].input = note.data?.input
        turns[place].after = note.data?.context
        turns[place].entriesAfter = reached
    }
}

extension StepKey {
    /// The key of the task that a part of a fan-out belongs to.
    package var whole: StepKey {
        guard text.utf8.last == UInt8(ascii: "]"), let start = text.lastIndex(of: "[") else {
            return self
        }
        return StepKey(String(text[..<start]))
    }

    /// Where the task stands whichever iteration, attempt and lap it is: that of its callers, and
    /// its reference.
    func place(of reference: String) -> String {
        guard text.utf8.count > reference.utf8.count, !text.hasPrefix(reference),
            let start = text.range(of: reference)
        else { return reference }
        let callers = text[..<start].split(separator: ">", omittingEmptySubsequences: true)
        return callers.map { $0.prefix { $0 != "#" } + ">" }.joined() + reference
    }
}

extension String {
    /// The start of the last occurrence of a text.
    fileprivate func range(of part: String) -> Index? {
        var found: Index?
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { found = start }
            start = index(after: start)
        }
        return found
    }
}
