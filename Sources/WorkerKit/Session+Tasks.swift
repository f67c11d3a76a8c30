import Bus
import Document
import Reactor
import Telemetry
import Wire

/// Doing tasks: taking or refusing them, running their handlers, answering, and watching over those that do not end.
extension Session {
    /// A task arrived.
    func task(_ message: borrowing EnvelopeView, _ content: any Content, _ link: LinkID) {
        guard let desk else {
            return refuse(message, link, .unsupported, "this process is no worker")
        }
        let receiver = message[.receiver]
        guard let agent = desk.agents[receiver] ?? desk.agent(addressed: receiver) else {
            return refuse(message, link, .unsupported, "this worker has no agent \(receiver)")
        }
        let budget = message.budget == 0 ? 900_000 : Int64(clamping: message.budget)
        let context = TaskContext(
            message, agent: agent.name, effect: agent.effect, link: link,
            deadline: loop.now.advanced(by: .milliseconds(budget)), session: self)
        let content = RawContent(content, contentType: message[.contentType])
        if context.delivery == .durable {
            guard admit(context, message) else { return }
        } else if desk.tasks.count >= desk.credit, !isDirect(agent) || desk.isDraining {
            return refuse(message, link, .busy, "\(desk.tasks.count) tasks run here already")
        }
        run(agent, content, context)
    }

    private func isDirect(_ agent: Agent) -> Bool {
        if case .direct = agent.handler { true } else { false }
    }

    /// Whether a durable task is to be run; one that is known, old or too much is answered here.
    private func admit(_ context: TaskContext, _ message: borrowing EnvelopeView) -> Bool {
        guard let desk else { return false }
        let fence = (try? Fence(context.fence)) ?? Fence(0)
        switch desk.tasks.verdict(context.stepKey, attempt: context.attempt, fence: fence) {
        case .stale:
            refuse(message, context.link, .stale, "a newer attempt of this step is known here")
            return false
        case .runsAlready:
            accept(context)
            return false
        case .isDone:
            repeatResult(of: context)
            return false
        case .supersede(let old): cancelTask(old)
        case .start: break
        }
        guard desk.tasks.count < desk.credit else {
            refuse(message, context.link, .busy, "\(desk.tasks.count) tasks run here already")
            return false
        }
        self.desk?.tasks.note(
            context.stepKey, attempt: context.attempt, fence: fence, running: context.key)
        accept(context)
        return true
    }

    // MARK: - Running

    private func run(_ agent: Agent, _ content: RawContent, _ context: TaskContext) {
        switch agent.handler {
        case .direct(let handler): runDirect(handler, content, context)
        case .task(let handler): start(handler, content, context)
        case .blocking(let handler):
            guard let pool = desk?.pool else { return }
            let run: Agent.Asynchronous = { content, context in
                try await pool.run {
                    try context.checkCancellation()
                    return try handler(content, context)
                }
            }
            start(run, content, context)
        }
    }

    private func start(
        _ handler: @escaping Agent.Asynchronous, _ content: RawContent, _ context: TaskContext
    ) {
        begin(context)
        desk?.tasks[context.key]?.job = Task(executorPreference: loop) { [self] in
            await perform(handler, content, context)
        }
    }

    private func perform(
        _ handler: Agent.Asynchronous, _ content: RawContent, _ context: TaskContext
    ) async {
        do {
            try context.checkCancellation()
            finish(context, .success(try await handler(content, context)))
        } catch {
            finish(context, .failure(error))
        }
    }

    private func runDirect(
        _ handler: Agent.Direct, _ content: RawContent, _ context: TaskContext
    ) {
        let isDurable = context.delivery == .durable
        if isDurable {
            begin(context)
        } else if let loopGuard {
            lookSooner(context.deadline)
            loopGuard.expect(by: context.deadline + guardPatience)
        }
        do {
            let result = try handler(content, context)
            if isDurable { finish(context, .success(result)) } else { answer(context, result) }
        } catch {
            if isDurable { finish(context, .failure(error)) } else { fail(context, error) }
        }
    }

    private func begin(_ context: TaskContext) {
        desk?.tasks[context.key] = TaskTable.Running(context: context)
        lookSooner(context.deadline)
        loopGuard?.expect(by: context.deadline + guardPatience)
    }

    private func finish(_ context: TaskContext, _ result: Result<RawContent, any Error>) {
        guard desk?.tasks.end(context.key) == true else { return }
        switch result {
        case .success(let content): answer(context, content)
        case .failure(let error): fail(context, error)
        }
        endIfDrained()
    }

    // MARK: - Answering

    private func answer(_ context: TaskContext, _ result: RawContent) {
        guard result.count <= WireLimits.content else {
            return fail(
                context,
                TaskFailure(
                    code: WireCode.tooLarge.rawValue,
                    message:
                        "\(context.agent) answered \(result.count) bytes; at most \(WireLimits.content) are sent"
                ))
        }
        let running = UInt32(clamping: desk?.running ?? 0)
        deliver(context, result.content) { writer in
            context.begin(.result, &writer)
            if running > 0 { writer.running(running) }
            if !result.contentType.isEmpty { writer.text(.contentType, result.contentType) }
        }
    }

    private func fail(_ context: TaskContext, _ error: any Error) {
        var error = WireError(thrown: error)
        if error.code == WireCode.cancelled.rawValue, context.remaining == .zero {
            error = WireError(code: WireCode.deadline.rawValue, message: "its time ran out")
        }
        let running = UInt32(clamping: desk?.running ?? 0)
        deliver(context, ContentBytes.empty) { writer in
            context.begin(.fail, &writer)
            if running > 0 { writer.running(running) }
            writer.error(error)
        }
    }

    /// Sends an answer at once; that of a durable task is kept until it is acknowledged.
    private func deliver(
        _ context: TaskContext, _ content: any Content, _ write: (inout EnvelopeWriter) -> Void
    ) {
        if context.delivery == .durable {
            keep(context, content, write)
            if context.effect == .unsafe, outboxFile != nil {
                Task(executorPreference: loop) { [self] in await sendWhenSynced(context) }
                return
            }
        }
        guard bus?.isLive(context.link) == true else { return }
        _ = send(content, to: context.link, tiedBy: "r\(context.dispatch)", write)
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

    /// The result of an unsafe task is not told before it is on the disk.
    private func sendWhenSynced(_ context: TaskContext) async {
        await outboxFile?.sync()
        guard bus?.isLive(context.link) == true,
            let entry = desk?.outbox[ResultOutbox.Key(context)]
        else { return }
        resend(entry, to: context.link)
    }

    /// A piece of news about a task that still runs.
    func sendNews(
        _ type: MessageType, _ content: any Content, sequence: UInt64, of context: TaskContext
    ) {
        guard bus?.isLive(context.link) == true else { return }
        _ = send(content, to: context.link, tiedBy: "p\(context.dispatch).\(sequence)") { writer in
            context.begin(type, &writer)
            if sequence > 0 { writer.sequence(sequence) }
        }
    }

    private func accept(_ context: TaskContext) {
        let running = UInt32(clamping: desk?.running ?? 0)
        _ = bus?.send(to: context.link) { writer in
            context.begin(.accept, &writer)
            if running > 0 { writer.running(running) }
        }
    }

    private func refuse(
        _ message: borrowing EnvelopeView, _ link: LinkID, _ code: WireCode, _ reason: String
    ) {
        let context = TaskContext(
            message, agent: "", effect: .pure, link: link, deadline: loop.now, session: self)
        let error = WireError(code: code.rawValue, message: reason, retryable: code == .busy)
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

    private func forget(_ key: ResultOutbox.Key) {
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

    private func repeatResult(of context: TaskContext) {
        let stored = desk?.outbox.result(
            request: context.requestID, step: context.step, attempt: context.attempt)
        if let stored { resend(stored, to: context.link) }
    }

    private func resend(_ entry: ResultOutbox.Entry, to link: LinkID) {
        _ = send(entry.content, to: link, tiedBy: "r\(entry.key.dispatch)") { writer in
            writer.forward(entry.envelope)
        }
    }

    private func sayCredit() {
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
        for verdict in verdicts where verdict.verdict == .abort {
            cancelTask(TaskTable.Key(link: link, dispatch: verdict.dispatch))
            forget(
                ResultOutbox.Key(
                    request: verdict.request, step: verdict.step, attempt: verdict.attempt,
                    dispatch: verdict.dispatch))
        }
        desk?.outbox.hurry(link, at: loop.now)
        if desk?.isDraining == true {
            _ = bus?.send(to: link) { $0.begin(.drain) }
        } else if desk?.outbox.isFull == true {
            sayCredit()
        }
        lookSooner(loop.now)
    }

    // MARK: - Ending

    func cancelTask(_ message: borrowing EnvelopeView, _ link: LinkID) {
        cancelTask(TaskTable.Key(link: link, dispatch: message.dispatch))
    }

    private func cancelTask(_ key: TaskTable.Key) {
        guard let desk, let task = desk.tasks[key], task.cancelled == nil else { return }
        self.desk?.tasks[key]?.cancelled = loop.now
        task.context.cancel()
        task.job?.cancel()
        lookSooner(loop.now + desk.rules.grace)
    }

    /// Time passed: late tasks are cancelled, a handler that does not end makes the process leave, results are resent.
    func tendTasks() {
        guard let desk else { return }
        for (key, task) in desk.tasks.running {
            switch Watchdog.decide(task, desk.rules.grace, at: loop.now) {
            case .wait: break
            case .cancel: cancelTask(key)
            case .leave: leave(task.context)
            }
        }
        guard let bus, let due = self.desk?.outbox.takeDue(at: loop.now) else { return }
        for entry in due {
            let link = desk.outbox.destination(
                of: entry, live: bus.liveLinks, any: bus.anyLink(), at: loop.now)
            if let link { resend(entry, to: link) }
        }
    }

    /// How long after its deadline a handler may still block the loop.
    private var guardPatience: Duration { (desk?.rules.grace ?? .zero) + .seconds(1) }

    /// Tells the guard by when tasks will be looked at again.
    func expectTasks() {
        guard let loopGuard else { return }
        let next = desk?.tasks.running.values.lazy.map(\.context.deadline).min()
        loopGuard.looked(next: max(loop.now, next ?? .distantFuture) + guardPatience)
    }

    private func leave(_ context: TaskContext) {
        plan.log.error(
            "a handler did not stop when it was told to: leaving",
            ["agent": .text(context.agent), "request": .text(context.requestID)])
        desk?.fail(
            Fault(
                WorkerCode.watchdog,
                "\(context.agent) did not stop \(desk?.rules.grace.milliseconds ?? 0) ms after it was told to"
            ))
    }

    /// Takes nothing new, and leaves when all that runs has been answered.
    func drain() {
        guard let bus, desk?.isDraining == false else { return }
        desk?.isDraining = true
        for link in bus.liveLinks { _ = bus.send(to: link) { $0.begin(.drain) } }
        endIfDrained()
    }

    private func endIfDrained() {
        guard let desk, desk.isDraining, desk.isIdle else { return }
        goodbye()
    }

    /// Says goodbye to all.
    func leaveBus() {
        guard let bus else { return }
        for link in bus.liveLinks { _ = bus.send(to: link) { $0.begin(.bye) } }
    }
}

extension TaskDesk {
    /// The agent of `agent#instance`.
    fileprivate func agent(addressed receiver: String) -> Agent? {
        guard let mark = receiver.firstIndex(of: "#") else { return nil }
        return agents[String(receiver[..<mark])]
    }
}

extension ResultOutbox.Entry {
    /// What the file keeps of it.
    fileprivate var record: OutboxRecords.Record {
        .result(tenant: tenant, envelope: envelope, content: content.array)
    }
}

extension ResultOutbox.Key {
    fileprivate init(_ task: TaskContext) {
        self.init(
            request: task.requestID, step: task.step, attempt: task.attempt,
            dispatch: task.dispatch)
    }
}

extension TaskContext {
    /// Begins a message about this task: every answer echoes what names it.
    fileprivate func begin(_ type: MessageType, _ writer: inout EnvelopeWriter) {
        writer.begin(type)
        writer.text(.requestID, requestID)
        writer.step(step)
        writer.attempt(attempt)
        if !fence.isEmpty { writer.text(.fence, fence) }
        writer.dispatch(dispatch)
    }
}
