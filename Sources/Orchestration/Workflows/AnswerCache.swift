import Document
import Reactor

/// Answers of agents that may be used again for a while, for calls that allow it. It holds so many
/// and no more; the oldest go first.
struct AnswerCache {
    private struct Entry {
        let value: Value
        let until: Instant
        let number: Int
    }

    private var entries: [Key: Entry] = [:]
    private var order = Deque<(key: Key, number: Int)>()
    private var count = 0
    private let limit: Int

    init(limit: Int = 10_000) { self.limit = limit }

    /// What tells an answer from all others: no tenant is ever given another's.
    struct Key: Hashable {
        let tenant: String
        let agent: String
        let key: String
    }

    func answer(_ key: Key, at now: Instant) -> Value? {
        guard let entry = entries[key], entry.until > now else { return nil }
        return entry.value
    }

    mutating func keep(_ value: Value, _ key: Key, for lifetime: Duration, at now: Instant) {
        guard lifetime > .zero else { return }
        count += 1
        entries[key] = Entry(value: value, until: now + lifetime, number: count)
        order.append((key, count))
        while entries.count > limit || order.count > limit * 2, let oldest = order.popFirst() {
            if entries[oldest.key]?.number == oldest.number { entries[oldest.key] = nil }
        }
    }
}
