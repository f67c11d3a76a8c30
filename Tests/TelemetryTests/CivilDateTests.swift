import Telemetry
import Testing

/// Dates and days of the calendar, there and back.
@Suite struct CivilDateTests {
    @Test(
        "days at the seams of the calendar are the dates they are",
        arguments: [
            (0, 1970, 1, 1), (-1, 1969, 12, 31), (11_016, 2000, 2, 29), (11_017, 2000, 3, 1),
            (-25_508, 1900, 3, 1), (-25_509, 1900, 2, 28), (19_782, 2024, 2, 29),
            (-719_468, 0, 3, 1), (-719_469, 0, 2, 29), (2_932_896, 9999, 12, 31),
        ] as [(Int64, Int64, Int64, Int64)])
    func seams(day: Int64, year: Int64, month: Int64, dayOfMonth: Int64) {
        let date = CivilDate(year, month, dayOfMonth)
        #expect(CivilDate(dayOfEpoch: day) == date)
        #expect(date.dayOfEpoch == day)
    }

    @Test("every day of eight centuries follows the one before")
    func inOrder() {
        var last = CivilDate(dayOfEpoch: -146_098)
        for day in Int64(-146_097)...146_097 {
            let date = CivilDate(dayOfEpoch: day)
            let isNext =
                date.year == last.year && date.month == last.month
                ? date.day == last.day + 1 : date.day == 1 && last.day >= 28
            guard isNext, date.dayOfEpoch == day else {
                Issue.record("\(day) is \(date), and follows \(last)")
                return
            }
            last = date
        }
    }

    @Test("a quotient is rounded down, whatever the sign")
    func floored() {
        #expect(Int64(-1).floored(by: 7) == (-1, 6))
        #expect(Int64(-7).floored(by: 7) == (-1, 0))
        #expect(Int64(13).floored(by: 7) == (1, 6))
    }
}
