import Document
import Reactor
import Telemetry

/// Steps that were given up because workers died with them: what is known of each, for whoever has
/// to find out why. Bounded; the oldest goes first.
struct Quarantine {
    struct Entry {
        var key: RequestKey
        var tenant: String
        var agent: String
        var step: UInt32
        var attempts: UInt32
        var deaths: Int
        var at: Instant
    }

    private let limit: Int
    private var ring: Deque<Entry> = Deque()
    /// All there ever were.
    private(set) var total = 0

    init(limit: Int = 1000) { self.limit = max(1, limit) }

    mutating func add(_ entry: Entry) {
        if ring.count == limit { _ = ring.popFirst() }
        ring.append(entry)
        total += 1
    }

    /// The latest first.
    func entries(where isMeant: (Entry) -> Bool) -> [Entry] {
        var rest = ring
        var entries: [Entry] = []
        while let entry = rest.popFirst() {
            if isMeant(entry) { entries.append(entry) }
        }
        return entries.reversed()
    }
}

extension Quarantine.Entry {
    func value(at now: Instant) -> Value {
        [
            "request": .string(key.id),
            "agent": .string(agent),
            "step": Value(Int(step)),
            "attempts": Value(Int(attempts)),
            "deaths": Value(deaths),
            "ago_ms": Value((now - at).milliseconds),
        ]
    }
}
