import Glibc
import Reactor
import Telemetry
import WorkerKit

/// One run of one program, from its start until nothing of it is left. All on the loop's thread.
///
/// It starts confined, in a session of its own, with no descriptor but its three streams, and it is
/// killed with its whole group when its time is over, when it says too much, when nobody wants its
/// answer any more, and when its first process has ended.
actor CommandRun {
    private enum End {
        case time, tooMuch, unwanted
    }

    private enum Limits {
        /// For what a process leaves behind in a pipe.
        static let lastWords = Duration.seconds(1)
    }

    private nonisolated let loop: EventLoop
    private let rule: CommandRule
    private var process: ChildProcess?
    private var end: End?

    init(_ rule: CommandRule, on loop: EventLoop) { (self.rule, self.loop) = (rule, loop) }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    func run(
        _ arguments: [String], _ environment: [String: String], in folder: String, input: [UInt8]?,
        within time: Duration
    ) async throws -> CommandOutcome {
        let program = ConfinedStart.arguments(rule.confinement, [rule.path] + arguments)
        let process = try ChildProcess(
            Command(
                program, environment: environment, directory: folder,
                input: input == nil ? .null : .pipe, output: .pipe, error: .pipe), on: loop)
        self.process = process
        let (ends, queue) = AsyncStream.makeStream(of: Void.self)
        let readers = try [process.takeOutput(), process.takeError()].compactMap { pipe in
            try pipe.map { pipe in
                try PipeReader(pipe, on: loop, limit: rule.output) { [unowned self] isTooMuch in
                    if isTooMuch { assumeIsolated { $0.stop(.tooMuch) } }
                    queue.yield()
                }
            }
        }
        let writer = process.takeInput().map { pipe in
            let bytes = input ?? []
            let writer = PipeWriter(pipe, on: loop, limit: bytes.count)
            // A program that does not read is no failure.
            try? writer.send(bytes)
            writer.finish()
            return writer
        }
        let timer = loop.timer(after: min(time, rule.timeout)) { [unowned self] in
            assumeIsolated { $0.stop(.time) }
        }
        let exit = await ended(process)
        timer.cancel()
        writer?.cancel()
        // What it has started and left behind goes with it.
        kill(-process.id, SIGKILL)
        let last = loop.timer(after: Limits.lastWords) { queue.finish() }
        var open = readers.count
        for await _ in ends {
            open -= 1
            if open == 0 { break }
        }
        last.cancel()
        for reader in readers { reader.cancel() }
        return try outcome(exit, readers.map(\.bytes), time)
    }

    /// Waits for the end; that of a wait that nobody wants any more is hurried.
    private func ended(_ process: ChildProcess) async -> ChildProcess.Exit? {
        do {
            return try await process.waitForExit()
        } catch {
            stop(.unwanted)
            return nil
        }
    }

    private func stop(_ end: End) {
        if self.end == nil { self.end = end }
        process?.kill(SIGKILL)
    }

    private func outcome(
        _ exit: ChildProcess.Exit?, _ said: [[UInt8]], _ time: Duration
    ) throws -> CommandOutcome {
        switch end {
        case .unwanted: throw CancellationError()
        case .time:
            throw Problem(
                .timeout, "The command took too long",
                "\(rule.name): it was ended after \(min(time, rule.timeout))")
        case .tooMuch:
            throw Problem(
                .runtime, "The command said too much",
                "\(rule.name): at most \(rule.output) bytes are kept; raise its output in the file"
                    + " of --commands")
        case nil: break
        }
        switch exit {
        case .code(let code): return CommandOutcome(code: code, output: said[0], errors: said[1])
        // As shells count it.
        case .signal(let signal):
            return CommandOutcome(code: 128 + signal, output: said[0], errors: said[1])
        case nil: throw CancellationError()
        }
    }
}
