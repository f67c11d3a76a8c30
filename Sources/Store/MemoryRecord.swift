import Wire

/// What the store in memory has of one request.
final class MemoryRecord {
    enum Effect {
        /// The same asking gets the same answer again.
        case intended(asking: String)
        case done(any Content)
    }

    var request: StoredRequest
    let body: Digest
    let priority: Int
    var effects: [String: Effect] = [:]
    /// The names of the words that were left for its owner.
    var names: Set<String> = []
    private(set) var journal = MemoryJournal()
    private(set) var size = 0
    /// Bytes of what people were asked and said.
    var added = 0

    init(_ acceptance: StateCommand.Acceptance) {
        body = acceptance.body
        priority = acceptance.priority
        request = StoredRequest(key: acceptance.key)
        request.id = acceptance.id
        request.tenant = acceptance.tenant
        request.agent = acceptance.agent
        request.accepted = acceptance.accepted
        request.deadline = acceptance.deadline
        request.input = acceptance.input
        note("accepted", at: acceptance.accepted)
    }

    /// Somebody has it in hand from now on.
    func take() {
        request.state = .running
        guard request.events.count == 1 else { return }
        note("dispatched", step: 1, agent: request.agent, at: request.accepted)
    }

    func step(_ number: Int) -> StoredStep? { request.steps.first { $0.number == number } }

    func keep(_ step: StoredStep) {
        request.steps.removeAll { $0.number == step.number }
        request.steps.append(step)
    }

    /// A person says that the step may be made again, with all it only meant to do.
    func forgetUncertain() {
        let steps = request.steps.filter { $0.state == .uncertain }.map(\.number)
        request.steps.removeAll { $0.state == .uncertain }
        for (name, effect) in effects {
            guard case .intended = effect, steps.contains(where: { name.hasPrefix("\($0) ") })
            else { continue }
            effects[name] = nil
        }
    }

    func add(_ journaling: StateCommand.Journaling, at now: UInt64) {
        journal.append(journaling)
        request.journalLength = journal.count
        for note in journaling.entries.compactMap(\.note) where !note.event.isEmpty {
            self.note(
                note.event, step: note.step, attempt: note.attempt, agent: note.agent,
                instance: note.instance, at: now, took: note.took, code: note.code)
        }
    }

    func isSame(_ ending: StateCommand.Ending) -> Bool {
        request.state == ending.state && request.attempt == ending.attempt
            && request.instance == ending.instance
    }

    func end(
        _ state: StoredState, _ code: String, _ output: StoredMessage?, _ size: Int, at now: UInt64
    ) {
        request.state = state
        request.code = code
        request.ended = now
        request.output = output?.compact
        self.size = size + journal.size + added
        note(state.word, at: now, code: code)
    }

    func note(
        _ kind: String, step: Int = 0, attempt: Int = 0, agent: String = "", instance: String = "",
        at: UInt64, took: UInt64 = 0, code: String = ""
    ) {
        request.events.append(
            StoredEvent(
                number: UInt64(request.events.count + 1), kind: kind, step: step, attempt: attempt,
                agent: agent, instance: instance, at: at, took: took, code: code))
    }
}

extension StoredMessage {
    /// The message without the buffer its content came in: a small frame may lie in a much larger
    /// one.
    fileprivate var compact: StoredMessage {
        guard content.count < 8192 else { return self }
        return StoredMessage(envelope: envelope, content: ContentBytes(content.array))
    }
}

extension StateCommand.Effect {
    /// What tells an effect from the others of its request.
    var name: String { "\(step) \(call)" }
}

/// Keys in the order in which they came, taken from the front.
struct KeyQueue {
    private var keys: [RecordKey] = []
    private var head = 0

    var count: Int { keys.count - head }
    var first: RecordKey? { head < keys.count ? keys[head] : nil }
    var latestFirst: [RecordKey] { keys[head...].reversed() }

    mutating func append(_ key: RecordKey) { keys.append(key) }

    mutating func removeFirst() {
        head += 1
        guard head > 64, head * 2 > keys.count else { return }
        keys.removeFirst(head)
        head = 0
    }
}
