import Bus
import Document
import Orchestration
import Reactor
import Telemetry
import Wire

/// Runs a recorded request again through the conductor, with the recorded answers in place of the
/// workers, until something is not as recorded or the request has ended.
///
/// It needs no worker, model or tool, and no time: waits pass at once. Calls, notifications,
/// pipelines and what is gathered can be run again; whatever else a recording holds one day has its
/// place in `check`.
final class ReplayPlayer {
    struct Settings: Sendable {
        var ignoring: [ValuePath] = []
        /// Answers that take the place of recorded ones, by step.
        var planted: [UInt32: Value] = [:]
        /// The rules to run by; nothing: those that the recording shows.
        var configuration: Configuration?
    }

    private let story: RecordedStory
    private let settings: Settings
    private let stage: ReplayStage
    private let comparison: ReplayComparison
    /// What is still to come, by step.
    private var attempts: [UInt32: [RecordedStory.Attempt]]
    private var partials: [RecordedMessage]
    private var client = PeerID(index: 0, generation: 0)
    private var outcome = ReplayOutcome()
    private var isOver = false
    /// Contents of which only the beginning was recorded.
    private var cut: [String] = []

    init(_ story: RecordedStory, _ settings: Settings = Settings()) throws(Fault) {
        try Self.check(story, settings)
        self.story = story
        self.settings = settings
        let configuration =
            settings.configuration?.forReplay ?? ReplayCast.configuration(for: story)
        stage = ReplayStage(orchestrator: story.orchestrator, configuration: configuration)
        var ignoring = settings.ignoring
        // Which instance of an agent a fan-out reached is chance.
        if story.isFanOut, let path = try? ValuePath("results[*].instance") {
            ignoring.append(path)
        }
        comparison = ReplayComparison(
            ignoring: ignoring, comparesInstances: story.gathers && !story.isFanOut)
        attempts = Dictionary(grouping: story.attempts, by: \.step)
        partials = story.partials
        outcome.notes = story.notes
    }

    func run() throws(Fault) -> ReplayOutcome {
        for (index, role) in ReplayCast(story).roles.enumerated() {
            let worker = try stage.worker(
                "worker.\(index + 1)", agent: role.agent, instance: role.instance,
                effect: role.effect)
            if role.isAbsent { stage.leave(worker) }
        }
        client = stage.join(story.beginning.envelope.sender)
        noteCut(story.beginning, "the request")
        take(stage.deliver(request, story.beginning.content, from: client))
        planCancel()
        let limit = settings.configuration?.delays.longestDeadline ?? Delays().longestDeadline
        while !isOver {
            take(stage.advance())
            if !isOver, stage.isIdle { ended() }
            if !isOver, stage.elapsed > limit + .seconds(60) {
                obstruct("The request did not end within \(DurationText.spoken(limit)).")
            }
        }
        if !cut.isEmpty {
            outcome.notes.append(
                "Only the first 4,096 bytes were recorded, and are compared, of: "
                    + "\(cut.joined(separator: ", ")).")
        }
        return outcome
    }

    // MARK: - What can be replayed

    private static func check(_ story: RecordedStory, _ settings: Settings) throws(Fault) {
        let request = story.beginning
        if request.type == .broadcast, !story.gathers {
            throw cannot(story, "it is a broadcast that nobody answers; there are no steps.")
        }
        if request.envelope.receiver == "baton" {
            throw cannot(story, "it is a question to the orchestrator itself.")
        }
        if story.attempts.isEmpty, let end = story.end, end.type == .error {
            let reason = end.envelope.error.map { "\($0.message) (\($0.code))" } ?? "unknown"
            throw cannot(
                story,
                "it was refused before any agent was asked, for a reason outside the recording: "
                    + reason)
        }
        if story.attempts.isEmpty {
            throw cannot(
                story, "no task of it was recorded: its result was known, or its events were lost.")
        }
        let steps = Set(story.attempts.map(\.step))
        if let unknown = settings.planted.keys.sorted().first(where: { !steps.contains($0) }) {
            let known = steps.sorted().map(String.init).joined(separator: ", ")
            throw Fault(
                Exit.usage, "--set names step \(unknown); request \(story.id) has \(known).")
        }
    }

    private static func cannot(_ story: RecordedStory, _ reason: String) -> Fault {
        Fault(Exit.noInput, "request \(story.id) cannot be replayed: \(reason)")
    }

    // MARK: - Going in

    private var request: Envelope {
        var envelope = story.beginning.envelope
        // The task it was made in is not there.
        envelope.dispatch = 0
        envelope.parts = 0
        // What the tap filled in needs room that the caller's own envelope did not.
        envelope.sender = ""
        envelope.traceparent = ""
        envelope.tracestate = ""
        // A deadline is looked at now and then: an answer just behind it counted, too.
        let isAnswered = story.attempts.allSatisfy { $0.answer != nil }
        if isAnswered, envelope.budget > 0 { envelope.budget += 2 * 20 }
        if envelope.messageID.isEmpty { envelope.messageID = story.id }
        if envelope.requestID == envelope.messageID { envelope.requestID = "" }
        return envelope
    }

    private func planCancel() {
        guard let cancel = story.cancel else { return }
        var envelope = Envelope(.cancel)
        envelope.requestID = story.id
        envelope.messageID = cancel.envelope.messageID
        stage.plan(envelope, [], from: client, after: cancel.after(story.beginning))
    }

    private func noteCut(_ message: RecordedMessage, _ what: String) {
        guard message.isCut else { return }
        cut.append("\(what) (\(message.mark.length) bytes)")
    }

    // MARK: - Coming out

    private func take(_ sent: [ReplayStage.Sent]) {
        for message in sent where !isOver {
            switch message.envelope.type {
            case .task: task(message)
            case .partial where message.peer == client: partial(message)
            case .response where message.peer == client: end(message)
            case .error where message.peer == client: end(message)
            default: break
            }
        }
    }

    private func task(_ sent: ReplayStage.Sent) {
        let step = sent.envelope.step
        let agent = sent.envelope.receiver.agentName
        guard let attempt = attempts[step]?.first else { return unexpected(sent) }
        attempts[step]?.removeFirst()
        let difference = attempt.task.flatMap {
            comparison.task($0, sent.envelope, sent.content)
        }
        if let task = attempt.task { noteCut(task, "the input of step \(step)") }
        let planted = settings.planted[step].map { JSON.write($0) }
        let answer = attempt.answer
        var line = ReplayStep(
            step: step, attempt: sent.envelope.attempt, agent: agent,
            input: ContentView(sent.content, sent.envelope.contentType),
            answer: planted.map { ContentView($0, "") }
                ?? answer.map { ContentView($0.content, $0.envelope.contentType) },
            failure: planted == nil ? answer?.envelope.error?.code : nil, took: attempt.took)
        line.isPlanted = planted != nil
        line.isSame = difference == nil
        outcome.steps.append(line)
        if let difference { return differ(difference) }
        answerTask(sent, attempt, planted)
    }

    /// Lets the worker say what it said then, as long after the task as then.
    private func answerTask(
        _ sent: ReplayStage.Sent, _ attempt: RecordedStory.Attempt, _ planted: [UInt8]?
    ) {
        for word in attempt.words {
            let isAnswer = word.mark.number == attempt.answer?.mark.number
            var envelope = Envelope(isAnswer && planted != nil ? .result : word.type)
            envelope.requestID = story.id
            envelope.step = sent.envelope.step
            envelope.attempt = sent.envelope.attempt
            envelope.fence = sent.envelope.fence
            envelope.dispatch = sent.envelope.dispatch
            envelope.sequence = word.envelope.sequence
            envelope.running = word.envelope.running
            if !isAnswer || planted == nil {
                envelope.contentType = word.envelope.contentType
                envelope.error = word.envelope.error
            }
            let content = isAnswer ? planted ?? word.content : word.content
            if isAnswer, planted == nil { noteCut(word, "the answer of step \(attempt.step)") }
            let delay = attempt.task.map { word.after($0) } ?? .milliseconds(1)
            stage.plan(envelope, content, from: sent.peer, after: delay)
        }
        guard attempt.answer == nil else { return }
        let code = story.end?.envelope.error?.code
        if code == WireCode.lost.rawValue {
            stage.planLeave(of: sent.peer, after: .milliseconds(1))
        } else if code != WireCode.deadline.rawValue, story.cancel == nil, !story.gathers {
            obstruct(
                "The answer to step \(attempt.step), attempt \(attempt.number) is not in the "
                    + "recording: nothing beyond it can be replayed.")
        }
    }

    private func partial(_ sent: ReplayStage.Sent) {
        guard !partials.isEmpty else { return }
        let recorded = partials.removeFirst()
        let difference = comparison.content(
            "PARTIAL", recorded.envelope.step, recorded, sent.content, sent.envelope.contentType)
        if let difference { differ(difference) }
    }

    private func end(_ sent: ReplayStage.Sent) {
        isOver = true
        outcome.end = ContentView(sent.content, sent.envelope.contentType)
        outcome.failure = sent.envelope.error?.code
        guard let recorded = story.end else {
            outcome.notes.append("The end of the request is not in the recording.")
            return
        }
        // The answer is written from all answers, so the beginning of one changes what follows it.
        if !cut.isEmpty, story.gathers, recorded.type == sent.envelope.type {
            outcome.notes.append("The gathered answer is not compared: it is made of cut contents.")
            return
        }
        noteCut(recorded, "the end")
        if let difference = skipped(sent) ?? comparison.end(recorded, sent.envelope, sent.content) {
            differ(difference)
        }
    }

    /// A notification has no answer; it is over when nothing is in hand any more.
    private func ended() {
        isOver = true
        guard story.beginning.type == .notification else {
            return obstruct("The request ended without an answer to its caller.")
        }
        if let difference = skipped(nil) { differ(difference) }
    }

    // MARK: - What is not as recorded

    /// The conductor gives away a task that was not recorded.
    private func unexpected(_ sent: ReplayStage.Sent) {
        let step = sent.envelope.step
        let agent = sent.envelope.receiver.agentName
        let wasRecorded = story.attempts.contains { $0.step == step }
        if story.end == nil, story.beginning.type != .notification {
            return obstruct("The recording ends before step \(step), for \(agent), was given away.")
        }
        if !wasRecorded, story.end?.type == .response {
            return obstruct(
                "Step \(step), for \(agent), is not in the recording although the request was "
                    + "answered: its events were lost.")
        }
        differ(
            ReplayDifference(
                step: step, message: "TASK", field: "message_type",
                recorded: story.end.map { .string($0.type.name) },
                now: .string("TASK for \(agent)")))
    }

    /// A task that was recorded and has not been given away when the request ends.
    private func skipped(_ sent: ReplayStage.Sent?) -> ReplayDifference? {
        let left = attempts.sorted { $0.key < $1.key }.compactMap(\.value.first).first
        guard let left, let task = left.task else { return nil }
        let end = sent.map { message -> Value in
            let code = message.envelope.error.map { " (\($0.code): \($0.message))" } ?? ""
            return .string(message.envelope.type.name + code)
        }
        return ReplayDifference(
            step: left.step, message: "TASK", field: "message_type",
            recorded: .string("TASK for \(task.envelope.receiver.agentName)"), now: end)
    }

    private func differ(_ difference: ReplayDifference) {
        outcome.difference = difference
        isOver = true
    }

    private func obstruct(_ reason: String) {
        outcome.obstacle = reason
        isOver = true
    }
}
