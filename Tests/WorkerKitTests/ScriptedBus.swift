import Bus
import Document
import Glibc
import Reactor
import Telemetry
import TestKit
import Wire

@testable import WorkerKit

/// An orchestrator that says what a test wants it to, with a client and a worker connected to it:
/// what both put on the wire can be looked at, and anything can be answered.
// SAFETY: it is touched only on the loop's thread, where the bus calls it and the test's body runs.
final class ScriptedBus: @unchecked Sendable {
    typealias Script = @Sendable (ScriptedBus, AgentMessage) -> Void

    private let name: String
    private let loop: EventLoop
    private let folder: TemporaryFolder
    private let script: Script
    private var server: BusServer?
    /// The worker that is connected to this orchestrator and another.
    private(set) var worker: Session?
    private var names: [PeerID: String] = [:]
    /// All orchestrators of the cluster, as a WELCOME names them.
    private var members: [OrchestratorAddress] = []
    /// Everything but greetings, in its order.
    private(set) var seen: [AgentMessage] = []
    private let (arrivals, arrival) = AsyncStream<AgentMessage>.makeStream()
    private let (greetings, greeting) = AsyncStream<Void>.makeStream()

    private init(_ name: String, on loop: EventLoop, _ script: @escaping Script) throws {
        self.name = name
        self.loop = loop
        self.script = script
        folder = try TemporaryFolder()
    }

    /// Runs `body` with a client, and a worker of these agents, connected to the script.
    static func run(
        log: Log = .silent, _ script: @escaping Script,
        @AgentBuilder agents: () -> [Agent] = { [] },
        _ body: @escaping @Sendable (ScriptedBus, Client) async throws -> Void
    ) async throws {
        let agents = agents()
        try await LoopThread.run { loop in
            let bus = try ScriptedBus("o1", on: loop, script)
            try bus.open()
            defer { bus.close() }
            var plan = try bus.plan("worker.1")
            plan.log = log
            let worker = agents.isEmpty ? nil : try Session(plan, on: loop)
            let work = worker.map { worker in
                Task(executorPreference: loop) {
                    try await worker.work(agents, .init(), drain: .zero, takingSignals: false)
                }
            }
            try await worker?.untilUp()
            let client = try await Client.connect(bus.plan("client.1"), on: loop)
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(bus, client))
            } catch {
                result = .failure(error)
            }
            await client.close()
            work?.cancel()
            _ = await work?.result
            try result.get()
        }
    }

    /// Runs `body` with two orchestrators and one worker that is connected to both.
    static func runTwo(
        _ script: @escaping Script, @AgentBuilder agents: () -> [Agent],
        _ body: @escaping @Sendable (ScriptedBus, ScriptedBus) async throws -> Void
    ) async throws {
        let agents = agents()
        try await LoopThread.run { loop in
            let buses = try ["o1", "o2"].map { try ScriptedBus($0, on: loop, script) }
            for bus in buses {
                bus.members = buses.map(\.address)
                try bus.open()
            }
            defer { for bus in buses { bus.close() } }
            var plan = try buses[0].plan("worker.1")
            plan.endpoints += try buses[1].plan("worker.1").endpoints
            let worker = try Session(plan, on: loop)
            let work = Task(executorPreference: loop) {
                try await worker.work(agents, .init(), drain: .zero, takingSignals: false)
            }
            for bus in buses { bus.worker = worker }
            for bus in buses { await bus.greeted() }
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(buses[0], buses[1]))
            } catch {
                result = .failure(error)
            }
            work.cancel()
            _ = await work.result
            try result.get()
        }
    }

    private var address: OrchestratorAddress {
        var address = OrchestratorAddress(name: name, bus: "ipc://\(folder.file("bus"))")
        address.socket = address.bus
        return address
    }

    private func plan(_ name: String) throws -> Session.Plan {
        let bus = "ipc://\(folder.file("bus"))"
        return Session.Plan(endpoints: try ClientEndpoint.parse(bus), routingID: name)
    }

    /// Returns once somebody has said HELLO.
    private func greeted() async { for await _ in greetings { break } }

    private func open() throws {
        let endpoints = ServerEndpoints(
            bus: "tcp://127.0.0.1:0", broadcast: "tcp://127.0.0.1:0", tap: "tcp://127.0.0.1:0",
            socket: folder.file("bus"))
        server = try BusServer(
            endpoints, Gatekeeper(allowed: [:], isOpen: true, user: getuid()),
            context: BusContext(), loop: loop,
            handler: BusServer.Handler(
                joined: { [unowned self] peer, name, _ in names[peer] = name },
                received: { [unowned self] view, content, peer in
                    guard let envelope = try? Envelope(view) else { return }
                    received(AgentMessage(envelope, content: content.array), peer)
                },
                malformed: { _, _ in }, left: { [unowned self] in names[$0] = nil },
                settled: {}))
    }

    func close() {
        server?.close()
        server = nil
    }

    /// The orchestrator dies, and another one takes its place.
    func restart() throws {
        close()
        names = [:]
        try open()
    }

    private func received(_ message: AgentMessage, _ peer: PeerID) {
        switch message.envelope.type {
        case .hello:
            send(AgentMessage(Envelope(.welcome), content: welcome), to: peer)
            greeting.yield()
        case .ping: send(AgentMessage(Envelope(.pong)), to: peer)
        case .ready, .bye, .drain, .pong: break
        default:
            seen.append(message)
            arrival.yield(message)
            script(self, message)
        }
    }

    private var welcome: [UInt8] {
        let welcome = Welcome(
            orchestrator: name, cluster: "test", version: "1", epoch: "1", orchestrators: members,
            limits: .init(), liveness: .init(ping: 1000, dead: 4000))
        return (try? JSON.encode(welcome)) ?? []
    }

    /// The next message of this type that arrives, or arrived before and was not taken.
    func next(_ type: MessageType) async -> AgentMessage? {
        for await message in arrivals where message.envelope.type == type { return message }
        return nil
    }

    /// The next message of any type, likewise.
    func any() async -> AgentMessage? {
        for await message in arrivals { return message }
        return nil
    }

    // MARK: - Sending

    /// Answers the message with a content of a type.
    func answer(
        _ message: AgentMessage, _ type: MessageType, _ content: Value? = nil,
        _ change: (inout Envelope) -> Void = { _ in }
    ) {
        var envelope = Envelope(type)
        envelope.correlationID = message.envelope.messageID
        envelope.requestID = message.envelope.requestID
        envelope.delivery = message.envelope.delivery
        change(&envelope)
        send(AgentMessage(envelope, content: content.map { JSON.write($0) } ?? []), "client.1")
    }

    /// Gives the worker something to do.
    func send(_ message: AgentMessage, _ name: String) {
        guard let peer = names.first(where: { $0.value == name })?.key else { return }
        send(message, to: peer)
    }

    private func send(_ message: AgentMessage, to peer: PeerID) {
        unsafe message.envelope.encoded().withUnsafeBytes {
            unsafe server?.send(to: peer, envelope: $0, ContentBytes(message.content))
        }
    }
}

extension Session {
    /// How many orchestrators it is connected to.
    var connections: Int { bus?.liveLinks.count ?? 0 }
}
