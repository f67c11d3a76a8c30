/// A date of the proleptic Gregorian calendar, and the day since 1970 that it is.
///
/// Years are counted in eras of 400 that begin on the first of March, so that the leap day is the
/// last day of a year and needs no special case.
package struct CivilDate: Sendable, Hashable {
    package var year: Int64
    /// 1 to 12.
    package var month: Int64
    package var day: Int64

    private static let era: Int64 = 146_097
    /// Days from the first of March of the year 0 to 1970.
    private static let offset: Int64 = 719_468

    package init(_ year: Int64, _ month: Int64, _ day: Int64) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    package init(dayOfEpoch: Int64) {
        let (era, dayOfEra) = (dayOfEpoch + Self.offset).floored(by: Self.era)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / (Self.era - 1)) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    }

    package var dayOfEpoch: Int64 {
        let (era, yearOfEra) = (month <= 2 ? year - 1 : year).floored(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * Self.era + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - Self.offset
    }
}

extension Int64 {
    /// Divided by a positive number: the whole number at or below the quotient, and what is left.
    package func floored(by divisor: Int64) -> (quotient: Int64, rest: Int64) {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
    }
}
