import Bus
import Reactor
import Testing
import Wire

@testable import WorkerKit

/// When a word about a side effect is said, said again, and let go.
@Suite struct EffectTableTests {
    private final class Endings {
        var results: [Result<EffectVerdict, any Error>] = []
    }

    private static let start = Instant(nanoseconds: 1_000_000_000)

    private let session: Session
    private var table = EffectTable(prefix: "eabcde")

    init() throws {
        session = try Session(
            BusFixture.plan("ipc:///nowhere/bus", "worker.1"), on: try EventLoop())
    }

    private func task(_ dispatch: UInt64, _ link: Int = 0) throws -> TaskContext {
        var envelope = Envelope(.task)
        envelope.requestID = "r"
        envelope.dispatch = dispatch
        let bytes = envelope.encoded()
        return TaskContext(
            try unsafe EnvelopeView(bytes.span.bytes), agent: "pay", effect: .unsafe,
            key: TaskTable.Key(number: dispatch), link: LinkID(number: link),
            deadline: Self.start + .seconds(10), session: session)
    }

    private mutating func add(
        _ type: MessageType, _ task: TaskContext, _ endings: Endings = Endings()
    ) throws -> UInt64 {
        let number = table.add(
            type, "charge", ContentBytes.empty, of: task, at: Self.start
        ) { endings.results.append($0) }
        return try #require(number)
    }

    @Test("a word is due at once, then ever more seldom")
    mutating func due() throws {
        let number = try add(.effectBegin, task(1))
        var waits: [Duration] = []
        var moment = Self.start
        for _ in 0..<3 {
            let due = table.takeDue(at: moment).map(\.number)
            #expect(due == [number])
            let next = try #require(table.nextLook)
            waits.append(next - moment)
            moment = next
        }
        #expect(waits == [2, 4, 4].map { .seconds($0) })
    }

    @Test("what is to come ends with its task's time, what happened is told for a while longer")
    mutating func expiry() throws {
        let begin = try add(.effectBegin, task(1))
        let done = try add(.effectDone, task(2))
        var expired: [Int: [UInt64]] = [:]
        for second in [9, 10, 69, 70] {
            expired[second] = table.takeExpired(at: Self.start + .seconds(second)).map(\.number)
        }
        #expect(expired == [9: [], 10: [begin], 69: [], 70: [done]])
        #expect(table.isEmpty)
    }

    @Test("whoever stops waiting takes a question back, and no news of what happened")
    mutating func stopsWaiting() throws {
        let endings = Endings()
        let task = try task(1)
        let begin = try add(.effectBegin, task, endings)
        let done = try add(.effectDone, task, endings)
        #expect(table.awaited(by: task.key) == [begin, done])
        for number in [begin, done, done] {
            let ending = table.stopWaiting(number)
            ending?(.success(.stale))
        }
        #expect(endings.results.count == 2)
        #expect(table.awaited(by: task.key).isEmpty)
        let due = table.takeDue(at: Self.start).map(\.number)
        #expect(due == [done])
    }

    @Test("a link that is back hears its words at once, and no other's")
    mutating func hurries() throws {
        let own = try add(.effectBegin, task(1, 0))
        let other = try add(.effectBegin, task(2, 1))
        let first = table.takeDue(at: Self.start).map(\.number)
        table.hurry(LinkID(number: 0), at: Self.start)
        let again = table.takeDue(at: Self.start).map(\.number)
        #expect(first == [own, other] && again == [own])
    }

    @Test("a word about a task that another has taken over is said there, at once")
    mutating func moves() throws {
        let task = try task(1, 0)
        let own = try add(.effectDone, task)
        let home = TaskHome(link: LinkID(number: 1), dispatch: 9)
        _ = table.takeDue(at: Self.start)
        table.move(task.stepKey, attempt: 2, to: home, fence: Fence(7), at: Self.start)
        let others = table.takeDue(at: Self.start)
        #expect(others.isEmpty && task.home != home)
        table.move(task.stepKey, attempt: task.attempt, to: home, fence: Fence(7), at: Self.start)
        let due = table.takeDue(at: Self.start).map(\.number)
        #expect(due == [own] && task.home == home && task.charge.fence == "7")
    }

    @Test("a word that was postponed waits, and an answer finds it by its id alone")
    mutating func postponed() throws {
        let number = try add(.effectBegin, task(1))
        let due = table.takeDue(at: Self.start)
        let word = try #require(due.first)
        table.postpone(number, until: Self.start + .milliseconds(10))
        #expect(table.nextLook == Self.start + .milliseconds(10))
        let id = Array(table.messageID(word).utf8)
        let found = unsafe table.number(correlation: id.span.bytes)
        #expect(found == number)
        _ = table.remove(number)
        let gone = unsafe table.number(correlation: id.span.bytes)
        #expect(gone == nil)
    }
}
