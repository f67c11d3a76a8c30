import Glibc

/// A moment of the wall clock, for people to read: nothing is ever decided by it.
public struct Timestamp: Sendable, Hashable, CustomStringConvertible {
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static var now: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Nanoseconds since 1970.
    package static var nanoseconds: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// ISO 8601 in UTC with milliseconds: `2026-02-15T08:30:00.125Z`.
    public var description: String {
        let (day, inDay) = milliseconds.floored(by: 86_400_000)
        let civil = CivilDate(dayOfEpoch: day)
        let date = "\(padded(civil.year, 4))-\(padded(civil.month, 2))-\(padded(civil.day, 2))"
        let hour = padded(inDay / 3_600_000, 2)
        let minute = padded(inDay / 60_000 % 60, 2)
        let second = padded(inDay / 1000 % 60, 2)
        return "\(date)T\(hour):\(minute):\(second).\(padded(inDay % 1000, 3))Z"
    }

    private func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
