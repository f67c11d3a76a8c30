/// Durations as people write them: `250ms`, `1.5s`, `5m`, `2h`, a bare number of seconds; and back
/// again.
enum DurationText {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("", 1000),
    ]
    private static let longest: Int64 = 24 * 3_600_000

    /// Exact to the millisecond; nil for anything else, for nothing, and for more than a day.
    static func parse(_ text: String) -> Duration? {
        guard text.utf8.count <= 24 else { return nil }
        for (suffix, unit) in units where text.hasSuffix(suffix) {
            guard let value = milliseconds(text.dropLast(suffix.count), unit: unit) else {
                return nil
            }
            return (1...longest).contains(value) ? .milliseconds(value) : nil
        }
        return nil
    }

    /// Whole and fractional digits are counted apart, so that 0.1 s is 100 ms and never 99.
    private static func milliseconds(_ number: Substring, unit: Int64) -> Int64? {
        let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let whole = digits(first), whole <= longest else {
            return nil
        }
        guard parts.count == 2 else { return whole * unit }
        guard let fraction = digits(parts[1]), parts[1].utf8.count <= 3 else { return nil }
        let scale: Int64 = parts[1].utf8.count == 1 ? 10 : parts[1].utf8.count == 2 ? 100 : 1000
        let (value, rest) = (fraction * unit).quotientAndRemainder(dividingBy: scale)
        return rest == 0 ? whole * unit + value : nil
    }

    private static func digits(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.count <= 12,
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int64(text)
    }

    /// The two largest units, for tables: `3d 4h`, `12m 5s`, `8s`, `340ms`.
    static func spoken(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        guard seconds > 0 else {
            return "\(max(0, attoseconds / 1_000_000_000_000_000))ms"
        }
        let (days, hours) = (seconds / 86_400, seconds / 3600 % 24)
        let (minutes, rest) = (seconds / 60 % 60, seconds % 60)
        if days > 0 { return "\(days)d \(hours)h" }
        if hours > 0 { return "\(hours)h \(minutes)m" }
        if minutes > 0 { return "\(minutes)m \(rest)s" }
        return "\(rest)s"
    }

    /// `0.123 ms`, for what is measured.
    static func exact(_ duration: Duration) -> String {
        let count = microseconds(duration)
        let rest = String(count % 1000)
        return "\(count / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest) ms"
    }

    /// Whole microseconds, never below zero.
    static func microseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0, seconds < 1 << 40 else { return 0 }
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
