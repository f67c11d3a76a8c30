import Reactor
import Telemetry

/// The store's clock between two answers: the last time it told, and what has passed since by this
/// machine's steady clock. It never goes back.
struct StoreClock {
    private var milliseconds: UInt64
    private var at: Instant?
    private var latest = UInt64.zero

    /// Until the store has told its time, this machine's must do.
    init(local: UInt64) { milliseconds = local }

    mutating func told(_ milliseconds: UInt64, at now: Instant) {
        self.milliseconds = milliseconds
        at = now
    }

    mutating func time(at now: Instant) -> UInt64 {
        if at == nil { at = now }
        let passed = at.map { max(.zero, now - $0).milliseconds } ?? 0
        let (sum, overflow) = milliseconds.addingReportingOverflow(passed)
        latest = max(latest, overflow ? .max : sum)
        return latest
    }
}
