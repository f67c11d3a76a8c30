/// A day and its time, as numbers of the caller's clock: nothing here reads one.
package struct AskedAt: Sendable, Hashable {
    /// Seconds since 1970, in the time of whoever asks.
    package var seconds: Double

    package init(seconds: Double) { self.seconds = seconds }

    /// Days since 1970.
    var day: Int { Int((min(1e13, max(-1e13, seconds)) / 86_400).rounded(.down)) }

    /// Seconds since midnight.
    var inDay: Double { seconds - Double(day) * 86_400 }

    /// 0 is Monday.
    var weekday: Int { ((day + 3) % 7 + 7) % 7 }
}
