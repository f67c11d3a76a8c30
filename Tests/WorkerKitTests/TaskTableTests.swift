import Bus
import Reactor
import Telemetry
import Testing
import Wire

@testable import WorkerKit

/// What a durable task is that arrives, by what is known of its step.
@Suite struct TaskTableTests {
    private static let step = TaskTable.StepKey(tenant: "t", request: "r", step: 1)
    private static let key = TaskTable.Key(number: 7)

    private func table(attempt: UInt32, fence: UInt64) -> TaskTable {
        var table = TaskTable()
        table.note(Self.step, attempt: attempt, fence: Fence(fence), running: Self.key)
        return table
    }

    @Test(
        "a task that comes again is judged by fence first, then by attempt",
        arguments: [
            (attempt: UInt32(2), fence: UInt64(5), TaskTable.Verdict.runsAlready),
            (1, 5, .stale), (3, 5, .supersede(key)), (1, 6, .supersede(key)), (9, 4, .stale),
        ])
    func verdicts(attempt: UInt32, fence: UInt64, verdict: TaskTable.Verdict) {
        let table = table(attempt: 2, fence: 5)
        #expect(table.verdict(Self.step, attempt: attempt, fence: Fence(fence)) == verdict)
    }

    @Test("an unknown step starts, and the same id of another tenant is another step")
    func unknown() {
        let table = table(attempt: 2, fence: 5)
        let other = TaskTable.StepKey(tenant: "u", request: "r", step: 1)
        #expect(table.verdict(other, attempt: 1, fence: Fence(1)) == .start)
    }

    @Test("a step that runs is not forgotten by an acknowledgement")
    func forget() {
        var table = table(attempt: 2, fence: 5)
        table.forget(Self.step, attempt: 2)
        #expect(table.verdict(Self.step, attempt: 2, fence: Fence(5)) == .runsAlready)
    }

    @Test("a task that is not there ends as nothing")
    func endTwice() {
        var table = TaskTable()
        let ended = table.end(Self.key)
        #expect(!ended)
    }
}

/// When a handler is told to stop, and when the process leaves because of it.
@Suite struct WatchdogTests {
    @Test(
        "a handler is cancelled at its deadline and left after the grace",
        arguments: [
            (now: Int64(99), cancelled: Int64?.none, Watchdog.Decision.wait),
            (100, nil, .cancel), (500, nil, .cancel), (50, 40, .wait), (89, 40, .wait),
            (90, 40, .leave), (200, 100, .leave),
        ])
    func decisions(now: Int64, cancelled: Int64?, decision: Watchdog.Decision) {
        func moment(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }
        let decided = Watchdog.decide(
            deadline: moment(100), cancelled: cancelled.map(moment), grace: .seconds(50),
            at: moment(now))
        #expect(decided == decision)
    }
}
