import Document
import Glibc
import Reactor
import Telemetry
import TestKit
import Wire

@testable import Bus

/// A server that publishes, and the clients that listen to it, all on one loop.
final class Radio {
    let context: BusContext
    private let loop: EventLoop
    private let key: KeyPair?
    private(set) var server: BusServer?
    private(set) var sequence: UInt64 = 0
    private var listeners: [Listener] = []

    init(
        _ loop: EventLoop, socket: String? = nil, key: KeyPair? = nil,
        allowed: [String: Identity] = [:]
    ) throws {
        self.loop = loop
        self.key = key
        context = try BusContext()
        let gatekeeper = Gatekeeper(allowed: allowed, isOpen: key == nil, user: getuid())
        let endpoints = ServerEndpoints(
            bus: "tcp://127.0.0.1:0", broadcast: "tcp://127.0.0.1:0", tap: "tcp://127.0.0.1:0",
            socket: socket, key: key)
        server = try BusServer(
            endpoints, gatekeeper, context: context, loop: loop,
            handler: BusServer.Handler(
                joined: { _, _, _ in },
                received: { [unowned self] view, _, peer in
                    if view.type == .hello { welcome(peer) }
                },
                malformed: { _, _ in }, left: { _ in }, settled: {}))
    }

    var broadcast: String { server?.endpoints.broadcast ?? "" }

    func close() {
        for listener in listeners { listener.close() }
        server?.close()
    }

    /// A client that hears these topics.
    func listener(_ name: String, _ topics: [String], key: KeyPair? = nil) throws -> Listener {
        let local = server?.endpoints.socket.map { "ipc://\($0)" }
        let endpoint = try ClientEndpoint(
            local ?? server?.endpoints.bus ?? "", serverKey: self.key?.public)
        let listener = try Listener(endpoint, name, topics, key, context, loop)
        listeners.append(listener)
        return listener
    }

    func publish(_ topic: String, _ content: String) {
        sequence += 1
        var envelope = Envelope(.broadcast)
        envelope.sequence = sequence
        let bytes = envelope.encoded()
        unsafe bytes.withUnsafeBytes {
            unsafe server?.publish(topic, envelope: $0, ContentBytes(Array(content.utf8)))
        }
    }

    /// Publishes until each of them has heard something: a subscription needs its time to arrive.
    func tuneIn(_ listeners: [Listener]) async {
        for listener in listeners {
            let topic = listener.topics[0]
            var timer: Reactor.Timer?
            timer = loop.timer(after: .zero) { [unowned self] in
                publish(topic, "are you there?")
                timer?.reset(after: .milliseconds(1))
            }
            _ = await listener.next()
            timer?.cancel()
        }
        for topic in Set(listeners.map { $0.topics[0] }) { publish(topic, "tuned in") }
        for listener in listeners { _ = await listener.heard(until: "tuned in") }
    }

    private func welcome(_ peer: PeerID) {
        guard let server else { return }
        var own = OrchestratorAddress(name: "o1", bus: server.endpoints.bus)
        own.broadcast = server.endpoints.broadcast
        own.socket = server.endpoints.socket.map { "ipc://\($0)" }
        own.broadcastSocket = server.endpoints.broadcastSocket.map { "ipc://\($0)" }
        own.key = key?.public
        let welcome = Welcome(
            orchestrator: "o1", cluster: "c", version: "1", epoch: "1", orchestrators: [own],
            limits: .init(), liveness: .init(ping: 1000, dead: 4000))
        let content = ContentBytes((try? JSON.encode(welcome)) ?? [])
        let envelope = Envelope(.welcome).encoded()
        unsafe envelope.withUnsafeBytes {
            unsafe server.send(to: peer, envelope: $0, content)
        }
    }
}

/// A client that keeps what it hears.
final class Listener {
    struct Heard: Sendable {
        let topic: String
        let sequence: UInt64
        let content: String
    }

    let topics: [String]
    private var client: BusClient?
    private var broadcasts: AsyncStream<Heard>.AsyncIterator

    init(
        _ endpoint: ClientEndpoint, _ name: String, _ topics: [String], _ key: KeyPair?,
        _ context: BusContext, _ loop: EventLoop
    ) throws {
        self.topics = topics
        let (stream, heard) = AsyncStream<Heard>.makeStream()
        broadcasts = stream.makeAsyncIterator()
        client = try BusClient(
            [endpoint], routingID: name, key: key, context: context, loop: loop, topics: topics,
            handler: BusClient.Handler(
                hello: { _ in (try? JSON.encode(Hello(role: .client, session: "s"))) ?? [] },
                up: { _, _ in }, down: { _ in }, received: { _, _, _ in },
                published: { topic, view, content, _ in
                    let text = String(decoding: content.array, as: UTF8.self)
                    heard.yield(Heard(topic: topic, sequence: view.sequence, content: text))
                },
                failed: { _, _ in heard.finish() }, settled: {}))
    }

    func close() { client?.close() }

    func next() async -> Heard? { await broadcasts.next(isolation: nil) }

    /// All up to the one with this content.
    func heard(until last: String) async -> [Heard] {
        var all: [Heard] = []
        while let one = await next() {
            all.append(one)
            if one.content == last { break }
        }
        return all
    }
}
