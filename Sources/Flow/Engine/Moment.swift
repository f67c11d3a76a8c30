package import Document
import Telemetry

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
        Timestamp(milliseconds: nanoseconds.floored(by: 1_000_000).quotient).description
    }

    /// What the language calls a date time descriptor.
    package var descriptor: Value {
        [
            "iso8601": .string(iso8601),
            "epoch": [
                "seconds": .integer(nanoseconds.floored(by: 1_000_000_000).quotient),
                "milliseconds": .integer(nanoseconds.floored(by: 1_000_000).quotient),
            ],
        ]
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
