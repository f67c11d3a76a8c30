import Bus
import Glibc
import Reactor
import Telemetry
import Wire
import WorkerKit

/// `baton worker`: makes any program a worker, over lines of JSON on its standard streams.
enum WorkerCommand {
    private static let program = Argument(
        "COMMAND", .text, "The program that does the tasks, and its arguments", .some)
    private static let agent = Option("agent", .name, "NAME", "What it is called on the bus")
    private static let capacity = Option(
        "capacity", .number(1...65_536), "N", "Tasks at a time", default: "1",
        variable: "BATON_CAPACITY")
    private static let description = Option(
        "description", .text, "TEXT", "What it does, for people and for routing")
    private static let effect = Option(
        "effect", .choice(["pure", "idempotent", "unsafe"]), "KIND",
        "What doing a task twice may do to the world", default: "idempotent")
    private static let version = Option(
        "version", .text, "VERSION", "Which version of it this is", default: "1.0.0")
    private static let timeout = Option(
        "timeout", .duration, "TIME", "The longest a task may take, whatever its caller allows")

    static let command = Command(
        "worker", "Makes any program a worker",
        discussion: """
            COMMAND reads one task a line from standard input, works, and prints one answer a line \
            to standard output; what it prints to standard error is its log. It is started again \
            when it ends, and no tasks are taken while it does not run. All of it: \
            proto/worker-stdio.md.

              in   {"type": "task", "id": "1", "content": {"name": "Ada"}, …}
              out  {"id": "1", "result": "Hello, Ada!"}
            """,
        examples: [
            Example("baton worker --agent greet -- python3 greet.py", "A script as an agent"),
            Example("baton worker --agent count --effect pure -- ./count.sh", "A filter"),
        ],
        arguments: [program],
        options: [agent, capacity, description, effect, version, timeout]
    ) { invocation in
        guard let name = invocation.text(agent) else {
            throw Fault(Exit.usage, "worker needs --agent NAME.")
        }
        let loop = invocation.console.loop
        let configuration = try configuration(invocation, name)
        let bridge = CommandBridge(
            childCommand(invocation, name), timeout: invocation.duration(timeout),
            log: Log(component: name, level: configuration.logLevel), on: loop)
        let worker = Worker(name, version: invocation.text(version) ?? "1.0.0") {
            Agent(
                raw: name, version: invocation.text(version) ?? "1.0.0",
                description: invocation.text(description) ?? "",
                effect: invocation.text(effect).flatMap { Effect(name: $0) } ?? .idempotent
            ) { content, task in
                try await bridge.run(content, task)
            }
        }
        try await run(worker, configuration, bridge, on: loop)
        return .ok
    }

    private static func run(
        _ worker: Worker, _ configuration: WorkerConfiguration, _ bridge: CommandBridge,
        on loop: EventLoop
    ) async throws {
        let signals = try [SIGINT, SIGTERM].map { number in
            try loop.onSignal(number) { bridge.assumeIsolated { $0.drain() } }
        }
        defer { for signal in signals { signal.cancel() } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bridge.keepRunning() }
            group.addTask {
                let result: Result<Void, any Error>
                do {
                    try await worker.run(
                        configuration, on: loop, takingSignals: true, resting: bridge.resting)
                    result = .success(())
                } catch {
                    result = .failure(error)
                }
                if await !bridge.stop() { throw Left(result: result) }
                try result.get()
            }
            do {
                while try await group.next() != nil {}
            } catch let left as Left {
                try left.result.get()
            }
        }
    }

    /// The worker has left and no command runs any more: nothing waits to start one.
    private struct Left: Error {
        let result: Result<Void, any Error>
    }

    private static func childCommand(_ invocation: Invocation, _ agent: String) -> Reactor.Command {
        // Keys and addresses of the bus are not for the command.
        var environment = invocation.console.variables.filter { !$0.key.hasPrefix("BATON_") }
        environment["BATON_AGENT"] = agent
        return Reactor.Command(
            invocation.texts(program), environment: environment, input: .pipe, output: .pipe,
            error: .pipe)
    }

    private static func configuration(
        _ invocation: Invocation, _ agent: String
    ) throws -> WorkerConfiguration {
        let variables = invocation.console.variables
        var configuration = try Contact.address(invocation).workerConfiguration()
        configuration.name = variables["BATON_NAME"] ?? agent
        configuration.instance = variables["BATON_INSTANCE"] ?? ""
        configuration.capacity = invocation.number(capacity)
        if let drain = variables["BATON_DRAIN"].flatMap(DurationText.parse) {
            configuration.drain = drain
        }
        configuration.logLevel = variables["BATON_LOG"].flatMap(Log.Level.init) ?? .info
        // The bridge itself ends a command that does not stop; the process is never left for it.
        configuration.grace = .seconds(86_400)
        return configuration
    }
}
