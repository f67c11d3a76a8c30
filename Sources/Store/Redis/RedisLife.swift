import Reactor
import Telemetry

/// The life of a connection to Redis, without any input or output: what happened goes in, what is
/// to be done comes out. An event that cannot happen in a state changes nothing.
struct RedisLife {
    enum State: Equatable {
        case idle
        case connecting
        case greeting
        case ready(since: Instant)
        case resting
        case closed
    }

    enum Event {
        case opened
        /// The other side has taken the connection.
        case connected
        case greeted(RedisLink.Facts)
        /// It answers, and is not ready yet.
        case postponed(String)
        case refused(Fault)
        /// It is no longer the one to be asked.
        case moved(String)
        /// The connection has ended, or never came to be, or makes no sense any more.
        case lost(String)
        /// No answer came in time.
        case late
        case rested
        case closed
    }

    /// In the order in which they are to be done.
    enum Action {
        case connect
        case greet
        case tell(RedisLink.Condition)
        /// End the connection, if there is one.
        case cut
        /// Nobody will know what came of what was sent.
        case abandon(String)
        case rest(Duration)
    }

    private(set) var state = State.idle
    private let shortest: Duration
    private let longest: Duration
    private let deadline: Duration
    /// Attempts since it was last ready for a while.
    private var attempts = 0
    /// What was said of it last, unless that it is ready: nobody hears the same twice.
    private var told: String?

    init(_ settings: StoreSettings) {
        shortest = settings.shortestBackoff
        longest = settings.longestBackoff
        deadline = settings.deadline
    }

    var isReady: Bool {
        if case .ready = state { true } else { false }
    }

    /// Whether something must come from the other side.
    var isWaiting: Bool { state == .connecting || state == .greeting }

    /// - Parameter chance: from 0 to 1, drawn anew each time.
    mutating func event(_ event: Event, at now: Instant, chance: Double) -> [Action] {
        switch (state, event) {
        case (.closed, _): return []
        case (_, .closed):
            state = .closed
            return [.cut, .abandon("the connection to Redis was closed")]
        case (.idle, .opened), (.resting, .rested):
            state = .connecting
            return [.connect]
        case (.connecting, .connected):
            state = .greeting
            return [.greet]
        case (.greeting, .greeted(let facts)):
            state = .ready(since: now)
            told = nil
            return [.tell(.ready(facts))]
        case (.greeting, .refused(let fault)), (.connecting, .refused(let fault)):
            return rest(longest, "Redis refuses", tell(.refused(fault), fault.description))
        case (.greeting, .postponed(let reason)), (.ready, .moved(let reason)),
            (.connecting, .lost(let reason)), (.greeting, .lost(let reason)),
            (.ready, .lost(let reason)):
            return lose(reason, at: now, chance: chance)
        case (.connecting, .late), (.greeting, .late), (.ready, .late):
            let reason = "Redis has not answered within \(deadline)"
            return lose(reason, at: now, chance: chance)
        default: return []
        }
    }

    private mutating func lose(_ reason: String, at now: Instant, chance: Double) -> [Action] {
        // One that falls away as soon as it is there is not asked faster and faster.
        if case .ready(let since) = state, now - since >= longest { attempts = 0 }
        var ceiling = shortest
        for _ in 0..<min(attempts, 30) where ceiling < longest { ceiling = ceiling * 2 }
        attempts += 1
        // Anything up to the ceiling, so that many that lost it at once do not come back at once.
        let pause = min(ceiling, longest) * min(max(chance, 0), 1)
        return rest(pause, reason, tell(.away(reason: reason), reason))
    }

    private mutating func rest(_ pause: Duration, _ reason: String, _ tell: [Action]) -> [Action] {
        state = .resting
        return tell + [.cut, .abandon(reason), .rest(pause)]
    }

    private mutating func tell(_ condition: RedisLink.Condition, _ text: String) -> [Action] {
        guard told != text else { return [] }
        told = text
        return [.tell(condition)]
    }
}
