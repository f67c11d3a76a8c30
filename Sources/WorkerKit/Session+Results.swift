import Bus
import Document
import Reactor
import Telemetry
import Wire

/// Answering tasks, and keeping the answers of durable ones until they are acknowledged.
extension Session {
    func answer(_ context: TaskContext, _ result: RawContent) {
        guard result.count <= WireLimits.content else {
            return fail(
                context,
                TaskFailure(
                    code: WireCode.tooLarge.rawValue,
                    message:
                        "the answer has \(result.count) bytes, more than \(WireLimits.content)"
                ))
        }
        logEnd(of: context, "ok")
        let running = UInt32(clamping: desk?.running ?? 0)
        deliver(context, result.content) { writer in
            context.begin(.result, &writer)
            if running > 0 { writer.running(running) }
            if !result.contentType.isEmpty { writer.text(.contentType, result.contentType) }
        }
    }

    func fail(_ context: TaskContext, _ error: any Error) {
        var error = WireError(thrown: error)
        if error.code == WireCode.cancelled.rawValue, context.remaining == .zero {
            error = WireError(code: WireCode.deadline.rawValue, message: "its time ran out")
        }
        logEnd(of: context, error.code)
        logFailure(of: context, error)
        guard !context.isBroadcast else { return broadcastFailed() }
        let running = UInt32(clamping: desk?.running ?? 0)
        deliver(context, ContentBytes.empty) { writer in
            context.begin(.fail, &writer)
            if running > 0 { writer.running(running) }
            writer.error(error)
        }
    }

    /// Sends an answer at once; that of a durable task is kept until it is acknowledged.
    func deliver(
        _ context: TaskContext, _ content: any Content, _ write: (inout EnvelopeWriter) -> Void
    ) {
        guard !context.isBroadcast else { return }
        if context.delivery == .durable {
            keep(context, content, write)
            if waitsForDisk(context) { return }
        }
        guard bus?.isLive(context.link) == true else { return hold(context, content, write) }
        _ = send(content, to: context.link, tiedBy: "r\(context.dispatch)", write)
    }

    private func hold(
        _ context: TaskContext, _ content: any Content, _ write: (inout EnvelopeWriter) -> Void
    ) {
        guard context.delivery == .volatile, !context.isBroadcast else { return }
        var writer = EnvelopeWriter()
        write(&writer)
        desk?.held.hold(
            HeldAnswers.Answer(context: context, envelope: writer.finish(), content: content))
    }

    /// The orchestrator still waits for the answer to a task that ended while its link was down.
    private func sendHeld(_ key: TaskTable.Key) {
        guard let answer = desk?.held.take(key) else { return }
        _ = send(answer.content, to: key.link, tiedBy: "r\(key.dispatch)") { writer in
            writer.forward(answer.envelope)
        }
    }

    private func keep(
        _ context: TaskContext, _ content: any Content, _ write: (inout EnvelopeWriter) -> Void
    ) {
        var writer = EnvelopeWriter()
        write(&writer)
        let key = ResultOutbox.Key(context)
        let wasFull = desk?.outbox.isFull ?? false
        desk?.outbox.add(
            key, tenant: context.tenant, link: context.link, envelope: writer.finish(), content,
            at: loop.now)
        if let entry = desk?.outbox[key] { outboxFile?.append(entry.record) }
        if !wasFull, desk?.outbox.isFull == true { sayCredit() }
        lookSooner(desk?.outbox.nextDue ?? .distantFuture)
    }

    /// A piece of news about a task that still runs.
    func sendNews(
        _ type: MessageType, _ content: any Content, sequence: UInt64, of context: TaskContext
    ) {
        guard !context.isBroadcast, bus?.isLive(context.link) == true else { return }
        if type == .progress, !maySpeak(of: context) { return }
        _ = send(content, to: context.link, tiedBy: "p\(context.dispatch).\(sequence)") { writer in
            context.begin(type, &writer)
            if sequence > 0 { writer.sequence(sequence) }
        }
    }

    /// An orchestrator takes a hundred signs of progress a second and cuts whoever sends more: what
    /// a handler reports more often is not sent.
    private func maySpeak(of context: TaskContext) -> Bool {
        guard let task = desk?.tasks[context.key], loop.now - task.progressed >= .milliseconds(20)
        else { return false }
        desk?.tasks[context.key]?.progressed = loop.now
        return true
    }

    func accept(_ context: TaskContext) {
        let running = UInt32(clamping: desk?.running ?? 0)
        _ = bus?.send(to: context.link) { writer in
            context.begin(.accept, &writer)
            if running > 0 { writer.running(running) }
        }
    }

    func refuse(
        _ message: borrowing EnvelopeView, _ link: LinkID, _ code: WireCode, _ reason: String
    ) {
        let context = TaskContext(
            message, agent: "", effect: .pure, link: link, deadline: loop.now, session: self)
        let error = WireError(code: code.rawValue, message: reason, retryable: code == .busy)
        logRefusal(of: context, error)
        let running = UInt32(clamping: desk?.running ?? 0)
        _ = bus?.send(to: link) { writer in
            context.begin(.nack, &writer)
            writer.running(running)
            writer.error(error)
        }
    }

    // MARK: - Results that wait

    func acknowledged(_ message: borrowing EnvelopeView) {
        forget(
            ResultOutbox.Key(
                request: message[.requestID], step: message.step, attempt: message.attempt,
                dispatch: message.dispatch))
    }

    func forget(_ key: ResultOutbox.Key) {
        let wasFull = desk?.outbox.isFull ?? false
        guard let entry = desk?.outbox.remove(key) else { return }
        clearFile(of: key)
        desk?.tasks.forget(
            TaskTable.StepKey(tenant: entry.tenant, request: key.request, step: key.step),
            attempt: key.attempt)
        if wasFull, desk?.outbox.isFull == false { sayCredit() }
        endIfDrained()
    }

    private func clearFile(of key: ResultOutbox.Key) {
        guard let outboxFile, let desk else { return }
        if desk.outbox.count == 0 {
            outboxFile.empty()
        } else if outboxFile.isOverlong {
            outboxFile.rewrite(desk.outbox.all.map(\.record))
        } else {
            outboxFile.append(.acknowledged(key))
        }
    }

    /// Takes over the results that an earlier process did not get acknowledged.
    func restore(_ results: [(ResultOutbox.Key, OutboxRecords.Record)]) {
        for case (let key, .result(let tenant, let envelope, let content)) in results {
            desk?.outbox.add(
                key, tenant: tenant, link: nil, envelope: envelope, ContentBytes(content),
                at: loop.now)
        }
        guard !results.isEmpty else { return }
        plan.log.info("results were kept from before", ["count": .integer(results.count)])
    }

    func repeatResult(of context: TaskContext) {
        let stored = desk?.outbox.result(
            request: context.requestID, step: context.step, attempt: context.attempt)
        if let stored { resend(stored, to: context.link) }
    }

    func resend(_ entry: ResultOutbox.Entry, to link: LinkID) {
        _ = send(entry.content, to: link, tiedBy: "r\(entry.key.dispatch)") { writer in
            writer.forward(entry.envelope)
        }
    }

    func sayCredit() {
        guard let desk, let bus else { return }
        for link in bus.liveLinks {
            _ = bus.send(to: link) { writer in
                writer.begin(.ready)
                writer.credit(UInt32(clamping: desk.credit))
            }
        }
    }

    /// A link is up: its orchestrator has said what becomes of the tasks that HELLO listed.
    func settleTasks(_ verdicts: [Welcome.Verdict], _ link: LinkID) {
        guard desk != nil else { return }
        desk?.outbox.found(link)
        for verdict in verdicts where verdict.verdict == .continue {
            let key = TaskTable.Key(link: link, dispatch: verdict.dispatch)
            if let task = desk?.tasks[key], task.onGo != nil { accept(task.context) }
            sendHeld(key)
        }
        desk?.held.forget(link)
        for verdict in verdicts where verdict.verdict == .abort {
            cancelTask(TaskTable.Key(link: link, dispatch: verdict.dispatch))
            forget(
                ResultOutbox.Key(
                    request: verdict.request, step: verdict.step, attempt: verdict.attempt,
                    dispatch: verdict.dispatch))
        }
        desk?.outbox.hurry(link, at: loop.now)
        desk?.effects.hurry(link, at: loop.now)
        if desk?.isDraining == true {
            _ = bus?.send(to: link) { $0.begin(.drain) }
        } else if desk?.outbox.isFull == true {
            sayCredit()
        }
        lookSooner(loop.now)
    }
}

extension ResultOutbox.Entry {
    /// What the file keeps of it.
    fileprivate var record: OutboxRecords.Record {
        .result(tenant: tenant, envelope: envelope, content: content.array)
    }
}

extension ResultOutbox.Key {
    init(_ task: TaskContext) {
        self.init(
            request: task.requestID, step: task.step, attempt: task.attempt,
            dispatch: task.dispatch)
    }
}

extension TaskContext {
    /// Begins a message about this task: every answer echoes what names it.
    func begin(_ type: MessageType, _ writer: inout EnvelopeWriter) {
        writer.begin(type)
        writer.text(.requestID, requestID)
        writer.step(step)
        writer.attempt(attempt)
        if !fence.isEmpty { writer.text(.fence, fence) }
        writer.dispatch(dispatch)
    }
}
