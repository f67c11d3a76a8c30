/// Durations as the wire and people count them.
extension Duration {
    /// Whole milliseconds, rounded down and clamped to 64 bits; a negative duration is zero.
    package var milliseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1000)
        return overflow ? .max : product &+ UInt64(attoseconds / 1_000_000_000_000_000)
    }
}
