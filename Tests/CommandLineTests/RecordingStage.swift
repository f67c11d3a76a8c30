import Bus
import Document
import Orchestration
import Reactor
import Store
import Telemetry
import Wire

@testable import baton

/// A conductor on virtual time with workers that answer at once, and a listener at its tap that
/// keeps what it hears as a recording.
final class RecordingStage {
    private var conductor: Conductor
    private var store = MemoryStore()
    private var outbox = Outbox()
    private var now = Instant(nanoseconds: 5_000_000_000)
    private var workers: [PeerID: (Envelope, [UInt8]) -> (Envelope, [UInt8])] = [:]
    private var peers: UInt32 = 0
    private(set) var recorded: [RecordedEvent] = []

    init(_ configuration: Configuration = Configuration()) {
        let welcome = Welcome(
            orchestrator: "o1", cluster: "test", version: "1", epoch: "9", orchestrators: [],
            limits: Welcome.Limits(), liveness: Welcome.Liveness(ping: 1000, dead: 4000))
        conductor = Conductor(welcome: welcome, policies: configuration.policies)
        conductor.listened(Array("e/".utf8), true)
        flush()
    }

    /// A worker; what it is given and the RESULT it may change and send back.
    func worker(
        _ name: String, _ agents: [String], effect: String = "pure",
        answer: @escaping (_ task: Envelope, _ content: [UInt8]) -> (Envelope, [UInt8])
    ) throws {
        let peer = join(name)
        workers[peer] = answer
        var hello = Hello(role: .worker, session: name)
        hello.capacity = 8
        hello.agents = agents.map { agent in
            var description = AgentDescription(name: agent)
            description.effect = effect
            return description
        }
        var envelope = Envelope(.hello)
        envelope.messageID = "hello"
        send(envelope, try JSON.encode(hello), from: peer)
    }

    /// The word of a worker about a task.
    static func word(_ type: MessageType, about task: Envelope) -> Envelope {
        var envelope = Envelope(type)
        envelope.requestID = task.requestID
        envelope.step = task.step
        envelope.attempt = task.attempt
        envelope.fence = task.fence
        envelope.dispatch = task.dispatch
        return envelope
    }

    /// Asks, and lets time pass until nothing is in hand.
    func ask(_ envelope: Envelope, _ content: String) {
        send(envelope, Array(content.utf8), from: join("client.\(peers)"))
        for _ in 0..<500 where !conductor.isIdle {
            now = now + .milliseconds(20)
            conductor.tick(at: now, into: &outbox)
            flush()
        }
    }

    /// The bytes of a recording of all that was heard.
    var recording: [UInt8] {
        recorded.reduce(into: RecordingFormat.magic) { bytes, event in
            var body: [UInt8] = []
            RecordingFormat.write(event.event, from: event.orchestrator, to: &body)
            RecordingFormat.append(.event, body, to: &bytes)
        }
    }

    // MARK: - Steps

    private func join(_ name: String) -> PeerID {
        let peer = PeerID(index: peers, generation: peers + 1)
        peers += 1
        conductor.joined(peer, name: name, identity: .local, at: now)
        return peer
    }

    private var moment: UInt64 { 1_790_000_000_000_000_000 + UInt64(now.nanoseconds) }

    private func send(_ envelope: Envelope, _ content: [UInt8], from peer: PeerID) {
        let bytes = envelope.encoded()
        guard let view = try? unsafe EnvelopeView(bytes.span.bytes) else { return }
        let content = ContentBytes(content)
        conductor.noteArrival(view, content, from: peer, at: moment, into: &outbox)
        conductor.received(view, content, from: peer, at: now, into: &outbox)
        flush()
    }

    private func flush() {
        while !outbox.commands.isEmpty {
            for command in outbox.takeCommands() {
                conductor.replied(store.perform(command, at: 0), at: now, into: &outbox)
            }
        }
        conductor.noteDepartures(at: moment, into: &outbox)
        var heard: [RecordedEvent] = []
        unsafe outbox.forEachNote { note, envelope in
            let bytes = unsafe [UInt8](envelope)
            let content = Array(note.content.array.prefix(4096))
            conductor.publish(note) { topic, mark in
                let event = TapEvent(topic: topic, mark: mark, envelope: bytes, content: content)
                heard.append(RecordedEvent(orchestrator: "o1", event: event))
            }
        }
        recorded += heard
        var tasks: [(PeerID, Envelope, [UInt8])] = []
        unsafe outbox.forEachMessage { peer, envelope, content in
            guard let envelope = try? unsafe Envelope(decoding: [UInt8](envelope)) else { return }
            if envelope.type == .task { tasks.append((peer, envelope, content.array)) }
        }
        outbox.clear()
        for (peer, task, content) in tasks {
            now = now + .milliseconds(3)
            guard let (envelope, answer) = workers[peer]?(task, content) else { continue }
            send(envelope, answer, from: peer)
        }
    }
}
