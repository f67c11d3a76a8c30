import Document
import Reactor
import Telemetry

/// The latest choices of an orchestrator, so that it can be asked why a request went where it
/// went.
///
/// A ring that grows up to its limit and then forgets the oldest. Noting a choice copies values and
/// allocates nothing but the room for its candidates, where they are noted.
struct DecisionLog {
    private let limit: Int
    private var ring: [Decision] = []
    /// The number of the next decision; the ring holds the ones before it.
    private var next = 0

    init(limit: Int = 16_384) { self.limit = max(1, limit) }

    var count: Int { ring.count }

    /// Keeps a decision and gives the number under which its outcome is told.
    mutating func note(_ decision: consuming Decision) -> Int {
        if ring.count < limit {
            ring.append(decision)
        } else {
            ring[next % limit] = decision
        }
        next += 1
        return next - 1
    }

    /// How the attempt that was decided ended, if the decision is still known.
    mutating func ended(_ number: Int, _ outcome: Decision.Outcome, took: Duration) {
        guard number >= 0, number < next, number >= next - ring.count else { return }
        ring[number % limit].outcome = outcome
        ring[number % limit].took = took
    }

    /// What is known of one request, in the order it was decided. Looks at all that is kept: a
    /// question of people, not of every call.
    func decisions(of key: RequestKey) -> [Decision] {
        (next - ring.count..<next).map { ring[$0 % limit] }.filter { $0.key == key }
    }

    /// Likewise, of a request that was accepted then: looks no farther back.
    func decisions(of key: RequestKey, since accepted: Instant) -> [Decision] {
        var found: [Decision] = []
        for number in (next - ring.count..<next).reversed() {
            guard ring[number % limit].at >= accepted else { break }
            if ring[number % limit].key == key { found.append(ring[number % limit]) }
        }
        return found.reversed()
    }

    /// Likewise, of several.
    func decisions(of keys: Set<RequestKey>) -> [RequestKey: [Decision]] {
        var found: [RequestKey: [Decision]] = [:]
        for number in next - ring.count..<next where keys.contains(ring[number % limit].key) {
            found[ring[number % limit].key, default: []].append(ring[number % limit])
        }
        return found
    }

    /// Likewise, of a request known by its id alone.
    func decisions(id: String, where isMeant: (Decision) -> Bool = { _ in true }) -> [Decision] {
        (next - ring.count..<next).map { ring[$0 % limit] }
            .filter { $0.key.id == id && isMeant($0) }
    }
}

/// One choice of an instance: who, why, and what spoke against the others.
struct Decision {
    /// Why somebody had to be chosen.
    enum Reason: String { case first, retry, hedge, lost, busy, fallback, stage, resumed }

    /// Why a candidate was not taken.
    enum Verdict: String {
        case chosen, full, draining, absent, paused
        case breakerOpen = "breaker_open"
        case excluded
        case waitsItsTurn = "waits_its_turn"
        case lowerScore = "lower_score"
    }

    enum Outcome: Equatable {
        case running, answered, cancelled, lost, busy
        case failed(code: String)
    }

    struct Candidate {
        var instance = ""
        var score: Float = 0
        var load: Int32 = 0
        var breaker = Breaker.State.closed
        var verdict = Verdict.waitsItsTurn
    }

    /// The candidates that were noted; a decision noted without them is small.
    struct Field {
        static let most = 8
        private(set) var all: [Candidate] = []

        var count: Int { all.count }

        mutating func add(_ candidate: Candidate) {
            guard all.count < Self.most else { return }
            if all.isEmpty { all.reserveCapacity(Self.most) }
            all.append(candidate)
        }
    }

    var key: RequestKey
    var agent: String
    var at: Instant
    var step: UInt32 = 1
    var attempt: UInt32 = 1
    var reason = Reason.first
    var algorithm = BalancingPolicy.Algorithm.weightedRoundRobin
    /// Empty when there was nobody and the request had to wait.
    var instance = ""
    var score: Float = 0
    /// How many instances there were, of whom the field names some.
    var instances = 0
    var field = Field()
    var outcome = Outcome.running
    var took = Duration.zero
}

extension Decision {
    /// The decision as an answer shows it; moments count from when the request began.
    func value(since began: Instant, _ now: Instant) -> Value {
        var row: ObjectValue = [
            "agent": .string(agent),
            "attempt": Value(Int(attempt)),
            "at_ms": Value((at - began).milliseconds),
            "reason": .string(instance.isEmpty ? absence : reason.rawValue),
            "algorithm": .string(algorithm.rawValue),
            "chosen": instance.isEmpty ? .null : .string("\(agent)#\(instance)"),
            "score": .number(Self.rounded(score)),
            "candidates": .array(field.all.map { value(of: $0) }),
            "others": Value(max(0, instances - max(field.count, instance.isEmpty ? 0 : 1))),
        ]
        describeOutcome(&row, now)
        return .object(row)
    }

    /// Why nobody was chosen.
    private var absence: String { outcome == .running ? "waits" : "refused" }

    private func value(of candidate: Candidate) -> Value {
        [
            "instance": .string("\(agent)#\(candidate.instance)"),
            "score": .number(Self.rounded(candidate.score)),
            "in_flight": Value(Int(candidate.load)),
            "breaker": .string(candidate.breaker.rawValue),
            "verdict": .string(candidate.verdict.rawValue),
        ]
    }

    private func describeOutcome(_ row: inout ObjectValue, _ now: Instant) {
        guard !instance.isEmpty else {
            if case .failed(let code) = outcome {
                row["outcome"] = "refused"
                row["code"] = .string(code)
            } else {
                row["outcome"] = "waited"
            }
            return
        }
        switch outcome {
        case .running: row["outcome"] = "running"
        case .answered: row["outcome"] = "answered"
        case .cancelled: row["outcome"] = "cancelled"
        case .lost: row["outcome"] = "lost"
        case .busy: row["outcome"] = "busy"
        case .failed(let code):
            row["outcome"] = "failed"
            row["code"] = .string(code)
        }
        guard outcome != .cancelled else { return }
        let time = outcome == .running ? now - at : took
        row["took_ms"] = .number(Double(time.wholeNanoseconds / 10_000) / 100)
    }

    private static func rounded(_ score: Float) -> Double {
        (Double(score) * 1000).rounded() / 1000
    }
}
