import Bus
import Document
import Glibc
import Orchestration
import Reactor
import Telemetry
import TestKit
import Testing
import Wire

@testable import WorkerKit

/// Broadcasts as workers hear them, on a real bus.
@Suite struct BroadcastTests {
    @Test("S5-40 a broadcast runs the agent's handler, whose result reaches nobody")
    func agent() async throws {
        let (heard, hearing) = AsyncStream<TaskContext>.makeStream()
        try await BusFixture.run {
            Agent(raw: "cost") { (content, task) throws -> RawContent in
                if task.isBroadcast { hearing.yield(task) }
                return content
            }
        } _: { bus in
            let announcer = try Announcer(bus, to: "cost")
            defer { announcer.close() }
            for await task in heard {
                #expect(task.agent == "cost" && task.requestID.hasPrefix("m"))
                #expect(task.attempt == 1 && task.missed == 0 && task.delivery == .volatile)
                break
            }
            let echoed = try await bus.client.call("cost", RawContent("x"))
            #expect(echoed.text == "x")
        }
    }

    @Test("S5-40 a broadcast to everybody goes to the worker's own handler, with its number")
    func everybody() async throws {
        let (heard, hearing) = AsyncStream<Broadcast>.makeStream()
        let hear: BroadcastDesk.Handler = { hearing.yield($0) }
        try await BusFixture.run(onBroadcast: hear) {
            Agent(raw: "cost") { (content, _) throws -> RawContent in content }
        } _: { bus in
            let announcer = try Announcer(bus, to: "*")
            defer { announcer.close() }
            var last: UInt64 = 0
            for await message in heard {
                #expect(try message.decode(String.self) == "hi")
                #expect(message.sender == "announcer.1" && message.orchestrator == "o1")
                #expect(last == 0 || message.sequence == last + 1)
                last = message.sequence
                if message.sequence > 3 { break }
            }
        }
    }

    @Test("S5-40 above its capacity a worker drops broadcasts, and counts them")
    func capacity() async throws {
        let (started, starting) = AsyncStream<Void>.makeStream()
        let (gate, opening) = AsyncStream<Void>.makeStream()
        try await BusFixture.run(capacity: 1) {
            Agent(raw: "slow") { (content, _) async throws -> RawContent in
                starting.yield()
                for await _ in gate { break }
                return content
            }
        } _: { bus in
            defer { opening.finish() }
            let announcer = try Announcer(bus, to: "slow")
            defer { announcer.close() }
            for await _ in started { break }
            while await bus.worker.broadcastFigures.dropped == 0 { await Task.yield() }
            let figures = await bus.worker.broadcastFigures
            #expect(figures.missed == 0 && figures.heard == figures.dropped + 1)
        }
    }

    @Test("S2-48 a worker follows MEMBERSHIP to new orchestrators, and lets go of who left")
    func membership() async throws {
        try await BusFixture.run {
            Agent(raw: "cost") { (content, _) throws -> RawContent in content }
        } _: { bus in
            let paths = (2...3).map { "\(bus.socket)\($0)" }
            let second = try await BusFixture.orchestrator(
                on: bus.loop, socket: paths[0], name: "o2",
                peers: ClientEndpoint.parse("ipc://\(paths[1])"))
            let worker = try Session(BusFixture.plan("ipc://\(paths[0])", "w.2"), on: bus.loop)
            let work = Task(executorPreference: bus.loop) {
                try await worker.work(
                    [Agent(raw: "sum") { content, _ in content }], TaskDesk.Rules(),
                    drain: .seconds(5), takingSignals: false)
            }
            try await worker.untilUp()
            for _ in 1...2 {
                let third = try await BusFixture.orchestrator(
                    on: bus.loop, socket: paths[1], name: "o3")
                while await worker.linkCount < 2 { await Task.yield() }
                await third.drain()
                await third.ending()
                while await worker.linkCount > 1 { await Task.yield() }
            }
            work.cancel()
            _ = await work.result
            await second.drain()
            await second.ending()
        }
    }

    @Test("S2-48 orchestrators that share a key link to each other over the network")
    func sharedKey() async throws {
        let folder = try TemporaryFolder()
        let keys = KeyFolder(path: folder.file("keys"))
        try keys.make()
        try await LoopThread.run { loop in
            let (first, address) = try await guarded("o1", keys, on: loop)
            let peer = try ClientEndpoint(peer: "\(address.bus)=\(address.key ?? "")", ownKey: nil)
            let (second, other) = try await guarded("o2", keys, [peer], on: loop)
            let endpoint = try ClientEndpoint(other.bus, serverKey: other.key)
            let client = try await Client.connect(
                Session.Plan(
                    endpoints: [endpoint], routingID: "client.1", key: keys.pair("client")),
                on: loop)
            var names: [String] = []
            while names.count < 2 {
                let known = try await client.ask("orchestrators")["orchestrators"]?.array
                names = known?.compactMap { $0["name"]?.string } ?? []
            }
            #expect(names == ["o2", "o1"])
            await client.close()
            for orchestrator in [first, second] {
                await orchestrator.drain()
                await orchestrator.ending()
            }
        }
    }

    private func guarded(
        _ name: String, _ keys: KeyFolder, _ peers: [ClientEndpoint] = [], on loop: EventLoop
    ) async throws -> (Orchestrator, OrchestratorAddress) {
        let welcome = Welcome(
            orchestrator: name, cluster: "test", version: "1", epoch: "1", orchestrators: [],
            limits: .init(), liveness: .init(ping: 1000, dead: 4000))
        let orchestrator = try Orchestrator(
            welcome: welcome, limits: .init(), delays: Delays(), log: .silent, loop: loop)
        let endpoints = ServerEndpoints(
            bus: "tcp://127.0.0.1:0", broadcast: "tcp://127.0.0.1:0", tap: "tcp://127.0.0.1:0",
            key: try keys.pair(KeyFolder.serverName))
        let gatekeeper = Gatekeeper(allowed: try keys.admitted(), isOpen: false, user: getuid())
        let address = try await orchestrator.open(endpoints, gatekeeper, peers: peers)
        return (orchestrator, address)
    }
}

extension Session {
    fileprivate var broadcastFigures: BroadcastDesk.Figures {
        desk?.broadcasts.figures ?? BroadcastDesk.Figures()
    }

    fileprivate var linkCount: Int { bus?.liveLinks.count ?? 0 }
}
