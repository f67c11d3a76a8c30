import Telemetry

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
        let date = CivilDate(dayOfEpoch: day)
        guard months & 1 << UInt64(date.month) != 0 else { return false }
        let isDay = days & 1 << UInt64(date.day) != 0
        // 1 January 1970 was a Thursday.
        let isWeekday = weekdays & 1 << UInt64((day + 4).floored(by: 7).rest) != 0
        return restrictsDays && restrictsWeekdays ? isDay || isWeekday : isDay && isWeekday
    }
}
