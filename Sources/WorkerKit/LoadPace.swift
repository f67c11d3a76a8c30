import Reactor

/// When the calls of a load at a fixed rate are due: so many a second from its beginning on,
/// whatever became of those before.
///
/// It owns no clock. Whoever comes late is given what it missed, so that the rate is kept over a
/// hiccup; what has been due for longer than the backlog allows is dropped and counted, so that a
/// pause does not end in a flood.
struct LoadPace {
    /// How often a sender asks: often enough to spread the calls, seldom enough to cost little.
    static let tick = Duration.milliseconds(1)
    /// How far a sender may be behind.
    static let backlog = Duration.milliseconds(100)

    private let rate: Int
    private let beginning: Instant
    /// The number of the next call, from 0.
    private var number = 0

    init(rate: Int, from beginning: Instant) {
        self.rate = max(1, rate)
        self.beginning = beginning
    }

    /// When the next call was due, if it is; each call is given once.
    mutating func next(at now: Instant) -> Instant? {
        let due = moment(of: number)
        guard due <= now else { return nil }
        number += 1
        return due
    }

    /// Gives up the calls that have been due for too long; how many.
    mutating func drop(at now: Instant) -> Int {
        let oldest = first(after: (now - beginning) - Self.backlog)
        let dropped = max(0, oldest - number)
        number += dropped
        return dropped
    }

    private func moment(of number: Int) -> Instant {
        // In two steps, so that no number of calls overflows.
        let (seconds, rest) = number.quotientAndRemainder(dividingBy: rate)
        return beginning + .seconds(seconds)
            + .nanoseconds(Int64(rest) * 1_000_000_000 / Int64(rate))
    }

    /// The number of the first call that is due at this time of the load or later.
    private func first(after time: Duration) -> Int {
        guard time > .zero else { return 0 }
        return Int((time / .seconds(1) * Double(rate)).rounded(.up))
    }
}
