package import Bus
import Document
package import Reactor
import Store
import Synchronization
package import Telemetry
package import Wire

/// Decides everything an orchestrator does: a pure machine from messages and moments to messages.
///
/// It owns the registry, the requests in hand and what is known of each peer. It never sends,
/// waits, reads a clock or touches a descriptor: what it wants done it writes to the outbox, and
/// whoever runs it tells it what happened.
package struct Conductor: ~Copyable {
    package let name: String
    package var limits: Limits
    package var delays: Delays
    /// Whether what the store accepted outlives this process; answers tell their callers.
    let storeIsDurable: Bool
    package var welcome: Welcome
    var peers = Peers()
    var registry = Registry()
    var requests = RequestTable()
    var steps = StepTable()
    /// When each request must have ended.
    var deadlines = DeadlineWheel()
    /// Steps that wait in lines, and how many of them are urgent: of a priority above 0.
    var waiting = 0
    var urgent = 0
    var counters = Counters()
    var quarantine = Quarantine()
    /// How it stands with the store.
    var standing = Standing.ready
    /// Its lease in the store has run out: nothing durable is given away.
    var isFenced = false
    /// The store's clock, and when it was heard; the time of day at the start until then.
    package var storeClock: (time: UInt64, heard: Instant) = (0, .zero)
    /// Requests in the store that wait for an owner, and whether some were asked for.
    var readyElsewhere = 0
    var isClaiming = false
    /// The number of its lease.
    var epoch: UInt64 = 0
    var orphans = Orphans()
    /// Of the request that is being taken up: the step that had begun and must not be repeated.
    var begun: StoredStep?
    /// Workers that were asked what they have of others and have not answered.
    var searched: [PeerID: Instant] = [:]
    /// Until when workers that have steps of others may still be on their way here.
    var reunion: Instant?
    var inquiries = Inquiries()
    var followers = Followers()
    var sessions = SessionCache()
    /// How many sessions the store has, and their bytes.
    package var sessionsKept: (count: Int, bytes: Int) = (0, 0)
    var surroundings = Surroundings()
    /// The workflows that can be asked for, and their runs.
    var shelf = WorkflowShelf()
    var flows = FlowTable()
    /// What runs ask of people.
    var people = People()
    /// What begins by itself.
    var schedules = Timetable()
    /// What workflows may declare as theirs, by name.
    var secrets: ObjectValue = [:]
    /// The number of the last broadcast on each topic: one for each agent, and two of the house.
    var published: [String: UInt64] = [:]
    /// The latest choices, for whoever asks why.
    var decisions = DecisionLog()
    /// The moment of the event that is looked at.
    var present = Instant.zero
    /// The latest requests that ended.
    var ended = RequestLog()
    /// Choices that are noted in a second.
    var choices = Throttle(2_000)
    /// Lines that the log takes in a second: about failures, about what is tried again or
    /// elsewhere, about requests that go on to their next stage.
    var failures = Throttle(20)
    var repeats = Throttle(20)
    var stages = Throttle(20)
    /// Until when a second copy may be due at any moment.
    var briskUntil = Instant.zero
    /// What is to be told of breakers when the event is over.
    var stories: [BreakerStory] = []
    /// Draws the waits before retries.
    var dice: Dice
    package private(set) var isDraining = false
    /// When time was last looked at.
    var looked: Instant?
    /// When this process last found that it had stood still.
    var forgiven: Instant?
    /// Who listens to what passes here.
    var tap = Tap()
    /// The request that is arriving, as the tap knows it.
    var arriving: TapScene?
    let log: Log
    /// Never read: a value that holds an atomic has a fixed address, so the compiler hands the
    /// conductor to its own verbs by reference. Without it each call of one that does not change
    /// anything copies all of it, 1.5 kB ten times a request.
    private let anchor = Atomic<Bool>(false)

    /// What happened so far, for STATS.
    struct Counters {
        var accepted = 0, answered = 0, refused = 0, expired = 0, cancelled = 0
        var retried = 0, hedged = 0, fallbacks = 0
        var redispatched = 0, stale = 0, malformed = 0, flaps = 0, deaths = 0
        var broadcasts = 0, failed = 0, parked = 0, claimed = 0, fenced = 0
        var resumed = 0, relayed = 0
    }

    package init(
        welcome: Welcome, limits: Limits = Limits(), delays: Delays = Delays(),
        policies: Policies = Policies(),
        storeIsDurable: Bool = true, log: Log = .silent
    ) {
        name = welcome.orchestrator
        self.welcome = welcome
        self.limits = limits
        self.delays = delays
        self.storeIsDurable = storeIsDurable
        self.log = log
        epoch = UInt64(welcome.epoch) ?? 0
        dice = Dice(seed: welcome.epoch.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
        registry.seed = Dice(seed: welcome.epoch.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }).first
        registry.adopt(policies)
    }

    /// Whether anything is in hand that a drain must wait for.
    package var isIdle: Bool {
        guard requests.count == 0, steps.count > 0 else { return requests.count == 0 }
        // What others go on with keeps nobody here.
        return steps.inUse.allSatisfy { steps[$0].isMoved }
    }

    package var inHand: Int { requests.count }

    private var isBrisk: Bool { looked.map { $0 < briskUntil } ?? false }

    /// How long nothing needs to be looked at: short while requests are in hand, long when nobody
    /// is here.
    package var nextLook: Duration {
        if flows.isBusy { return .zero }
        if requests.count > 0 { return .milliseconds(isBrisk ? 4 : 20) }
        if !schedules.isEmpty { return .milliseconds(40) }
        return peers.count > 0 || tap.isOn ? .milliseconds(100) : .seconds(60)
    }

    /// Works by other limits, delays and policies from now on.
    package mutating func adopt(_ configuration: Configuration) {
        limits = configuration.limits
        delays = configuration.delays
        registry.adopt(configuration.policies)
        secrets = configuration.secrets
    }

    // MARK: - Events

    /// A routing id sent its first message, or one that was given up sent another. Beyond the limit
    /// it stays unknown, and its message is answered with `busy`.
    package mutating func joined(
        _ peer: PeerID, name: String, identity: Identity, at now: Instant
    ) {
        guard peers.count < limits.peers else { return }
        peers.add(Peer(id: peer, name: name, identity: identity, heard: now), delays)
    }

    /// One message arrived.
    package mutating func received(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at now: Instant, into outbox: inout Outbox
    ) {
        present = now
        guard peers.contains(peer) else { return turnAway(message, peer, into: &outbox) }
        do throws(Fault) {
            try checkReturn(of: peer, with: message)
            peers.heard(peer, at: now)
            switch message.type {
            case .broadcast: try broadcast(message, content, from: peer, at: now, into: &outbox)
            case .breaker: try breaker(message, content, from: peer, at: now)
            case .hint: try hinted(message, content, from: peer, at: now, into: &outbox)
            case .request, .notification, .pipeline:
                try request(message, content, from: peer, at: now, into: &outbox)
            case .result: try result(message, content, from: peer, at: now, into: &outbox)
            case .fail: try failed(message, from: peer, at: now, into: &outbox)
            case .accept: accept(message, from: peer, into: &outbox)
            case .event where peers[peer]?.role == .orchestrator:
                try heard(message, content, from: peer, into: &outbox)
            case .progress: try progress(message, content, from: peer, at: now, into: &outbox)
            case .partial: partial(message, content, from: peer, into: &outbox)
            case .span: try span(message, content, from: peer, at: now, into: &outbox)
            case .nack: try refused(message, from: peer, at: now, into: &outbox)
            case .cancel: try cancel(message, from: peer, into: &outbox)
            case .watch: try follow(message, from: peer, into: &outbox)
            case .effectBegin: try beginEffect(message, content, from: peer, into: &outbox)
            case .effectDone: try endEffect(message, content, from: peer, into: &outbox)
            case .ping: outbox.send(to: peer) { $0.begin(.pong) }
            case .pong: noteLoad(message, of: peer)
            case .hello: try hello(content, from: peer, at: now, into: &outbox)
            case .ready: try ready(message, content, from: peer, at: now, into: &outbox)
            case .drain: draining(peer)
            case .bye: bye(peer, at: now, into: &outbox)
            case .error: counters.malformed += 1  // An error is never answered with another one.
            default: throw unsupported(message)
            }
        } catch {
            counters.refused += 1
            logRefusal(error, of: message, from: peer)
            complain(error, about: message, to: peer, into: &outbox)
        }
        tellStories(into: &outbox)
    }

    /// A message could not be read: its sender is told, and it is counted.
    package mutating func malformed(_ fault: Fault, from peer: PeerID, into outbox: inout Outbox) {
        counters.malformed += 1
        peers[peer]?.faults += 1
        let faults = peers[peer]?.faults ?? 1
        // The first one, the second, the fourth and so on: whoever sends rubbish does not also fill
        // the log.
        if faults & (faults - 1) == 0 {
            log.warning(
                "a message could not be read",
                [
                    "peer": .text(peers[peer]?.name ?? "\(peer)"), "reason": .text(fault.message),
                    "so_far": .integer(faults),
                ])
        }
        outbox.send(to: peer) { writer in
            writer.begin(.error)
            writer.error(WireError(fault).bounded)
        }
    }

    /// From now on nothing new is accepted; what is in hand is finished.
    package mutating func drain() { isDraining = true }

    /// Others need not wait for this instance to have left.
    package mutating func handBackWaiting(into outbox: inout Outbox) {
        guard isDraining, storeIsDurable, standing == .ready else { return }
        // Where another orchestrator is there, what runs goes on for that one.
        let isAlone = welcome.orchestrators.count < 2
        let now = looked ?? present
        for slot in requests.inUse
        where requests[slot].state == .active && requests[slot].delivery == .durable {
            let mustWait = requests[slot].steps.members(steps.siblings).contains {
                isAlone && steps[$0].isHeld || steps[$0].state == .storing
                    || isOnItsWay($0, at: now)
            }
            guard !mustWait else { continue }
            let fault = Fault(
                WireCode.unavailable, "this orchestrator is leaving",
                retry: .after(.milliseconds(100)))
            handBack(slot, fault, into: &outbox)
        }
    }

    /// Whether a task may not have reached its worker yet: whoever asked for it elsewhere would not
    /// find it, and give it away once more.
    private func isOnItsWay(_ step: Int, at now: Instant) -> Bool {
        steps[step].state == .running && !steps[step].isAccepted && !steps[step].isUnsent
            && now - steps[step].dispatched < delays.ping
    }

    /// The drain took too long: what is in hand ends here, and everybody who waits or works for it
    /// is told.
    package mutating func abandon(into outbox: inout Outbox) {
        isDraining = true
        let reason = "the orchestrator left before the request ended"
        for slot in requests.inUse {
            let fault = Fault(WireCode.unavailable, reason, retry: .now)
            if storeIsDurable, requests[slot].delivery == .durable {
                handBack(slot, fault, into: &outbox)
            } else {
                stop(slot, fault, into: &outbox)
            }
        }
    }

    // MARK: - Answers to what cannot be done

    /// A word that is not for this side, not of this version, or not served yet.
    private mutating func unsupported(_ message: borrowing EnvelopeView) -> Fault {
        counters.malformed += 1
        let word = message.type.map(\.name) ?? "type \(message.typeNumber)"
        return Fault(WireCode.unsupported, "\(word) is not something this orchestrator takes")
    }

    func complain(
        _ fault: Fault, about message: borrowing EnvelopeView, to peer: PeerID,
        into outbox: inout Outbox
    ) {
        let messageID = message[.messageID].bounded
        let requestID = message[.requestID].bounded
        let dispatch = message.dispatch
        let type: MessageType = fault.has(WireCode.unsupported) ? .nack : .error
        outbox.send(to: peer, about: subject(of: message, from: peer)) { writer in
            writer.begin(type)
            if !messageID.isEmpty { writer.text(.correlationID, messageID) }
            if !requestID.isEmpty || !messageID.isEmpty {
                writer.text(.requestID, requestID.isEmpty ? messageID : requestID)
            }
            if dispatch != 0 { writer.dispatch(dispatch) }
            writer.error(WireError(fault).bounded)
        }
    }

    /// Answers somebody who was not taken in, or was given up a moment ago.
    private mutating func turnAway(
        _ message: borrowing EnvelopeView, _ peer: PeerID, into outbox: inout Outbox
    ) {
        counters.refused += 1
        let fault =
            peers.count >= limits.peers
            ? Fault(
                WireCode.busy, "\(limits.peers) peers are connected: no more for now",
                retry: .after(.seconds(1)))
            : Fault(WireCode.hello, "this connection is not known any more: say HELLO", retry: .now)
        complain(fault, about: message, to: peer, into: &outbox)
        outbox.forget(peer)
    }

    /// A peer whose connection was gone speaks again: a worker must first say what it still has in
    /// hand.
    private mutating func checkReturn(
        of peer: PeerID, with message: borrowing EnvelopeView
    ) throws(Fault) {
        // HELLO itself says what the absence was, and must find it noted.
        guard peers.isAbsent(peer), message.type != .hello, message.type != .bye else { return }
        guard peers.worker(of: peer) == nil else {
            throw Fault(
                WireCode.hello, "the connection was lost in between: say HELLO", retry: .now)
        }
        peers[peer]?.absent = nil
        counters.flaps += 1
    }

    /// Workers and orchestrators that come and go are news; callers do so all the time.
    func say(_ message: StaticString, of peer: Peer) {
        if peer.role == .client {
            log.debug(message, ["peer": .text(peer.name)])
        } else {
            log.info(message, ["peer": .text(peer.name)])
        }
    }
}

extension String {
    /// As much of a foreign text as an answer has room for.
    var bounded: String {
        utf8.count <= 128 ? self : String(decoding: utf8.prefix(128), as: UTF8.self)
    }
}

extension WireError {
    /// The error with as much of its words as an envelope has room for.
    var bounded: WireError {
        guard code.utf8.count > 64 || message.utf8.count > 1024 else { return self }
        var error = self
        error.code = String(decoding: code.utf8.prefix(64), as: UTF8.self)
        error.message = String(decoding: message.utf8.prefix(1024), as: UTF8.self)
        return error
    }
}
