package import Reactor
package import Telemetry
package import Wire

/// Decides when one connection to an orchestrator is opened, greeted, asked, given up: events and
/// moments in, actions out.
///
/// It never touches a socket. libzmq reconnects on its own as long as a socket lives; this machine
/// knows when a socket is not worth keeping, which libzmq does not: silence, a refused key, a
/// broken handshake.
package struct Link {
    package enum State: Equatable {
        /// A socket is there and tries to connect.
        case opening
        /// HELLO was sent over a new connection.
        case greeting
        case up
        /// No socket is there until then.
        case waiting(Instant)
        /// It ended for good.
        case over
    }

    package enum Event {
        case opened
        case connected
        case disconnected
        /// The door keeper refused the key.
        case refused
        /// The handshake failed otherwise, and libzmq may never try again.
        case broken
        case heard
        case welcomed(Welcome)
        case helloRefused(Fault)
        /// The orchestrator does not know this session any more.
        case unknown
        case retired
        case tick
    }

    package enum Action {
        case open, close, sendHello, sendPing
        case up(Welcome)
        case down
        case giveUp(Fault)
    }

    /// Every delay and bound of a link.
    package struct Limits: Sendable {
        package var ping = Duration.seconds(1)
        package var dead = Duration.seconds(4)
        package var firstDelay = Duration.milliseconds(100)
        package var longestDelay = Duration.seconds(5)
        package var refusals = 10
        /// How long an address is tried before the name of its host is looked up again: whoever
        /// was started anew may have got another one.
        package var lookup = Duration.seconds(1)
        /// Whether links are opened to orchestrators that another one told of.
        package var meetsOthers = true

        package init() {}
    }

    package private(set) var state = State.over
    private let limits: Limits
    private var lastHeard = Instant.zero
    private var pinged: Instant?
    private var failures = 0
    private var refusals = 0

    package init(_ limits: Limits = Limits()) { self.limits = limits }

    /// Whether it is down because nothing was heard for too long.
    package private(set) var isSilent = false
    package var isUp: Bool { state == .up }
    package var isOver: Bool { state == .over }

    /// When time alone may ask for something.
    package var nextLook: Instant {
        switch state {
        case .opening, .over: .distantFuture
        case .waiting(let until): until
        case .greeting, .up:
            min(lastHeard + limits.dead, (pinged ?? lastHeard) + limits.ping)
        }
    }

    /// The frequent event, apart from the others so that it costs nothing. While a WELCOME is
    /// waited for, no other word counts: whoever does not answer HELLO does not know this process.
    package mutating func heard(at now: Instant) {
        guard state != .greeting else { return }
        listen(from: now)
    }

    private mutating func listen(from now: Instant) {
        lastHeard = now
        pinged = nil
    }

    package mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        if state == .over { return begin(event) }
        switch event {
        case .opened: return []
        case .heard:
            heard(at: now)
            return []
        case .connected: return greet(at: now)
        case .disconnected: return lose()
        case .refused: return refuse(at: now)
        case .broken: return pause(at: now)
        case .welcomed(let welcome): return welcomed(welcome, at: now)
        case .helloRefused(let fault): return helloRefused(fault, at: now)
        case .unknown: return state == .up ? greet(at: now) : []
        case .retired: return end()
        case .tick: return tick(at: now)
        }
    }

    // MARK: - Steps

    private mutating func begin(_ event: Event) -> [Action] {
        guard case .opened = event else { return [] }
        state = .opening
        return [.open]
    }

    private mutating func greet(at now: Instant) -> [Action] {
        if case .waiting = state { return [] }
        let actions: [Action] = state == .up ? [.down, .sendHello] : [.sendHello]
        state = .greeting
        listen(from: now)
        return actions
    }

    private mutating func lose() -> [Action] {
        switch state {
        case .up:
            state = .opening
            return [.down]
        case .greeting:
            state = .opening
            return []
        default: return []
        }
    }

    private mutating func refuse(at now: Instant) -> [Action] {
        if case .waiting = state { return [] }
        refusals += 1
        guard refusals < limits.refusals else {
            let fault = Fault(
                BusCode.keyRefused,
                "the orchestrator refused this key \(refusals) times: have it put on the allow list"
            )
            return end() + [.giveUp(fault)]
        }
        return pause(at: now)
    }

    private mutating func welcomed(_ welcome: Welcome, at now: Instant) -> [Action] {
        guard state == .greeting else { return [] }
        state = .up
        isSilent = false
        failures = 0
        refusals = 0
        heard(at: now)
        return [.up(welcome)]
    }

    private mutating func helloRefused(_ fault: Fault, at now: Instant) -> [Action] {
        fault.retry == .never ? end() + [.giveUp(fault)] : pause(at: now)
    }

    private mutating func tick(at now: Instant) -> [Action] {
        switch state {
        case .waiting(let until):
            guard now >= until else { return [] }
            state = .opening
            return [.open]
        case .greeting, .up:
            if now - lastHeard >= limits.dead { return replace() }
            guard now - (pinged ?? lastHeard) >= limits.ping else { return [] }
            pinged = now
            return [.sendPing]
        case .opening, .over: return []
        }
    }

    /// A silent connection may look healthy to libzmq for ever: only a new socket heals it.
    private mutating func replace() -> [Action] {
        let wasUp = state == .up
        state = .opening
        isSilent = true
        return wasUp ? [.down, .close, .open] : [.close, .open]
    }

    private mutating func pause(at now: Instant) -> [Action] {
        if case .waiting = state { return [] }
        let wasUp = state == .up
        let delay = min(limits.longestDelay, limits.firstDelay * (1 << min(failures, 10)))
        failures += 1
        state = .waiting(now + delay)
        return wasUp ? [.down, .close] : [.close]
    }

    private mutating func end() -> [Action] {
        let wasUp = state == .up
        state = .over
        return wasUp ? [.down, .close] : [.close]
    }
}
