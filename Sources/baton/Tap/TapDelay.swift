/// How far behind the bus a listener is, by the moments of what it hears. Pure.
///
/// Clocks of two machines differ, and one of them may have been started at any time: only by how
/// much the difference has grown since the quickest event says anything.
struct TapDelay: Sendable {
    private enum Limits {
        /// Below it nobody is behind: that is how the bus and the machine breathe.
        static let delay: Int64 = 500_000_000
        /// Whoever has heard nothing for so long has nothing more to hear.
        static let silence: Int64 = 1_000_000_000
    }

    private var least = Int64.max
    private var latest: Int64 = 0
    private var heard: Int64 = 0

    /// - Parameters:
    ///   - at: when the event passed, in nanoseconds of the orchestrator's clock.
    ///   - now: in nanoseconds of any clock of this process.
    mutating func hear(_ at: UInt64, now: Int64) {
        latest = now &- Int64(truncatingIfNeeded: at)
        least = min(least, latest)
        heard = now
    }

    /// Nanoseconds between the latest event and the bus, if that is worth a word.
    func behind(now: Int64) -> UInt64? {
        guard least != .max, now &- heard < Limits.silence else { return nil }
        let delay = latest &- least
        return delay > Limits.delay ? UInt64(delay) : nil
    }
}
