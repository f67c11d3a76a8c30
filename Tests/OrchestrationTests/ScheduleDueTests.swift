import Flow
import Store
import Testing

@testable import Orchestration

/// When schedules are due: the same for every orchestrator, whenever it looks.
@Suite struct ScheduleDueTests {
    /// 2026-07-01 12:00:00.
    private static let noon: UInt64 = 1_782_907_200_000

    private func state(due: UInt64 = 0, since: UInt64 = noon) -> ScheduleState {
        var state = ScheduleState()
        state.since = since
        state.due = due
        return state
    }

    @Test("every so often means multiples since 1970, so that all agree")
    func every() {
        let schedule = Schedule.every(.seconds(10))
        #expect(schedule.due(state(), at: Self.noon) == nil)
        #expect(schedule.due(state(since: Self.noon + 1), at: Self.noon + 9_999) == nil)
        #expect(
            schedule.due(state(since: Self.noon + 1), at: Self.noon + 10_000)
                == Self.noon + 10_000)
        #expect(schedule.due(state(due: Self.noon + 10_000), at: Self.noon + 19_000) == nil)
    }

    @Test(
        "of what nobody acted upon the latest comes, and all that is younger than two seconds",
        arguments: [
            (UInt64(60_000), UInt64(90_500), UInt64(60_000)), (60_000, 3_600_000, 3_600_000),
            (60_000, 3_661_000, 3_660_000), (100, 10_050, 8_100), (100, 900, 100),
        ])
    func missed(period: UInt64, later: UInt64, expected: UInt64) {
        let schedule = Schedule.every(.milliseconds(Int64(period)))
        let due = schedule.due(state(), at: Self.noon + later)
        #expect(due == Self.noon + expected)
    }

    @Test("by the calendar, also long after the last time")
    func cron() throws {
        let schedule = Schedule.cron(try Cron("30 6 * * *"))
        let day: UInt64 = 86_400_000
        let morning = Self.noon + day - 12 * 3_600_000 + 6 * 3_600_000 + 30 * 60_000
        #expect(schedule.due(state(), at: morning - 1) == nil)
        #expect(schedule.due(state(), at: morning) == morning)
        #expect(schedule.due(state(), at: morning + 90 * day + 5_000) == morning + 90 * day)
        #expect(schedule.due(state(due: morning), at: morning + 1_000) == nil)
        let rare = Schedule.cron(try Cron("0 0 29 2 *"))
        #expect(rare.due(state(), at: Self.noon + 300 * day) == nil)
        let leap: UInt64 = 1_835_395_200_000
        #expect(rare.due(state(), at: leap + 90 * day) == leap)
    }

    @Test("again after the end of a run: at once the first time, never while one is under way")
    func after() {
        let schedule = Schedule.after(.seconds(5))
        var state = state()
        #expect(schedule.due(state, at: Self.noon) == Self.noon)
        state.request = "sched.a.1"
        state.due = Self.noon
        state.fired = Self.noon
        state.state = .running
        #expect(schedule.due(state, at: Self.noon + 60_000) == nil)
        state.state = .failed
        state.ended = Self.noon + 3_000
        #expect(schedule.due(state, at: Self.noon + 7_999) == nil)
        #expect(schedule.due(state, at: Self.noon + 8_000) == Self.noon + 8_000)
        // What is not kept any more has ended.
        state.state = nil
        state.ended = 0
        #expect(schedule.due(state, at: Self.noon + 5_000) == Self.noon + 5_000)
    }

    @Test("times beyond all clocks trap nothing")
    func beyond() throws {
        let cron = try Cron("* * * * *")
        for schedule in [
            Schedule.every(.seconds(Int64.max / 2)), .every(.zero), .cron(cron), .after(.zero),
        ] {
            for moment in [UInt64.zero, 1, .max - 1, .max] {
                _ = schedule.due(state(due: moment, since: moment), at: .max)
                _ = schedule.due(state(since: 1), at: moment)
            }
        }
    }
}
