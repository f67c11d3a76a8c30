package import Telemetry

/// How it stands with the store, as its user must know.
package enum StoreCondition: Sendable {
    /// Everything works; this instance is `name#epoch` there.
    case ready(epoch: UInt64)
    /// Nothing can be kept for now; it comes back by itself.
    case away(reason: String)
    /// This instance may decide nothing until it is ready again: its lease has run out.
    case fenced(reason: String)
    /// It will not come back by itself: credentials, wiped data, a store that cannot be used.
    case refused(Fault)
}

/// What an instance hears from the store now and then.
package struct StoreNews: Sendable, Equatable {
    /// Agents that are frozen, with the reason.
    package var frozen: [String: String]
    /// Requests that wait for an owner.
    package var ready: Int
    /// The store's clock, in milliseconds since 1970.
    package var time: UInt64
    /// Sessions that are kept, and their bytes.
    package var sessions = 0
    package var sessionBytes = 0

    package init(frozen: [String: String] = [:], ready: Int = 0, time: UInt64 = 0) {
        self.frozen = frozen
        self.ready = ready
        self.time = time
    }

    /// Whether the other says the same, whatever the time.
    func says(_ other: StoreNews?) -> Bool {
        guard var other else { return false }
        other.time = time
        return self == other
    }
}
