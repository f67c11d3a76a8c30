/// A place in a tenant's log of events: the millisecond in which the event was kept, and a number
/// among those of that millisecond. Later events have higher ones, also when the log was lost in
/// between.
package struct LogPosition: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var milliseconds: UInt64
    package var number: UInt64

    /// Before all events.
    package static let start = LogPosition(milliseconds: 0, number: 0)
    /// Behind all events: who reads from there is told only where the log ends.
    package static let end = LogPosition(milliseconds: .max, number: .max)

    package init(milliseconds: UInt64, number: UInt64) {
        self.milliseconds = milliseconds
        self.number = number
    }

    /// Reads what `description` wrote; nothing for any other text.
    package init?(_ text: some StringProtocol) {
        let halves = text.split(separator: "-", omittingEmptySubsequences: false)
        guard halves.count == 2, text.utf8.allSatisfy({ $0 == 45 || (48...57).contains($0) }),
            let milliseconds = UInt64(halves[0]), let number = UInt64(halves[1])
        else { return nil }
        self.init(milliseconds: milliseconds, number: number)
    }

    package static func < (left: LogPosition, right: LogPosition) -> Bool {
        (left.milliseconds, left.number) < (right.milliseconds, right.number)
    }

    package var description: String { "\(milliseconds)-\(number)" }
}
