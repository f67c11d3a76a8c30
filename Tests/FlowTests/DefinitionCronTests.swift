import Testing

@testable import Flow

/// Cron schedules: what they accept, and when they fall due.
@Suite struct DefinitionCronTests {
    /// Seconds since 1970 of a day counted from there, and a time of it.
    private static func time(_ day: Int64, _ hour: Int64 = 0, _ minute: Int64 = 0) -> Int64 {
        day * 86_400 + hour * 3600 + minute * 60
    }

    @Test(
        "the next time is the first that all fields mean",
        arguments: [
            // Day 20,454 is Thursday, 1 January 2026.
            ("* * * * *", time(20_454), time(20_454, 0, 1)),
            ("*/15 * * * *", time(20_454, 0, 14), time(20_454, 0, 15)),
            ("0 6 * * *", time(20_454, 6), time(20_455, 6)),
            ("0 6 * * mon-fri", time(20_455, 7), time(20_458, 6)),
            ("0 0 * * sun", time(20_454), time(20_457)),
            ("0 0 * * 7", time(20_454), time(20_457)),
            ("0 0 * * fri-sun", time(20_455), time(20_456)),
            ("30 12 1 feb *", time(20_454), time(20_485, 12, 30)),
            ("0 0 13 * fri", time(20_454), time(20_455)),
            ("5,10-20/5 0 * * *", time(20_454, 0, 11), time(20_454, 0, 15)),
            ("0 0 29 2 *", time(20_454), time(21_243)),
            ("10/20 * * * *", time(20_454, 0, 31), time(20_454, 0, 50)),
            ("0 0 31 12 *", time(20_454), time(20_818)),
        ])
    func next(text: String, now: Int64, due: Int64) throws {
        #expect(try Cron(text).next(after: now) == due)
    }

    @Test("a time within a minute counts as that minute; times before 1970 do no harm")
    func within() throws {
        let cron = try Cron("* * * * *")
        #expect(cron.next(after: 61) == 120)
        #expect(cron.next(after: -1) == 0)
        #expect(cron.next(after: -61) == -60)
        #expect(cron.next(after: .max) == nil)
        #expect(cron.next(after: .min) == nil)
    }

    @Test(
        "what is no schedule is refused with the field that is wrong",
        arguments: [
            ("", "found 0"), ("* * * *", "found 4"), ("0 * * * * *", "seconds"),
            ("60 * * * *", "minute 60"), ("* 24 * * *", "hour 24"), ("* * 0 * *", "month 0"),
            ("* * * 13 *", "month 13"), ("* * * * 8", "week 8"), ("5-1 * * * *", "ends before"),
            ("*/0 * * * *", "*/0"), ("1,,2 * * * *", "minute  is"), ("a * * * *", "minute a"),
            ("* * * jam *", "jan to dec"), ("1/2/3 * * * *", "1/2/3"), ("-1 * * * *", "-1"),
            ("0 0 31 2 *", "no day"), ("99999999999999999999 * * * *", "minute 9"),
            ("@daily", "found 1"),
        ])
    func refused(text: String, word: String) {
        do throws(Cron.Mistake) {
            _ = try Cron(text)
            Issue.record("\(text) was read")
        } catch {
            #expect(error.message.contains(word), "\(error.message)")
        }
    }
}
