import Telemetry

/// Moments and spans of the tap, which counts nanoseconds, as people and programs read them. Pure.
enum TapTime {
    /// `08:30:00.125`, the time of day in UTC, as the logs have it.
    static func clock(_ nanoseconds: UInt64) -> String {
        let text = Timestamp(milliseconds: Int64(nanoseconds / 1_000_000)).description
        return String(text.drop { $0 != "T" }.dropFirst().dropLast())
    }

    /// ISO 8601 in UTC with microseconds.
    static func exact(_ nanoseconds: UInt64) -> String {
        let text = Timestamp(milliseconds: Int64(nanoseconds / 1_000_000)).description
        let rest = String(nanoseconds / 1000 % 1000)
        return text.dropLast() + String(repeating: "0", count: 3 - rest.count) + rest + "Z"
    }

    /// `412 µs`, `12.3 ms`, `1.25 s`, `3m 5s`.
    static func span(_ nanoseconds: UInt64) -> String {
        switch nanoseconds {
        case ..<1_000_000: "\(nanoseconds / 1000) µs"
        case ..<1_000_000_000: "\(decimal(nanoseconds / 100_000, digits: 1)) ms"
        case ..<60_000_000_000: "\(decimal(nanoseconds / 10_000_000, digits: 2)) s"
        default: DurationText.spoken(.seconds(Int64(nanoseconds / 1_000_000_000)))
        }
    }

    /// From one moment to a later one; clocks of two machines may disagree, then it is none.
    static func span(from earlier: UInt64, to later: UInt64) -> String {
        span(later > earlier ? later - earlier : 0)
    }

    private static func decimal(_ value: UInt64, digits: Int) -> String {
        let text = String(value)
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        return "\(padded.dropLast(digits)).\(padded.suffix(digits))"
    }
}
