import Telemetry
import Wire

/// What a recording tells of one request: how it began, the tasks that were given away for it with
/// the workers' words about each, and how it ended.
///
/// Pure. It is of one orchestrator: the one the request was asked of.
struct RecordedStory: Sendable {
    /// One task, and what its worker said of it.
    struct Attempt: Sendable {
        /// Nothing where only the answers were recorded.
        var task: RecordedMessage?
        var step: UInt32
        var number: UInt32
        /// The instance that had it, as `agent#instance`.
        var instance: String
        var words: [RecordedMessage] = []
        /// Whether its worker was told to stop.
        var isCancelled = false

        /// The last word: the task is over with it.
        var answer: RecordedMessage? {
            words.last { [.result, .fail, .nack].contains($0.type) }
        }

        var took: Duration? {
            guard let task, let answer else { return nil }
            return answer.after(task)
        }
    }

    let id: String
    let orchestrator: String
    let beginning: RecordedMessage
    private(set) var attempts: [Attempt] = []
    /// What its caller was told before the end, and the end.
    private(set) var partials: [RecordedMessage] = []
    private(set) var end: RecordedMessage?
    private(set) var cancel: RecordedMessage?
    /// What is left out or cannot be known, in sentences for people.
    private(set) var notes: [String] = []

    /// - Parameter events: those of this request, in the order of the recording.
    init(_ id: String, _ events: [RecordedEvent], path: String) throws(Fault) {
        var messages: [(orchestrator: String, message: RecordedMessage)] = []
        var seen: Set<UInt64> = []
        for event in events {
            guard let message = RecordedMessage(event.event),
                message.type != .span, message.type != .tally
            else { continue }
            messages.append((event.orchestrator, message))
        }
        let start = messages.first { Self.isBeginning($0.message) }
        guard let start else { throw Self.withoutBeginning(id, path) }
        self.id = id
        orchestrator = start.orchestrator
        beginning = start.message
        var isRepeated = false
        for (place, message) in messages where place == orchestrator {
            // The same event may have been recorded under several topics.
            guard seen.insert(message.mark.number).inserted else { continue }
            if Self.isBeginning(message), message.mark.number != beginning.mark.number {
                isRepeated = true
                if end != nil { break }
            }
            take(message)
        }
        if isRepeated {
            notes.append("It was asked for again under the same id; once is replayed.")
        }
        dropUnneeded()
    }

    /// The agents that the request names, in their order; none for all of them.
    var named: [String] {
        let headers = beginning.envelope.headers
        if let list = headers["pipeline"] ?? headers["agents"] {
            return list.split(separator: ",").map(String.init)
        }
        let receiver = beginning.envelope.receiver
        return receiver.isEmpty || receiver == "*" ? [] : [receiver]
    }

    /// Whether several work at once and what they answer is gathered.
    var gathers: Bool {
        beginning.type == .broadcast && (beginning.envelope.headers["agents"] != nil || isCalled)
    }

    /// Whether each instance by itself is asked.
    private var isCalled: Bool { beginning.envelope.headers["broadcast"] != nil }

    var isFanOut: Bool { beginning.envelope.headers["agents"] != nil }

    // MARK: - Steps

    private static func isBeginning(_ message: RecordedMessage) -> Bool {
        guard !message.hasLeft else { return false }
        return [.request, .notification, .pipeline, .broadcast].contains(message.type)
    }

    private mutating func take(_ message: RecordedMessage) {
        let envelope = message.envelope
        switch (message.type, message.hasLeft) {
        case (.task, true):
            attempts.append(
                Attempt(
                    task: message, step: envelope.step, number: envelope.attempt,
                    instance: envelope.receiver))
        case (.accept, false), (.progress, false), (.partial, false), (.result, false),
            (.fail, false), (.nack, false):
            word(message)
        case (.cancel, true), (.abort, true):
            if let place = attempt(envelope) { attempts[place].isCancelled = true }
        case (.cancel, false): cancel = cancel ?? message
        case (.partial, true): partials.append(message)
        case (.response, true), (.error, true):
            // A worker may be told of an error about its task; that ends nothing.
            let isForWorker = envelope.receiver.contains("#")
            if !isForWorker || envelope.receiver == beginning.envelope.sender {
                end = end ?? message
            }
        default: break
        }
    }

    private func attempt(_ envelope: Envelope) -> Int? {
        attempts.lastIndex {
            guard let task = $0.task else {
                return $0.step == envelope.step && $0.number == envelope.attempt
            }
            return task.envelope.dispatch == envelope.dispatch
        }
    }

    private mutating func word(_ message: RecordedMessage) {
        let envelope = message.envelope
        if let place = attempt(envelope) {
            // Whoever was told to stop is not listened to any more.
            let isOver = attempts[place].isCancelled || attempts[place].answer != nil
            if !isOver { attempts[place].words.append(message) }
            return
        }
        // What is not about any step is not about a task.
        guard envelope.step > 0 else { return }
        notes.append(
            "The TASK of step \(envelope.step), attempt \(envelope.attempt) is not in the "
                + "recording: what it was given is not compared.")
        attempts.append(
            Attempt(
                step: envelope.step, number: envelope.attempt, instance: envelope.sender,
                words: [message]))
    }

    /// An attempt that did not count: its worker was lost, or a copy of it was faster.
    private mutating func dropUnneeded() {
        var kept: [Attempt] = []
        for (place, attempt) in attempts.enumerated() {
            guard let reason = whyUnneeded(attempt, attempts[(place + 1)...]) else {
                kept.append(attempt)
                continue
            }
            notes.append(
                "Attempt \(attempt.number) of step \(attempt.step) on \(attempt.instance)"
                    + " \(reason) and is left out.")
        }
        attempts = kept
    }

    private func whyUnneeded(_ attempt: Attempt, _ later: ArraySlice<Attempt>) -> String? {
        let next = later.first { $0.step == attempt.step }
        guard let answer = attempt.answer else {
            let isAnswered = attempts.contains { $0.step == attempt.step && $0.answer != nil }
            guard next != nil || isAnswered else { return nil }
            return attempt.isCancelled ? "was called off" : "was never answered"
        }
        // It failed while a copy of it was under way already.
        guard answer.type == .fail, let copy = next?.task?.mark.number,
            copy < answer.mark.number
        else { return nil }
        return "failed while a copy of it ran"
    }

    private static func withoutBeginning(_ id: String, _ path: String) -> Fault {
        Fault(
            Exit.noInput,
            "the beginning of request \(id) is not in the recording; it was recorded too late, or "
                + "lost.", at: path)
    }
}
