import Document
import Glibc
import Reactor
import Telemetry
import Wire
import WorkerKit

/// One command that does the tasks of an agent, in lines of JSON over its standard streams:
/// started, started again when it ends, told what to do, and ended with the worker.
///
/// Each open task is answered once: by the command, or by its death. All on the loop's thread.
actor CommandBridge {
    enum Limits {
        /// Around a content of the greatest size.
        static let line = WireLimits.content + (8 << 10)
        static let log = 8 << 10
        static let progressPerSecond = 100
        /// How long a cancelled task may stay unanswered if it is the only one.
        static let cancelled = Duration.seconds(5)
        /// Between closing the input, SIGTERM and SIGKILL.
        static let leaving = Duration.seconds(2)
        static let lastWords = Duration.seconds(1)
        static let restart = RestartPolicy(firstDelay: .milliseconds(100))
        /// A command that ended twice without an answer gets tasks again after it ran this long.
        static let settling = Duration.milliseconds(500)
    }

    private struct OpenTask {
        let line: TaskLine.Task
        let context: TaskContext
        let end: CheckedContinuation<RawContent, any Error>
        var isCancelled = false
        var timer: Reactor.Timer?
        var second: Int64 = 0
        var progressInSecond = 0
    }

    /// The command as it runs now.
    private struct Running {
        let process: ChildProcess
        let input: PipeWriter
        let readers: [LineReader]
        let outputEnd: AsyncStream<Void>
        var isEnding = false
    }

    private nonisolated let loop: EventLoop
    private let command: Reactor.Command
    private let log: Log
    private let timeout: Duration?
    private var running: Running?
    private var open: [String: OpenTask] = [:]
    private var number: UInt64 = 0
    private var failures = 0
    private var isStopping = false
    private var killTimer: Reactor.Timer?
    private var settleTimer: Reactor.Timer?
    private var isResting = false
    private let restQueue: AsyncStream<Bool>.Continuation
    /// Whether no tasks are wanted because nobody is there to do them, whenever that changes.
    nonisolated let resting: AsyncStream<Bool>

    init(
        _ command: Reactor.Command, timeout: Duration?, log: Log, on loop: EventLoop
    ) {
        (self.command, self.timeout, self.log, self.loop) = (command, timeout, log, loop)
        (resting, restQueue) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    // MARK: - The command's life

    /// Starts the command and starts it again whenever it ends, until `stop`. Throws if it cannot
    /// be started the first time.
    func keepRunning() async throws {
        try start()
        while let process = running?.process {
            let exit = try await process.waitForExit()
            await heardOut()
            ended(exit)
            while running == nil, !isStopping {
                try await loop.sleep(for: Limits.restart.delay(afterFailures: failures))
                if !isStopping { startAgain() }
            }
        }
    }

    private func start() throws {
        let process = try ChildProcess(command, on: loop)
        guard let input = process.takeInput(), let output = process.takeOutput(),
            let errors = process.takeError()
        else { throw Fault(Exit.software, "The command has no pipes.") }
        let (outputEnd, queue) = AsyncStream.makeStream(of: Void.self)
        let answers = try LineReader(output, on: loop, limit: Limits.line) { [unowned self] event in
            if case .line(let line) = event { take(line) } else { queue.finish() }
        }
        let words = try LineReader(errors, on: loop, limit: 8 * Limits.log) {
            [unowned self] event in
            if case .line(let line) = event { say(line) }
        }
        let writer = PipeWriter(input, on: loop, limit: 64 << 20)
        running = Running(
            process: process, input: writer, readers: [answers, words], outputEnd: outputEnd)
        for id in open.keys.sorted() { write(id) }
        guard failures > 1 else { return rest(false) }
        settleTimer = loop.timer(after: Limits.settling) { [unowned self] in
            if running != nil { rest(false) }
        }
    }

    /// Tells the worker whether tasks can be done; a single restart is too short to be worth words.
    private func rest(_ isOn: Bool) {
        settleTimer?.cancel()
        if isOn, failures == 2 {
            log.error("the command does not stay up; no tasks are taken until it runs")
        }
        guard isOn != isResting else { return }
        isResting = isOn
        restQueue.yield(isOn)
        if !isOn, failures > 1 { log.info("the command runs; tasks are taken again") }
    }

    private func startAgain() {
        do {
            try start()
        } catch {
            failures += 1
            log.error("the command cannot be started", ["reason": .text("\(error)")])
            rest(true)
            failAll(Self.lost("the command cannot be started: \(error)"))
        }
    }

    /// What the command printed before its end still counts.
    private func heardOut() async {
        guard let end = running?.outputEnd, running?.isEnding == false else { return }
        _ = try? await loop.withDeadline(after: Limits.lastWords) { for await _ in end {} }
    }

    private func ended(_ exit: ChildProcess.Exit) {
        killTimer?.cancel()
        for reader in running?.readers ?? [] { reader.cancel() }
        running?.input.cancel()
        running = nil
        failures += 1
        let how =
            switch exit {
            case .code(let code): "code \(code)"
            case .signal(let signal): "signal \(signal)"
            }
        if !isStopping {
            log.warning("the command ended", ["with": .text(how)])
            rest(true)
        }
        failAll(Self.lost("the command ended (\(how)) with this task in hand"))
    }

    /// No more tasks: the command finishes what it has and leaves.
    func drain() {
        isStopping = true
        running?.input.finish()
    }

    /// Ends the command. False if it has ended already.
    func stop() -> Bool {
        drain()
        guard running != nil else { return false }
        killTimer = loop.timer(after: Limits.leaving) { [unowned self] in terminate() }
        return true
    }

    private func terminate() {
        running?.process.kill(SIGTERM)
        killTimer = loop.timer(after: Limits.leaving) { [unowned self] in
            running?.process.kill(SIGKILL)
        }
    }

    /// After this nothing the command says can be trusted to belong where it seems to.
    private func distrust(_ failure: TaskFailure) {
        guard running?.isEnding == false else { return }
        log.error("the command is ended", ["reason": .text(failure.message)])
        running?.isEnding = true
        running?.readers.first?.cancel()
        running?.input.cancel()
        failAll(failure)
        terminate()
    }

    // MARK: - Tasks

    /// Does one task; cancelling the Swift task tells the command, which may still take a while.
    func run(_ content: RawContent, _ context: TaskContext) async throws -> RawContent {
        let value = try TaskLine.value(of: content)
        number += 1
        let id = String(number, radix: 36)
        let line = TaskLine.Task(
            id: id, agent: context.agent, content: value, attempt: context.attempt,
            headers: Self.headers(context))
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { end in
                open[id] = OpenTask(line: line, context: context, end: end)
                write(id)
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            loop.submit { self.assumeIsolated { $0.cancel(id) } }
        }
    }

    private static func headers(_ context: TaskContext) -> [String: String] {
        var headers = context.headers
        headers["request_id"] = context.requestID
        if !context.traceparent.isEmpty { headers["traceparent"] = context.traceparent }
        return headers
    }

    /// Without a command the task waits until there is one.
    private func write(_ id: String) {
        guard let task = open[id], let running, !running.isEnding else { return }
        let budget = min(task.context.remaining, timeout ?? task.context.remaining)
        do {
            try running.input.send(TaskLine.task(task.line, budget: budget))
        } catch let fault as Fault where fault.has(ReactorCode.pipeFull) {
            end(id, .failure(fault))
            return
        } catch {
            // A pipe that is closed belongs to a command that is about to be reported dead.
            return
        }
        guard let timeout else { return }
        open[id]?.timer = loop.timer(after: timeout) { [unowned self] in cancel(id) }
    }

    private func cancel(_ id: String) {
        guard let task = open[id], !task.isCancelled else { return }
        guard running?.isEnding == false else {
            return end(id, .failure(CancellationError()))
        }
        open[id]?.isCancelled = true
        try? running?.input.send(TaskLine.cancel(id))
        open[id]?.timer?.cancel()
        open[id]?.timer = loop.timer(after: Limits.cancelled) { [unowned self] in
            if open.count == 1, open[id] != nil { terminate() }
        }
    }

    private func end(_ id: String, _ result: Result<RawContent, any Error>) {
        guard let task = open.removeValue(forKey: id) else { return }
        task.timer?.cancel()
        // Cancelled by us and not by the caller: its time under --timeout has run out.
        let isOverdue = task.isCancelled && !task.context.isCancelled
        guard case .failure = result, isOverdue, let timeout else {
            return task.end.resume(with: result)
        }
        let limit = DurationText.spoken(timeout)
        task.end.resume(
            throwing: TaskFailure(
                code: WireCode.deadline.rawValue,
                message: "\(task.context.agent) took longer than its limit of \(limit)"))
    }

    private func failAll(_ failure: TaskFailure) {
        for id in open.keys.sorted() { end(id, .failure(failure)) }
    }

    private static func lost(_ message: String) -> TaskFailure {
        TaskFailure(code: WireCode.lost.rawValue, message: message, retry: .now)
    }

    // MARK: - What the command prints

    private func take(_ line: LineSplitter.Line) {
        guard case .whole(let bytes) = line else {
            let message = "the command printed a line above \(Limits.line) bytes"
            return distrust(TaskFailure(code: WireCode.tooLarge.rawValue, message: message))
        }
        do throws(AnswerLine.Misprint) {
            let answer = try AnswerLine(bytes)
            guard open[answer.id] != nil else { throw AnswerLine.unknownTask(bytes) }
            take(answer)
        } catch {
            distrust(TaskFailure(message: error.message))
        }
    }

    private func take(_ answer: AnswerLine) {
        switch answer.content {
        case .result(let value):
            answered()
            end(answer.id, .success(RawContent(json: value)))
        case .error(let failure):
            answered()
            end(answer.id, .failure(failure))
        case .partial(let value): open[answer.id]?.context.partial(RawContent(json: value))
        case .progress(let value): progress(answer.id, value)
        case .effectBegin(let call):
            open[answer.id]?.context.beginEffect(call) { [self] verdict in
                assumeIsolated { $0.tell(answer.id, call, verdict) }
            }
        case .effectDone(let call, let result):
            open[answer.id]?.context.endEffect(call, result) { [self] verdict in
                assumeIsolated { $0.tell(answer.id, call, verdict) }
            }
        }
    }

    /// Whoever answers does its work.
    private func answered() {
        rest(false)
        failures = 0
    }

    /// The verdict on an effect, if the command still does the task.
    private func tell(
        _ id: String, _ call: String, _ verdict: Result<EffectVerdict, any Error>
    ) {
        guard let task = open[id], let running, !running.isEnding else { return }
        let key = task.context.effectKey(call)
        do {
            try running.input.send(TaskLine.effect(id, call, key: key, verdict))
        } catch {
            // A pipe that is closed belongs to a command that is about to be reported dead.
        }
    }

    private func progress(_ id: String, _ note: Value) {
        guard var task = open[id] else { return }
        let second = Timestamp.now.milliseconds / 1000
        task.progressInSecond = second == task.second ? task.progressInSecond + 1 : 1
        task.second = second
        open[id] = task
        if task.progressInSecond <= Limits.progressPerSecond { task.context.progress(note) }
    }

    private func say(_ line: LineSplitter.Line) {
        // Whose line it is can be known only while there is one task.
        let log = open.count == 1 ? open.first?.value.context.log ?? log : log
        switch line {
        case .tooLong(let bytes):
            log.info("the command printed a long line", ["bytes": .integer(bytes)])
        case .whole(let bytes):
            let isCut = bytes.count > Limits.log
            let text = String(decoding: bytes.prefix(Limits.log), as: UTF8.self)
            log.info("the command says", ["line": .text(isCut ? "\(text) (cut)" : text)])
        }
    }
}
