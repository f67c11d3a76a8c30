package import Bus
import Document
package import Reactor
package import Telemetry
package import Wire

/// Decides everything an orchestrator does: a pure machine from messages and moments to messages.
///
/// It owns the registry, the requests in hand and what is known of each peer. It never sends, waits, reads a clock or
/// touches a descriptor: what it wants done it writes to the outbox, and whoever runs it tells it what happened.
package struct Conductor: ~Copyable {
    package let name: String
    package var limits: Limits
    package var delays: Delays
    package var welcome: Welcome
    var peers = Peers()
    var registry = Registry()
    var requests = RequestTable()
    var deadlines = DeadlineWheel()
    var waiting = 0
    var counters = Counters()
    package private(set) var isDraining = false
    private var log: Log

    /// What happened so far, for STATS.
    struct Counters {
        var accepted = 0, answered = 0, refused = 0, expired = 0, cancelled = 0
        var redispatched = 0, stale = 0, malformed = 0, flaps = 0, deaths = 0
    }

    package init(
        welcome: Welcome, limits: Limits = Limits(), delays: Delays = Delays(), log: Log = .silent
    ) {
        name = welcome.orchestrator
        self.welcome = welcome
        self.limits = limits
        self.delays = delays
        self.log = log
    }

    /// Whether anything is in hand that a drain must wait for.
    package var isIdle: Bool { requests.count == 0 }

    package var inHand: Int { requests.count }

    /// How long nothing needs to be looked at: short while requests are in hand, long when nobody is here.
    package var nextLook: Duration {
        if requests.count > 0 { return .milliseconds(20) }
        return peers.count > 0 ? .milliseconds(100) : .seconds(60)
    }

    // MARK: - Events

    /// A routing id sent its first message, or one that was given up sent another.
    package mutating func joined(
        _ peer: PeerID, name: String, identity: Identity, at now: Instant
    ) {
        peers.add(Peer(id: peer, name: name, identity: identity, heard: now))
    }

    /// One message arrived.
    package mutating func received(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at now: Instant, into outbox: inout Outbox
    ) {
        let isConnected = peers.heard(peer, at: now)
        do throws(Fault) {
            if !isConnected { try returned(peer, with: message) }
            switch message.type {
            case .request: try request(message, content, from: peer, at: now, into: &outbox)
            case .result: result(message, content, from: peer, at: now, into: &outbox)
            case .fail: try failed(message, from: peer, at: now, into: &outbox)
            case .accept, .progress, .pong: noteLoad(message, of: peer)
            case .partial: partial(message, content, from: peer, into: &outbox)
            case .nack: try refused(message, from: peer, at: now, into: &outbox)
            case .cancel: try cancel(message, from: peer, at: now, into: &outbox)
            case .ping: pong(peer, into: &outbox)
            case .hello: try hello(content, from: peer, at: now, into: &outbox)
            case .ready: try ready(message, from: peer, at: now, into: &outbox)
            case .drain: draining(peer)
            case .bye: bye(peer, at: now, into: &outbox)
            default: throw unsupported(message)
            }
        } catch {
            complain(error, about: message, to: peer, into: &outbox)
        }
    }

    /// A message could not be read: its sender is told, and it is counted.
    package mutating func malformed(_ fault: Fault, from peer: PeerID, into outbox: inout Outbox) {
        counters.malformed += 1
        peers.with(peer) { $0.faults += 1 }
        log.warning(
            "a message could not be read",
            ["peer": .text(peers[peer]?.name ?? "\(peer)"), "reason": .text(fault.message)])
        outbox.send(to: peer) { writer in
            writer.begin(.error)
            writer.error(WireError(fault))
        }
    }

    /// From now on nothing new is accepted; what is in hand is finished.
    package mutating func drain() { isDraining = true }

    // MARK: - Answers to what cannot be done

    /// A word that is not for this side, not of this version, or not served yet.
    private mutating func unsupported(_ message: borrowing EnvelopeView) -> Fault {
        counters.malformed += 1
        let word = message.type.map(\.name) ?? "type \(message.typeNumber)"
        return Fault(WireCode.unsupported, "\(word) is not something this orchestrator takes")
    }

    private mutating func complain(
        _ fault: Fault, about message: borrowing EnvelopeView, to peer: PeerID,
        into outbox: inout Outbox
    ) {
        counters.refused += 1
        let messageID = message[.messageID]
        let requestID = message[.requestID]
        let dispatch = message.dispatch
        let type: MessageType = fault.has(WireCode.unsupported) ? .nack : .error
        outbox.send(to: peer) { writer in
            writer.begin(type)
            if !messageID.isEmpty { writer.text(.correlationID, messageID) }
            if !requestID.isEmpty || !messageID.isEmpty {
                writer.text(.requestID, requestID.isEmpty ? messageID : requestID)
            }
            if dispatch != 0 { writer.dispatch(dispatch) }
            writer.error(WireError(fault))
        }
    }

    /// A peer whose connection was gone speaks again: a worker must first say what it still has in hand.
    private mutating func returned(
        _ peer: PeerID, with message: borrowing EnvelopeView
    ) throws(Fault) {
        guard let known = peers[peer], known.absent != nil else { return }
        guard known.worker == nil || message.type == .hello || message.type == .bye else {
            throw Fault(
                WireCode.hello, "the connection was lost in between: say HELLO", retry: .now)
        }
        peers.with(peer) { $0.absent = nil }
    }

    private func pong(_ peer: PeerID, into outbox: inout Outbox) {
        outbox.send(to: peer) { $0.begin(.pong) }
    }

    func say(_ message: StaticString, of peer: Peer, _ note: String = "") {
        log.info(message, ["peer": .text(peer.name), "note": .text(note)])
    }
}
