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
        deliver(context, ContentBytes.empty, isMoot: context.charge.isUnwanted) { writer in
            context.begin(.fail, &writer)
            if running > 0 { writer.running(running) }
            writer.error(error)
        }
    }

    /// Sends an answer at once; that of a durable task is kept until it is acknowledged.
    ///
    /// - Parameter isMoot: whether it only tells its orchestrator that it had its will.
    func deliver(
        _ context: TaskContext, _ content: any Content, isMoot: Bool = false,
        _ write: (inout EnvelopeWriter) -> Void
    ) {
        guard !context.isBroadcast else { return }
        let home = context.home.flatMap { bus?.isLive($0.link) == true ? $0 : nil }
        if context.delivery == .durable {
            if isMoot, home == nil { return tasksForget(context) }
            keep(context, content, isMoot: isMoot, write)
            if waitsForDisk(context) { return }
            if home == nil { return relay(ResultOutbox.Key(context)) }
        }
        guard let home else { return hold(context, content, write) }
        _ = send(content, to: home.link, tiedBy: "r\(home.dispatch)", write)
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
    private func sendHeld(_ home: TaskHome) {
        guard let answer = desk?.held.take(home) else { return }
        _ = send(answer.content, to: home.link, tiedBy: "r\(home.dispatch)") { writer in
            writer.forward(answer.envelope)
        }
    }

    private func keep(
        _ context: TaskContext, _ content: any Content, isMoot: Bool,
        _ write: (inout EnvelopeWriter) -> Void
    ) {
        var writer = EnvelopeWriter()
        write(&writer)
        let charge = context.charge
        var entry = ResultOutbox.Entry(
            ResultOutbox.Key(context), agent: context.agent, home: charge.home,
            fence: charge.fence, envelope: writer.finish(), content)
        entry.isMoot = isMoot
        let wasFull = desk?.outbox.isFull ?? false
        desk?.outbox.add(entry, at: loop.now)
        outboxFile?.append(entry.record)
        if !wasFull, desk?.outbox.isFull == true { sayCredit() }
        lookSooner(desk?.outbox.nextDue ?? .distantFuture)
    }

    /// A piece of news about a task that still runs.
    func sendNews(
        _ type: MessageType, _ content: any Content, sequence: UInt64, of context: TaskContext
    ) {
        guard !context.isBroadcast, let home = context.home, bus?.isLive(home.link) == true
        else { return }
        if type == .progress, !maySpeak(of: context) { return }
        _ = send(content, to: home.link, tiedBy: "p\(home.dispatch).\(sequence)") { writer in
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
        guard let link = context.home?.link else { return }
        let running = UInt32(clamping: desk?.running ?? 0)
        _ = bus?.send(to: link) { writer in
            context.begin(.accept, &writer)
            if running > 0 { writer.running(running) }
        }
    }

    func refuse(
        _ message: borrowing EnvelopeView, _ link: LinkID, _ code: WireCode, _ reason: String
    ) {
        let context = TaskContext(
            message, agent: "", effect: .pure, key: TaskTable.Key(number: 0), link: link,
            deadline: loop.now, session: self)
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

    /// RESULT_ACK: of whoever the task is done for, or of another one that keeps the result.
    func acknowledged(_ message: borrowing EnvelopeView, _ link: LinkID) {
        let key = ResultOutbox.Key(
            tenant: message[.tenant], request: message[.requestID], step: message.step,
            attempt: message.attempt)
        if message.dispatch == 0 { return forget(key) }
        guard let meant = meantResult(message, link) else { return }
        forget(meant)
    }

    /// The result that an orchestrator means by its own number; nil if it is another one's by now.
    func meantResult(_ message: borrowing EnvelopeView, _ link: LinkID) -> ResultOutbox.Key? {
        let home = TaskHome(link: link, dispatch: message.dispatch)
        guard let key = desk?.outbox.key(at: home), key.request == message[.requestID],
            key.step == message.step, key.attempt == message.attempt
        else { return nil }
        return key
    }

    func forget(_ key: ResultOutbox.Key) {
        let wasFull = desk?.outbox.isFull ?? false
        guard desk?.outbox.remove(key) != nil else { return }
        clearFile(of: key)
        desk?.tasks.forget(key.stepKey, attempt: key.attempt)
        if wasFull, desk?.outbox.isFull == false { sayCredit() }
        endIfDrained()
    }

    private func tasksForget(_ context: TaskContext) {
        desk?.tasks.forget(context.stepKey, attempt: context.attempt)
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
        for case (let key, .result(_, let envelope, let content)) in results {
            let kept = try? Envelope(decoding: envelope)
            let entry = ResultOutbox.Entry(
                key, agent: agent(of: kept), home: nil, fence: kept?.fence ?? "",
                envelope: envelope, ContentBytes(content))
            desk?.outbox.add(entry, at: loop.now)
        }
        guard !results.isEmpty else { return }
        plan.log.info("results were kept from before", ["count": .integer(results.count)])
    }

    /// Older files do not name the agent; any of this worker's may speak for it.
    private func agent(of kept: Envelope?) -> String {
        if let sender = kept?.sender, !sender.isEmpty { return sender }
        return desk?.firstAgent ?? ""
    }

    func repeatResult(of context: TaskContext) {
        guard let link = context.home?.link else { return }
        if let stored = desk?.outbox[ResultOutbox.Key(context)] { resend(stored, to: link) }
    }

    /// Sends a result where it belongs, or to somebody who can be reached.
    func relay(_ key: ResultOutbox.Key) {
        guard let desk, let bus,
            let link = desk.outbox.destination(of: key, live: bus.liveLinks),
            let entry = desk.outbox[key]
        else { return }
        resend(entry, to: link)
    }

    /// Sends a result again: home as it belongs there by now, elsewhere without the number that
    /// only its home knows.
    func resend(_ entry: ResultOutbox.Entry, to link: LinkID) {
        _ = send(entry.content, to: link, tiedBy: "r\(entry.number)") { writer in
            writer.forward(entry.envelope)
            if !entry.fence.isEmpty { writer.text(.fence, entry.fence) }
            if let home = entry.home, home.link == link { return writer.dispatch(home.dispatch) }
            writer.dispatch(0)
            writer.text(.tenant, entry.key.tenant)
            writer.text(.sender, entry.agent)
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
        guard let desk, let bus else { return }
        for verdict in verdicts where verdict.verdict == .continue {
            let home = TaskHome(link: link, dispatch: verdict.dispatch)
            let task = desk.tasks.key(at: home).flatMap { desk.tasks[$0] }
            if let task, task.onGo != nil { accept(task.context) }
            sendHeld(home)
        }
        desk.held.forget(link)
        for verdict in verdicts where verdict.verdict == .abort {
            let home = TaskHome(link: link, dispatch: verdict.dispatch)
            if let key = desk.tasks.key(at: home) { cancelUnwanted(key) }
            if let key = desk.outbox.key(at: home) { forget(key) }
        }
        desk.outbox.found(link, live: bus.liveLinks, at: loop.now)
        desk.effects.hurry(link, at: loop.now)
        if desk.isDraining {
            _ = bus.send(to: link) { $0.begin(.drain) }
        } else if desk.credit == 0 {
            sayCredit()
        }
        lookSooner(loop.now)
    }
}

extension ResultOutbox.Entry {
    /// What the file keeps of it: its sender is the agent, whom others are told.
    fileprivate var record: OutboxRecords.Record {
        var writer = EnvelopeWriter()
        writer.forward(envelope)
        if !fence.isEmpty { writer.text(.fence, fence) }
        writer.text(.sender, agent)
        return .result(tenant: key.tenant, envelope: writer.finish(), content: content.array)
    }
}

extension TaskContext {
    /// Begins a message about this task: every answer echoes what names it.
    func begin(_ type: MessageType, _ writer: inout EnvelopeWriter) {
        writer.begin(type)
        writer.text(.requestID, requestID)
        writer.step(step)
        writer.attempt(attempt)
        let charge = charge
        if !charge.fence.isEmpty { writer.text(.fence, charge.fence) }
        if let home = charge.home { writer.dispatch(home.dispatch) }
    }
}
