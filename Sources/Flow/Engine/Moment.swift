package import Document

/// A point in time as it is handed to a run: nanoseconds since 1970. Nothing in the engine reads a
/// clock, and no sum of it can trap.
package struct Moment: Sendable, Hashable, Comparable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package init(milliseconds: Int64) {
        nanoseconds = Moment.product(milliseconds, 1_000_000)
    }

    /// Seconds since 1970.
    package var seconds: Double { Double(nanoseconds) / 1_000_000_000 }

    package static func < (left: Moment, right: Moment) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    package static func + (moment: Moment, duration: Duration) -> Moment {
        let (sum, overflow) = moment.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return Moment(nanoseconds: overflow ? (sum < 0 ? .max : .min) : sum)
    }

    package static func - (left: Moment, right: Moment) -> Duration {
        .nanoseconds(left.nanoseconds.subtractingReportingOverflow(right.nanoseconds).partialValue)
    }

    static func product(_ left: Int64, _ right: Int64) -> Int64 {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? ((left < 0) == (right < 0) ? .max : .min) : product
    }
}

extension Moment {
    /// `2026-07-01T12:00:00.000Z`.
    package var iso8601: String {
        let milliseconds = nanoseconds.floored(by: 1_000_000)
        let days = milliseconds.floored(by: 86_400_000)
        let rest = milliseconds - days * 86_400_000
        let (year, month, day) = Moment.date(days)
        let clock = [rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60]
        let date = "\(Moment.digits(year, 4))-\(Moment.digits(month, 2))-\(Moment.digits(day, 2))"
        let time = clock.map { Moment.digits($0, 2) }.joined(separator: ":")
        return "\(date)T\(time).\(Moment.digits(rest % 1000, 3))Z"
    }

    /// What the language calls a date time descriptor.
    package var descriptor: Value {
        [
            "iso8601": .string(iso8601),
            "epoch": [
                "seconds": .integer(nanoseconds.floored(by: 1_000_000_000)),
                "milliseconds": .integer(nanoseconds.floored(by: 1_000_000)),
            ],
        ]
    }

    private static func digits(_ number: Int64, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }

    /// The civil date of a day counted from 1970-01-01.
    private static func date(_ days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = shifted.floored(by: 146_097)
        let ofEra = shifted - era * 146_097
        let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        let day = ofYear - (153 * month + 2) / 5 + 1
        let civil = month < 10 ? month + 3 : month - 9
        return (year + era * 400 + (civil <= 2 ? 1 : 0), civil, day)
    }
}

extension Int64 {
    /// The whole number at or below this one divided by another.
    fileprivate func floored(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension Duration {
    /// Whole nanoseconds; what does not fit is the nearest that does.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let whole = Moment.product(seconds, 1_000_000_000)
        let (sum, overflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow ? whole : sum
    }
}
