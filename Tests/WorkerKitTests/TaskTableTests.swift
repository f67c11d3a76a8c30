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

/// Whether an orchestrator may take a task over that another one gave.
@Suite struct TaskResumptionTests {
    private static let old = TaskHome(link: LinkID(number: 0), dispatch: 7)
    private static let new = TaskHome(link: LinkID(number: 1), dispatch: 7)

    private let task: TaskContext
    private var table = TaskTable()

    init() throws {
        let session = try Session(
            BusFixture.plan("ipc:///nowhere/bus", "worker.1"), on: try EventLoop())
        let bytes = Envelope.about(.task, dispatch: 7, fence: "5").encoded()
        task = TaskContext(
            try unsafe EnvelopeView(bytes.span.bytes), agent: "pay", effect: .unsafe,
            key: TaskTable.Key(number: 1), link: Self.old.link, deadline: .distantFuture,
            session: session)
        table.note(task.stepKey, attempt: 1, fence: Fence(5), running: task.key)
        table.begin(task)
    }

    private func decide(
        _ fence: UInt64, attempt: UInt32 = 1, by home: TaskHome = new, of table: TaskTable? = nil
    ) -> TaskTable.Resumption {
        (table ?? self.table).resumption(
            task.stepKey, attempt: attempt, fence: Fence(fence), by: home)
    }

    @Test("F41 the higher fence has it, and again the same orchestrator that has it already")
    mutating func fences() {
        #expect([4, 5, 6].map { decide($0) } == [.stale, .stale, .runs(task.key)])
        table.move(task.key, to: Self.new, fence: Fence(6))
        #expect([5, 6, 7].map { decide($0) } == [.stale, .runs(task.key), .runs(task.key)])
        #expect(decide(6, by: Self.old) == .stale && decide(7, by: Self.old) == .runs(task.key))
    }

    @Test("F41 its new orchestrator finds it by its own number, the old one does not any more")
    mutating func places() {
        #expect(table.key(at: Self.old) == task.key && table.key(at: Self.new) == nil)
        table.move(task.key, to: Self.new, fence: Fence(6))
        #expect(table.key(at: Self.old) == nil && table.key(at: Self.new) == task.key)
        #expect(table.verdict(task.stepKey, attempt: 1, fence: Fence(5)) == .stale)
        table.orphan(Self.new.link, at: .zero)
        #expect(table.key(at: Self.new) == nil && task.home == nil)
        let ended = table.end(task.key)
        #expect(ended && table.count == 0)
    }

    @Test(
        "what has ended, or another attempt, is the outbox's to know; what was told to stop is not")
    mutating func others() {
        #expect(decide(6, attempt: 2) == .mayBeDone && decide(4, attempt: 2) == .stale)
        #expect(decide(6, of: TaskTable()) == .mayBeDone)
        var stopped = table
        stopped[task.key]?.cancelled = .zero
        #expect(decide(6, of: stopped) == .stale)
        _ = table.end(task.key)
        #expect(decide(6) == .mayBeDone)
        table.raise(task.stepKey, attempt: 1, Fence(8))
        #expect(decide(7) == .stale)
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
