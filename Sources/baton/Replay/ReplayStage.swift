import Bus
import Document
import Orchestration
import Reactor
import Store
import Telemetry
import Wire

/// A conductor on virtual time, with peers that are names only: messages go in when their time
/// comes, and what it sends comes out.
///
/// Nothing is waited for. Whoever is asked whether it is alive says yes, until it leaves.
final class ReplayStage {
    /// A message the conductor sent.
    struct Sent {
        let peer: PeerID
        let envelope: Envelope
        let content: [UInt8]
    }

    private enum Action {
        case message(Envelope, [UInt8], from: PeerID)
        case leave(PeerID)
    }

    private struct Planned {
        let due: Instant
        let action: Action
    }

    /// Time passes in the steps in which the loop looks around, and in longer ones when it has to
    /// pass for long.
    private static let step = Duration.milliseconds(20)
    private static let longStep = Duration.milliseconds(250)
    private static let patience = Duration.seconds(60)

    private var conductor: Conductor
    private var store = MemoryStore()
    private var outbox = Outbox()
    /// In the order of their time.
    private var planned: [Planned] = []
    private var gone: Set<PeerID> = []
    private var peers: UInt32 = 0
    private(set) var now = Instant(nanoseconds: 1_000_000_000_000)
    private let started: Instant

    init(orchestrator: String, configuration: Configuration) {
        let welcome = Welcome(
            orchestrator: orchestrator, cluster: "replay", version: Release.version, epoch: "1",
            orchestrators: [], limits: Welcome.Limits(),
            liveness: Welcome.Liveness(
                ping: configuration.delays.ping.milliseconds,
                dead: configuration.delays.dead.milliseconds))
        conductor = Conductor(
            welcome: welcome, limits: configuration.limits, delays: configuration.delays,
            policies: configuration.policies, storeIsDurable: MemoryStore.isDurable)
        started = now
    }

    /// How much virtual time has passed.
    var elapsed: Duration { now - started }

    var isIdle: Bool { conductor.isIdle }

    // MARK: - Peers

    func join(_ name: String) -> PeerID {
        let peer = PeerID(index: peers, generation: peers + 1)
        peers += 1
        conductor.joined(peer, name: name, identity: .local, at: now)
        return peer
    }

    /// Enters a worker with one instance of one agent that takes all it is given.
    func worker(_ name: String, agent: String, instance: String, effect: Effect?) throws(Fault)
        -> PeerID
    {
        let peer = join(name)
        var hello = Hello(role: .worker, session: name)
        hello.instance = instance
        hello.capacity = 1024
        var description = AgentDescription(name: agent)
        description.effect = effect?.name
        hello.agents = [description]
        var envelope = Envelope(.hello)
        envelope.messageID = "hello"
        let sent = deliver(envelope, try JSON.encode(hello), from: peer)
        if let error = sent.first(where: { $0.envelope.type == .error })?.envelope.error {
            throw error.fault
        }
        return peer
    }

    // MARK: - Time

    func plan(_ envelope: Envelope, _ content: [UInt8], from peer: PeerID, after delay: Duration) {
        plan(.message(envelope, content, from: peer), after: delay)
    }

    /// The peer's connection will close, and it will not be heard of any more.
    func planLeave(of peer: PeerID, after delay: Duration) { plan(.leave(peer), after: delay) }

    /// Lets happen what comes next, or time pass; gives what the conductor sent.
    func advance() -> [Sent] {
        let step = elapsed < Self.patience ? Self.step : Self.longStep
        guard let next = planned.first, next.due <= now + step else {
            now = now + step
            conductor.tick(at: now, into: &outbox)
            return flush()
        }
        planned.removeFirst()
        // What arrives is read before anybody looks at the clock.
        now = max(now, next.due)
        switch next.action {
        case .message(let envelope, let content, let peer):
            guard !gone.contains(peer) else { return flush() }
            return flush() + deliver(envelope, content, from: peer)
        case .leave(let peer):
            leave(peer)
            return flush()
        }
    }

    /// The peer's connection is closed.
    func leave(_ peer: PeerID) {
        gone.insert(peer)
        conductor.left(peer, at: now)
    }

    func deliver(_ envelope: Envelope, _ content: [UInt8], from peer: PeerID) -> [Sent] {
        let bytes = envelope.encoded()
        do throws(Fault) {
            let view = try unsafe EnvelopeView(bytes.span.bytes)
            conductor.received(view, ContentBytes(content), from: peer, at: now, into: &outbox)
        } catch {
            conductor.malformed(error, from: peer, into: &outbox)
        }
        return flush()
    }

    // MARK: - Steps

    private func plan(_ action: Action, after delay: Duration) {
        let due = now + max(.zero, delay)
        let place = planned.firstIndex { $0.due > due } ?? planned.count
        planned.insert(Planned(due: due, action: action), at: place)
    }

    private func flush() -> [Sent] {
        while !outbox.commands.isEmpty {
            for command in outbox.takeCommands() {
                conductor.replied(store.perform(command, at: 0), at: now, into: &outbox)
            }
        }
        var sent: [Sent] = []
        unsafe outbox.forEachMessage { peer, envelope, content in
            guard let envelope = try? unsafe Envelope(decoding: [UInt8](envelope)) else { return }
            sent.append(Sent(peer: peer, envelope: envelope, content: content.array))
        }
        outbox.clear()
        for message in sent
        where message.envelope.type == .ping && !gone.contains(message.peer) {
            plan(Envelope(.pong), [], from: message.peer, after: .zero)
        }
        return sent.filter { $0.envelope.type != .ping }
    }
}
