/// When a schedule falls due, by the calendar alone.
extension Cron {
    /// The first full minute after a time that is meant, both in seconds since 1970; nothing where
    /// none comes within eight years, which no date but 29 February can take.
    package func next(after seconds: Int64) -> Int64? {
        guard (-62_135_596_800...253_402_300_799).contains(seconds) else { return nil }
        let (day, second) = seconds.floored(by: 86_400)
        if includes(day: day), let later = time(from: second / 60 + 1) {
            return day * 86_400 + later
        }
        guard let first = time(from: 0) else { return nil }
        for later in (day + 1)...(day + 8 * 366) where includes(day: later) {
            return later * 86_400 + first
        }
        return nil
    }

    /// The first time of a day that is meant, from a minute of it on, in seconds.
    private func time(from minute: Int64) -> Int64? {
        guard minute < 1440 else { return nil }
        for candidate in minute..<1440
        where hours & 1 << UInt64(candidate / 60) != 0 && minutes & 1 << UInt64(candidate % 60) != 0
        {
            return candidate * 60
        }
        return nil
    }

    private func includes(day: Int64) -> Bool {
        let (month, dayOfMonth) = Cron.date(day)
        guard months & 1 << UInt64(month) != 0 else { return false }
        let isDay = days & 1 << UInt64(dayOfMonth) != 0
        // 1 January 1970 was a Thursday.
        let isWeekday = weekdays & 1 << UInt64((day + 4).floored(by: 7).rest) != 0
        return restrictsDays && restrictsWeekdays ? isDay || isWeekday : isDay && isWeekday
    }

    /// Month and day of the month of a day since 1970, by the proleptic Gregorian calendar: years
    /// are counted from March, so that a leap day comes last.
    private static func date(_ day: Int64) -> (month: Int64, day: Int64) {
        let ofEra = (day + 719_468).floored(by: 146_097).rest
        let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        return (month < 10 ? month + 3 : month - 9, ofYear - (153 * month + 2) / 5 + 1)
    }
}

extension Int64 {
    fileprivate func floored(by divisor: Int64) -> (quotient: Int64, rest: Int64) {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
    }
}
