/// A schedule of five fields as cron knows them: minute, hour, day of the month, month and day of
/// the week, all in UTC.
package struct Cron: Sendable, Hashable {
    package let text: String
    /// The values of each field that are meant, a bit each.
    private(set) var minutes: UInt64 = 0
    private(set) var hours: UInt64 = 0
    private(set) var days: UInt64 = 0
    private(set) var months: UInt64 = 0
    private(set) var weekdays: UInt64 = 0
    /// Where both kinds of day are restricted, either will do: that is cron's rule.
    private(set) var restrictsDays = false
    private(set) var restrictsWeekdays = false

    /// What is wrong with a text that is no schedule.
    package struct Mistake: Error, Hashable {
        package let message: String
    }

    package init(_ text: String) throws(Mistake) {
        self.text = text
        guard text.utf8.count <= 256 else { throw Mistake(message: "a schedule of over 256 bytes") }
        let words = text.split { $0 == " " || $0 == "\t" }
        guard words.count == 5 else {
            let found = words.count == 6 ? "; seconds are not supported" : ""
            throw Mistake(
                message: "expected 5 fields (minute hour day month weekday), found "
                    + "\(words.count)\(found)")
        }
        minutes = try Field.minute.values(words[0])
        hours = try Field.hour.values(words[1])
        days = try Field.day.values(words[2])
        months = try Field.month.values(words[3])
        weekdays = try Field.weekday.values(words[4])
        if weekdays & 1 << 7 != 0 { weekdays |= 1 }
        restrictsDays = !words[2].hasPrefix("*")
        restrictsWeekdays = !words[4].hasPrefix("*")
        guard next(after: 0) != nil else {
            throw Mistake(message: "no day of any year is meant by \(text)")
        }
    }
}

extension Cron {
    /// One of the five fields: its range, and the names its values have.
    private struct Field {
        let name: String
        let range: ClosedRange<Int>
        var names: [String] = []

        static var minute: Field { Field(name: "minute", range: 0...59) }
        static var hour: Field { Field(name: "hour", range: 0...23) }
        static var day: Field { Field(name: "day of the month", range: 1...31) }
        static var month: Field {
            Field(
                name: "month", range: 1...12,
                names: [
                    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov",
                    "dec",
                ])
        }
        static var weekday: Field {
            Field(
                name: "day of the week", range: 0...7,
                names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])
        }

        /// `*`, `5`, `mon-fri`, `*/15`, `10-50/20`, and any of these with commas between.
        func values(_ text: Substring) throws(Mistake) -> UInt64 {
            var bits: UInt64 = 0
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                bits |= try self.part(part)
            }
            return bits
        }

        private func part(_ text: Substring) throws(Mistake) -> UInt64 {
            let halves = text.split(separator: "/", omittingEmptySubsequences: false)
            guard halves.count <= 2 else { throw mistake(text) }
            var range = try self.range(halves[0])
            var step = 1
            if halves.count == 2 {
                guard let number = number(halves[1]), number > 0 else { throw mistake(text) }
                step = number
                if range.count == 1, halves[0] != "*" {
                    range = range.lowerBound...self.range.upperBound
                }
            }
            return stride(from: range.lowerBound, through: range.upperBound, by: step)
                .reduce(0) { $0 | 1 << UInt64($1) }
        }

        private func range(_ text: Substring) throws(Mistake) -> ClosedRange<Int> {
            if text == "*" { return range }
            let ends = text.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count <= 2, let from = value(ends[0]), let to = value(ends[ends.count - 1])
            else { throw mistake(text) }
            // sun and 7 are one day; `fri-sun` ends with the week.
            let end = to < from && to == 0 && !names.isEmpty ? range.upperBound : to
            guard from <= end else {
                throw Mistake(message: "the \(name) range \(text) ends before it begins")
            }
            return from...end
        }

        private func value(_ text: Substring) -> Int? {
            if let position = names.firstIndex(of: text.lowercased()) {
                return position + range.lowerBound
            }
            guard let number = number(text), range.contains(number) else { return nil }
            return number
        }

        private func number(_ text: Substring) -> Int? {
            guard (1...4).contains(text.utf8.count),
                text.utf8.allSatisfy({ (48...57).contains($0) })
            else { return nil }
            return Int(text)
        }

        private func mistake(_ text: Substring) -> Mistake {
            let named = names.isEmpty ? "" : " or \(names[0]) to \(names[names.count - 1])"
            return Mistake(
                message: "the \(name) \(text) is not within \(range.lowerBound) to "
                    + "\(range.upperBound)\(named)")
        }
    }
}
