import Document
import Telemetry
import Wire

/// What an agent was once given and what it answered: something to ask a live one again.
struct RecordedInput: Sendable {
    /// What came of it then.
    enum Answer: Sendable {
        case result(RecordedMessage)
        case failure(WireError)
    }

    let request: String
    let step: UInt32
    let content: ContentView
    let headers: [String: String]
    let priority: UInt32
    let answer: Answer
    let took: Duration?

    /// One that cannot be asked again, and why.
    struct Skipped: Sendable {
        let request: String
        let step: UInt32
        let reason: String
    }

    /// The inputs of a request: of the steps that were for an agent of this name, or of one step.
    static func all(
        of story: RecordedStory, agent: String, step: UInt32?, includingUnsafe: Bool
    ) -> (inputs: [RecordedInput], skipped: [Skipped]) {
        var inputs: [RecordedInput] = []
        var skipped: [Skipped] = []
        let steps = Dictionary(grouping: story.attempts, by: \.step).sorted { $0.key < $1.key }
        for (number, attempts) in steps where step == nil || step == number {
            let own = attempts.filter { step != nil || $0.instance.agentName == agent }
            // Of several attempts the last is the one whose answer counted.
            guard let attempt = own.last else { continue }
            let refusal = reason(attempt, includingUnsafe: includingUnsafe)
            if let refusal {
                skipped.append(Skipped(request: story.id, step: number, reason: refusal))
            } else if let input = RecordedInput(story.id, attempt) {
                inputs.append(input)
            }
        }
        return (inputs, skipped)
    }

    private init?(_ request: String, _ attempt: RecordedStory.Attempt) {
        guard let task = attempt.task, let answer = attempt.answer else { return nil }
        self.request = request
        step = attempt.step
        content = ContentView(task.content, task.envelope.contentType)
        headers = task.envelope.headers.filter {
            !["pipeline", "agents", "broadcast"].contains($0.key)
        }
        priority = min(task.envelope.priority, UInt32(WireLimits.priority))
        took = attempt.took
        if answer.type == .result {
            self.answer = .result(answer)
        } else {
            let error = answer.envelope.error
            self.answer = .failure(error ?? WireError(code: "failed", message: ""))
        }
    }

    private static func reason(
        _ attempt: RecordedStory.Attempt, includingUnsafe: Bool
    ) -> String? {
        guard let task = attempt.task else { return "its TASK is not in the recording" }
        if task.isCut {
            return "its input was cut at \(task.content.count) of \(task.mark.length) bytes"
        }
        if task.envelope.effect == .unsafe, !includingUnsafe {
            return "its effect is unsafe; --unsafe repeats it"
        }
        return attempt.answer == nil ? "its answer is not in the recording" : nil
    }
}

/// A recorded input that was asked again, and what came of it.
struct RepeatedInput: Sendable {
    /// What the live agent said.
    enum Answer: Sendable {
        case success(ContentView)
        case failure(WireError)
    }

    let input: RecordedInput
    let took: Duration
    /// Everything that differs; nothing if it is the same.
    let differences: [ReplayDifference]

    init(
        _ input: RecordedInput, took: Duration, answer: Answer,
        ignoring: [ValuePath]
    ) {
        self.input = input
        self.took = took
        differences = Self.compare(input, answer, ignoring)
    }

    var isSame: Bool { differences.isEmpty }

    private static func compare(
        _ input: RecordedInput, _ answer: Answer, _ ignoring: [ValuePath]
    ) -> [ReplayDifference] {
        let difference = { (field: String, old: Value?, new: Value?) in
            [
                ReplayDifference(
                    step: input.step, message: "answer", field: field, recorded: old, now: new)
            ]
        }
        switch (input.answer, answer) {
        case (.failure(let old), .failure(let new)):
            guard old.code != new.code else { return [] }
            return difference("code", .string(old.code), .string(new.code))
        case (.failure(let old), .success(let new)):
            return difference("answer", .string("failed: \(old.code)"), new.value)
        case (.result(let old), .failure(let new)):
            let view = ContentView(old.content, old.envelope.contentType)
            return difference(
                "answer", view.value, .string("failed: \(new.code): \(new.message)"))
        case (.result(let old), .success(let new)):
            return contents(input, old, new, ignoring)
        }
    }

    private static func contents(
        _ input: RecordedInput, _ old: RecordedMessage, _ new: ContentView, _ ignoring: [ValuePath]
    ) -> [ReplayDifference] {
        let view = ContentView(old.content, old.envelope.contentType)
        guard !old.isCut, let then = view.json, let now = new.json else {
            let first = ReplayComparison(ignoring: ignoring).content(
                "answer", input.step, old, new.bytes, old.envelope.contentType)
            return first.map { [$0] } ?? []
        }
        return ValueDifference.all(then, now, ignoring: ignoring, most: 20).map {
            ReplayDifference(
                step: input.step, message: "answer", field: "content",
                path: $0.path.description, recorded: $0.recorded, now: $0.now)
        }
    }
}
