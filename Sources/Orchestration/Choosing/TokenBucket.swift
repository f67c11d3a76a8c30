import Reactor

/// What may be spent of something: earned in shares, never more than it holds.
struct TokenBucket {
    private(set) var tokens: Double
    private var seen = Instant.zero

    init(tokens: Double) { self.tokens = tokens }

    mutating func earn(_ share: Double, capacity: Double) {
        tokens = min(tokens + share, max(capacity, tokens))
    }

    /// Earns by the passing of time alone.
    mutating func trickle(_ perSecond: Double, capacity: Double, at now: Instant) {
        guard now > seen else { return }
        let gap = Double((now - seen).wholeNanoseconds) / 1e9
        if seen > .zero { earn(gap * perSecond, capacity: capacity) }
        seen = now
    }

    /// Takes one, if there is one.
    mutating func spend() -> Bool {
        // What ten tenths sum up to is a hair less than one.
        guard tokens >= 1 - 1e-9 else { return false }
        tokens = max(0, tokens - 1)
        return true
    }
}

/// Keeps an outage from becoming a storm: retries are a share of the successes of a minute.
///
/// It begins with a few, so that a first failure can be tried again; a trickle lets an agent that
/// only fails be tried now and then.
struct RetryBudget {
    static let atFirst = 10.0
    private static let trickle = 0.1

    private var bucket = TokenBucket(tokens: atFirst)
    private var minute = Instant.zero
    private var successes = 0
    private var before = 0

    mutating func succeeded(_ policy: RetryPolicy, at now: Instant) {
        turn(at: now)
        successes += 1
        bucket.earn(policy.budget, capacity: capacity(policy))
    }

    /// Whether there may be one more retry; it is spent with the answer.
    mutating func spend(_ policy: RetryPolicy, at now: Instant) -> Bool {
        guard policy.budget > 0 else { return false }
        turn(at: now)
        bucket.trickle(Self.trickle, capacity: Self.atFirst, at: now)
        return bucket.spend()
    }

    var left: Int { Int(bucket.tokens + 1e-9) }

    /// No more than the share of the better one of this minute and the last.
    private func capacity(_ policy: RetryPolicy) -> Double {
        max(Self.atFirst, policy.budget * Double(max(successes, before)))
    }

    private mutating func turn(at now: Instant) {
        guard now - minute >= .seconds(60) else { return }
        before = now - minute < .seconds(120) ? successes : 0
        successes = 0
        minute = now
    }
}

/// Keeps second copies a small share of all requests, however slow the instances are.
struct HedgeBudget {
    private static let most = 10.0
    private var bucket = TokenBucket(tokens: 0)

    /// A request was given to its first instance.
    mutating func began(_ policy: HedgePolicy) {
        bucket.earn(policy.budget, capacity: Self.most)
    }

    /// Whether there may be one more copy; it is spent with the answer.
    mutating func spend() -> Bool { bucket.spend() }
}
