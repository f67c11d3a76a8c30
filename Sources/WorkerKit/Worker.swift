import Bus
@_exported public import Document
import Glibc
package import Reactor
@_exported public import Telemetry
@_exported public import Wire

// An agent's author imports this module alone and has values, faults, logs and the words of the
// bus.

/// A process that offers agents on the bus: takes tasks, runs their handlers, answers, and leaves
/// in order. The module owns all that agents and clients in Swift need, and no decision about them.
///
/// ```swift
/// Worker {
///     Agent("greet", description: "Greets by name") { (input: Greeting, task) in
///         "Hello, \(input.name)!"
///     }
/// }.main()
/// ```
public struct Worker: Sendable {
    /// The name on the bus where none is configured.
    public let name: String
    /// What the process registers as its version.
    public let version: String
    /// What it offers.
    public let agents: [Agent]
    private var workflows: [String] = []
    private var broadcastHandler: BroadcastDesk.Handler?

    /// - Parameter name: nil: the name of the first agent.
    public init(
        _ name: String? = nil, version: String = "1.0.0", @AgentBuilder agents: () -> [Agent]
    ) {
        self.agents = agents()
        self.name = name ?? self.agents.first?.name ?? "worker"
        self.version = version
    }

    /// Hears broadcasts to everybody, which are sent to `*`; those to an agent go to its handler.
    ///
    /// ```swift
    /// Worker { Agent("cost") { … } }
    ///     .onBroadcast { message in await prices.forget() }
    ///     .main()
    /// ```
    ///
    /// Each runs as a Swift task and takes one of the worker's places while it does; when all are
    /// taken the broadcast is dropped. Nobody waits for it, so an error it throws is only logged.
    public func onBroadcast(
        _ handler: @escaping @Sendable (Broadcast) async throws -> Void
    ) -> Worker {
        var worker = self
        worker.broadcastHandler = handler
        return worker
    }

    /// Brings a workflow: whoever is connected to the same orchestrators can run it from the moment
    /// that this worker is there. A file of an operator with the same version comes before it.
    ///
    /// ```swift
    /// Worker { Agent("cost") { … } }
    ///     .workflow(triage)   // the text of triage.yaml
    ///     .main()
    /// ```
    public func workflow(_ text: String) -> Worker {
        var worker = self
        worker.workflows.append(text)
        return worker
    }

    /// Works until the Swift task is cancelled; then drains and returns.
    public func run(_ configuration: WorkerConfiguration = WorkerConfiguration()) async throws {
        try await LoopThread.run { loop in
            try await run(configuration, on: loop, takingSignals: false)
        }
    }

    /// Works on a loop that runs already, until the Swift task is cancelled or a signal asks to
    /// leave.
    ///
    /// - Parameters:
    ///   - resting: says `true` when no task can be done for a while, and `false` after it.
    ///   - onUp: is told when a first orchestrator has welcomed it.
    package func run(
        _ configuration: WorkerConfiguration, on loop: EventLoop, takingSignals: Bool,
        resting: AsyncStream<Bool>? = nil, onUp: (@Sendable () -> Void)? = nil
    ) async throws {
        let plan = try configuration.plan(name: name)
        let session = try Session(plan, on: loop)
        async let _ = session.tellWhenUp(onUp)
        try await session.work(
            chosen(configuration.agents), rules(configuration), drain: configuration.drain,
            takingSignals: takingSignals, resting: resting)
    }

    /// The agents of this worker that are to be offered.
    func chosen(_ names: [String]) throws(Fault) -> [Agent] {
        guard !agents.isEmpty else {
            throw Fault(WorkerCode.configuration, "a worker needs at least one agent")
        }
        for agent in agents { try Name.check(agent.name, "agent") }
        guard Set(agents.map(\.name)).count == agents.count else {
            throw Fault(WorkerCode.configuration, "two agents have the same name")
        }
        guard !names.isEmpty else { return agents }
        for name in names where !agents.contains(where: { $0.name == name }) {
            throw Fault(
                WorkerCode.configuration,
                "this worker has no agent \(name)"
                    + Suggestion.phrase(for: name, in: agents.map(\.name))
            )
        }
        return agents.filter { names.contains($0.name) }
    }

    func rules(_ configuration: WorkerConfiguration) -> TaskDesk.Rules {
        var rules = TaskDesk.Rules()
        rules.version = version
        rules.instance = configuration.instance.isEmpty ? nil : configuration.instance
        rules.grace = configuration.grace
        rules.outboxFolder = configuration.outbox
        rules.onBroadcast = broadcastHandler
        rules.workflows = workflows
        let blocks = agents.contains { $0.description.blocking == true }
        let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        rules.capacity = configuration.capacity ?? (blocks ? processors : 64)
        return rules
    }
}
