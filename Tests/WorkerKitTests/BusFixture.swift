import Bus
import Glibc
import Orchestration
import Reactor
import Telemetry
import TestKit
import Wire

@testable import WorkerKit

/// An orchestrator, a worker and a client on one loop, over a socket in a folder of their own.
struct BusFixture: Sendable {
    let client: Client
    let worker: Session
    let loop: EventLoop
    /// The path of the orchestrator's socket; those of others may stand beside it.
    let socket: String
    let work: Task<Void, any Error>

    /// Runs `body` while all three are there.
    static func run(
        capacity: Int = 64, grace: Duration = .seconds(5), outbox: String = "",
        onBroadcast: BroadcastDesk.Handler? = nil, log: Log = .silent,
        @AgentBuilder agents: () -> [Agent],
        _ body: @escaping @Sendable (BusFixture) async throws -> Void
    ) async throws {
        let agents = agents()
        var rules = TaskDesk.Rules()
        rules.capacity = capacity
        rules.grace = grace
        rules.outboxFolder = outbox
        rules.onBroadcast = onBroadcast
        let settled = rules
        let folder = try TemporaryFolder()
        let bus = "ipc://\(folder.file("bus"))"
        try await LoopThread.run { loop in
            let orchestrator = try await Self.orchestrator(
                on: loop, socket: folder.file("bus"), log: log)
            var plan = try Self.plan(bus, "worker.1")
            plan.log = log
            let worker = try Session(plan, on: loop)
            let work = Task(executorPreference: loop) {
                try await worker.work(
                    agents, settled, drain: .seconds(5), takingSignals: false)
            }
            try await worker.untilUp()
            let client = try await Client.connect(Self.plan(bus, "client.1"), on: loop)
            let result: Result<Void, any Error>
            do {
                let fixture = BusFixture(
                    client: client, worker: worker, loop: loop, socket: folder.file("bus"),
                    work: work)
                result = .success(try await body(fixture))
            } catch {
                result = .failure(error)
            }
            await client.close()
            work.cancel()
            _ = await work.result
            await orchestrator.drain()
            await orchestrator.ending()
            try result.get()
        }
    }

    static func plan(_ bus: String, _ name: String) throws -> Session.Plan {
        Session.Plan(endpoints: try ClientEndpoint.parse(bus), routingID: name)
    }

    static func orchestrator(
        on loop: EventLoop, socket: String, name: String = "o1", peers: [ClientEndpoint] = [],
        log: Log = .silent
    ) async throws -> Orchestrator {
        let welcome = Welcome(
            orchestrator: name, cluster: "test", version: "1", epoch: "1", orchestrators: [],
            limits: .init(), liveness: .init(ping: 1000, dead: 4000))
        let orchestrator = try Orchestrator(
            welcome: welcome, limits: .init(), delays: Delays(), log: log, loop: loop)
        let endpoints = ServerEndpoints(
            bus: "tcp://127.0.0.1:0", broadcast: "tcp://127.0.0.1:0", tap: "tcp://127.0.0.1:0",
            socket: socket)
        let gatekeeper = Gatekeeper(allowed: [:], isOpen: true, user: getuid())
        _ = try await orchestrator.open(endpoints, gatekeeper, peers: peers)
        return orchestrator
    }
}
