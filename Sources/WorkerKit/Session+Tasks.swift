import Bus
import Document
import Reactor
import Telemetry
import Wire

/// Doing tasks: taking or refusing them, running their handlers, answering, and watching over those
/// that do not end.
extension Session {
    /// A task arrived.
    func task(_ message: borrowing EnvelopeView, _ content: any Content, _ link: LinkID) {
        guard let desk else {
            return refuse(message, link, .unsupported, "this process is no worker")
        }
        let receiver = message[.receiver]
        guard let agent = desk.offer(addressed: receiver) else {
            return refuse(message, link, .unsupported, "this worker has no agent \(receiver)")
        }
        let budget = message.budget == 0 ? 900_000 : Int64(clamping: message.budget)
        let context = TaskContext(
            message, agent: agent.name, effect: agent.effect, key: desk.nextKey(), link: link,
            deadline: loop.now.advanced(by: .milliseconds(budget)), session: self)
        let content = RawContent(content, contentType: message[.contentType])
        if context.delivery == .durable {
            guard admit(context, message, link) else { return }
        } else if desk.tasks.count >= desk.credit, !agent.isDirect || desk.isDraining {
            return refuse(message, link, .busy, "\(desk.tasks.count) tasks run here already")
        }
        if context.effect == .unsafe, context.delivery == .durable {
            begin(context)
            desk.tasks[context.key]?.onGo = { [self] in run(agent, content, context) }
        } else {
            run(agent, content, context)
        }
    }

    /// GO: the orchestrator has recorded that an unsafe task begins.
    func go(_ message: borrowing EnvelopeView, _ link: LinkID) {
        let home = TaskHome(link: link, dispatch: message.dispatch)
        guard let key = desk?.tasks.key(at: home) else { return }
        desk?.tasks[key]?.onGo.take()?()
    }

    /// Whether a durable task is to be run; one that is known, old or too much is answered here.
    private func admit(
        _ context: TaskContext, _ message: borrowing EnvelopeView, _ link: LinkID
    ) -> Bool {
        guard let desk else { return false }
        let fence = (try? Fence(context.charge.fence)) ?? Fence(0)
        switch desk.tasks.verdict(context.stepKey, attempt: context.attempt, fence: fence) {
        case .stale:
            refuse(message, link, .stale, "a newer attempt of this step is known here")
            return false
        case .runsAlready:
            accept(context)
            return false
        case .isDone:
            repeatResult(of: context)
            return false
        case .supersede(let old): cancelUnwanted(old)
        case .start: break
        }
        guard desk.tasks.count < desk.credit else {
            refuse(message, link, .busy, "\(desk.tasks.count) tasks run here already")
            return false
        }
        desk.tasks.note(
            context.stepKey, attempt: context.attempt, fence: fence, running: context.key)
        accept(context)
        return true
    }

    // MARK: - Running

    func run(_ agent: TaskDesk.Offer, _ content: RawContent, _ context: TaskContext) {
        logBegin(of: context)
        switch agent.handler {
        case .direct(let handler) where waitsForDisk(context):
            start({ try handler($0, $1) }, content, context)
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
        if waitsForDisk(context) { await sendWhenSynced(context) }
    }

    /// Whether the answer may be told only once it is on the disk.
    func waitsForDisk(_ context: TaskContext) -> Bool {
        outboxFile != nil && context.effect == .unsafe && context.delivery == .durable
    }

    private func sendWhenSynced(_ context: TaskContext) async {
        await outboxFile?.sync()
        relay(ResultOutbox.Key(context))
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
        desk?.tasks.begin(context)
        lookSooner(context.deadline)
        loopGuard?.expect(by: context.deadline + guardPatience)
    }

    func finish(_ context: TaskContext, _ result: Result<RawContent, any Error>) {
        guard desk?.tasks.end(context.key) == true else { return }
        if context.hasCalls { cancelCalls(of: context.key) }
        stopEffects(of: context.key)
        switch result {
        case .success(let content): answer(context, content)
        case .failure(let error): fail(context, error)
        }
        endIfDrained()
    }
}

extension TaskDesk {
    /// The agent of `agent#instance`. Orchestrators call an instance by one name for life, so an
    /// address that was read once is only looked up.
    fileprivate func offer(addressed receiver: String) -> Offer? {
        if let offer = offers[receiver] { return offer }
        guard let mark = receiver.firstIndex(of: "#"),
            let offer = offers[String(receiver[..<mark])]
        else { return nil }
        if offers.count < Self.addressLimit { offers[receiver] = offer }
        return offer
    }
}
