/// Moments and durations in formulas. Pure machines take moments as arguments and never ask for
/// one.
extension Instant {
    package static let zero = Instant(nanoseconds: 0)

    package static func + (moment: Instant, duration: Duration) -> Instant {
        moment.advanced(by: duration)
    }

    package static func - (later: Instant, earlier: Instant) -> Duration {
        earlier.duration(to: later)
    }
}
