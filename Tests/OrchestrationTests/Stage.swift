import Bus
import Document
import Reactor
import Store
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// The limits of an orchestrator, not those of documents.
typealias Limits = Orchestration.Limits

/// A message the conductor sent, as its receiver reads it.
struct Sent {
    let peer: PeerID
    let envelope: Envelope
    let content: [UInt8]

    var type: MessageType { envelope.type }
    var code: String { envelope.error?.code ?? "" }
    var text: String { String(decoding: content, as: UTF8.self) }
}

/// A message the conductor published on a topic; an announcement has none.
struct Published {
    let topic: String
    let envelope: Envelope
    let content: [UInt8]

    var text: String { String(decoding: content, as: UTF8.self) }
}

/// Drives a conductor in virtual time with encoded messages, as the bus would.
final class Stage {
    var conductor: Conductor
    var store = MemoryStore()
    var outbox = Outbox()
    var now = Instant(nanoseconds: 1_000_000_000_000)
    /// What the store was asked and has not answered; only when `storeIsSlow`.
    var held: [StateCommand] = []
    var storeIsSlow = false
    var forgotten: [PeerID] = []
    var published: [Published] = []
    var announced: [Published] = []
    /// What was published on the tap.
    var events: [TapEvent] = []
    private var peers: UInt32 = 0

    init(
        _ limits: Orchestration.Limits = Orchestration.Limits(), _ delays: Delays = Delays(),
        log: Log = .silent, name: String = "o1", epoch: UInt64 = 7
    ) {
        let welcome = Welcome(
            orchestrator: name, cluster: "test", version: "1", epoch: String(epoch),
            orchestrators: [],
            limits: Welcome.Limits(), liveness: Welcome.Liveness(ping: 1000, dead: 4000))
        conductor = Conductor(welcome: welcome, limits: limits, delays: delays, log: log)
    }

    var isTapped: Bool { conductor.isTapped }
    var isIdle: Bool { conductor.isIdle }
    var shutdownAsked: Bool { outbox.shutdownAsked }

    // MARK: - Peers

    func join(_ name: String, _ identity: Identity = .local) -> PeerID {
        let peer = PeerID(index: peers, generation: peers + 1)
        peers += 1
        conductor.joined(peer, name: name, identity: identity, at: now)
        return peer
    }

    /// A worker that has said HELLO.
    func worker(
        _ name: String, _ agents: [String] = ["cost"], effect: String? = nil, capacity: Int = 1
    ) -> PeerID {
        let peer = join(name)
        let welcome = hello(peer, agents, effect: effect, capacity: capacity)
        #expect(welcome.first?.type == .welcome)
        return peer
    }

    @discardableResult
    func hello(
        _ peer: PeerID, _ agents: [String] = ["cost"], session: String = "s1",
        effect: String? = nil, capacity: Int = 1, inflight: [Hello.Inflight] = []
    ) -> [Sent] {
        var hello = Hello(role: .worker, session: session)
        hello.capacity = capacity
        hello.agents = agents.map { name in
            var agent = AgentDescription(name: name)
            agent.effect = effect
            return agent
        }
        hello.inflight = inflight
        return say(hello, peer)
    }

    func say(_ hello: Hello, _ peer: PeerID) -> [Sent] {
        var envelope = Envelope(.hello)
        envelope.messageID = "hello"
        return send(envelope, from: peer, (try? JSON.encode(hello)) ?? [])
    }

    // MARK: - Messages

    @discardableResult
    func send(_ envelope: Envelope, from peer: PeerID, _ content: [UInt8] = []) -> [Sent] {
        send(bytes: envelope.encoded(), from: peer, content)
    }

    func send(bytes: [UInt8], from peer: PeerID, _ content: [UInt8] = []) -> [Sent] {
        deliver(bytes, from: peer, content)
        return flush()
    }

    /// Lets the conductor see a message, and leaves what it wants done in the outbox.
    func deliver(_ bytes: [UInt8], from peer: PeerID, _ content: [UInt8] = []) {
        do throws(Fault) {
            let view = try unsafe EnvelopeView(bytes.span.bytes)
            let content = ContentBytes(content)
            if conductor.isTapped {
                conductor.noteArrival(view, content, from: peer, at: moment, into: &outbox)
            }
            conductor.received(
                view, content, from: peer, at: now, into: &outbox)
        } catch {
            conductor.malformed(error, from: peer, into: &outbox)
        }
    }

    @discardableResult
    func request(
        _ id: String, from peer: PeerID, to receiver: String = "cost",
        _ delivery: Delivery = .volatile, content: String = "{}",
        change: (inout Envelope) -> Void = { _ in }
    ) -> [Sent] {
        var envelope = Envelope(.request)
        envelope.messageID = id
        envelope.receiver = receiver
        envelope.delivery = delivery
        change(&envelope)
        return send(envelope, from: peer, Array(content.utf8))
    }

    /// A request of any pattern.
    @discardableResult
    func send(
        _ type: MessageType, _ id: String, from peer: PeerID, to receiver: String,
        _ delivery: Delivery, content: String = "{}", change: (inout Envelope) -> Void = { _ in }
    ) -> [Sent] {
        request(id, from: peer, to: receiver, delivery, content: content) {
            $0.type = type
            change(&$0)
        }
    }

    /// Asks for the result of a request.
    func fetch(_ id: String, _ peer: PeerID, wait: Bool = false) -> [Sent] {
        let question: Value = ["question": "result", "id": .string(id), "wait": .bool(wait)]
        return request("fetch", from: peer, to: "baton", content: JSON.text(question))
    }

    @discardableResult
    func cancel(_ id: String, from peer: PeerID) -> [Sent] {
        var envelope = Envelope(.cancel)
        envelope.requestID = id
        envelope.messageID = "cancel"
        return send(envelope, from: peer)
    }

    /// The worker's word about a task it was given.
    @discardableResult
    func answer(
        _ task: Sent, _ type: MessageType = .result, content: String = "",
        code: String? = nil, change: (inout Envelope) -> Void = { _ in }
    ) -> [Sent] {
        var envelope = Envelope(type)
        envelope.requestID = task.envelope.requestID
        envelope.step = task.envelope.step
        envelope.attempt = task.envelope.attempt
        envelope.fence = task.envelope.fence
        envelope.dispatch = task.envelope.dispatch
        if let code { envelope.error = WireError(code: code, message: "because") }
        change(&envelope)
        return send(envelope, from: task.peer, Array(content.utf8))
    }

    func ask(_ question: Value, _ peer: PeerID) -> (answer: Value, code: String) {
        let sent = request("question", from: peer, to: "baton", content: JSON.text(question))
        let answer = sent.first.flatMap { try? JSON.parse($0.content) } ?? .null
        return (answer, sent.first?.code ?? "nothing")
    }

    // MARK: - Time

    @discardableResult
    func tick() -> [Sent] {
        conductor.tick(at: now, into: &outbox)
        defer { takeTally() }
        return flush()
    }

    /// Lets time pass in steps of 20 ms, as the loop does while requests are in hand. What is said
    /// to whoever is silent is left out.
    @discardableResult
    func pass(_ duration: Duration, alive: [PeerID] = []) -> [Sent] {
        let end = now + duration
        var sent: [Sent] = []
        while now < end {
            now = min(end, now + .milliseconds(20))
            for peer in alive { sent += send(Envelope(.pong), from: peer) }
            sent += tick()
        }
        return sent.filter { $0.type != .ping && $0.code != "hello" }
    }

    func left(_ peer: PeerID) { conductor.left(peer, at: now) }

    // MARK: - Carrying out

    func flush() -> [Sent] {
        while !outbox.commands.isEmpty {
            let commands = outbox.takeCommands()
            if storeIsSlow { held += commands } else { perform(commands) }
        }
        return take()
    }

    /// Lets the store answer what it was asked so far.
    func releaseStore() -> [Sent] {
        perform(held)
        held = []
        return flush()
    }

    private func perform(_ commands: [StateCommand]) {
        for command in commands {
            conductor.replied(
                store.perform(command, at: conductor.storeTime(at: now)), at: now, into: &outbox)
        }
    }

    private func take() -> [Sent] {
        var sent: [Sent] = []
        takeEvents()
        unsafe outbox.forEachMessage { peer, envelope, content in
            let bytes = unsafe [UInt8](envelope)
            #expect(bytes.count <= WireLimits.envelope)
            guard let envelope = try? Envelope(decoding: bytes) else {
                Issue.record("the conductor sent an envelope that cannot be read")
                return
            }
            sent.append(Sent(peer: peer, envelope: envelope, content: content.array))
        }
        takePublished()
        forgotten += outbox.forgotten
        outbox.clear()
        return sent
    }

    /// Somebody listens to a topic of the tap from now on, or does no longer.
    func listen(_ topic: String, _ isOn: Bool = true) {
        conductor.listened(Array(topic.utf8), isOn)
        takeTally()
    }

    private var moment: UInt64 { UInt64(clamping: (now - .zero).wholeNanoseconds) }

    private func takeTally() {
        if let tally = conductor.tally(at: now) { events.append(tally) }
    }

    private func takeEvents() {
        guard conductor.isTapped else { return }
        conductor.noteDepartures(at: moment, into: &outbox)
        unsafe outbox.forEachNote { note, envelope in
            let bytes = unsafe [UInt8](envelope)
            conductor.publish(note) { topic, mark in
                events.append(
                    TapEvent(
                        topic: topic, mark: mark, envelope: bytes, content: note.content.array))
            }
        }
    }

    private func takePublished() {
        unsafe outbox.forEachPublication { topic, envelope, content in
            guard let envelope = try? unsafe Envelope(decoding: [UInt8](envelope)) else { return }
            published.append(
                Published(topic: topic, envelope: envelope, content: content.array))
        }
        unsafe outbox.forEachAnnouncement { envelope, content in
            guard let envelope = try? unsafe Envelope(decoding: [UInt8](envelope)) else { return }
            announced.append(Published(topic: "", envelope: envelope, content: content.array))
        }
    }
}

extension [Sent] {
    var types: [MessageType] { map(\.type) }

    func to(_ peer: PeerID) -> [Sent] { filter { $0.peer == peer } }

    func only(_ type: MessageType) -> Sent? {
        let found = filter { $0.type == type }
        return found.count == 1 ? found[0] : nil
    }
}
