import Document
import Reactor
import Telemetry
import Testing
import Wire

@testable import WorkerKit

/// Following a request by its events: each once, in order, whatever happens to the connection.
@Suite struct WatchTests {
    private static let kinds = ["", "accepted", "dispatched", "done", "succeeded"]

    private static func tell(_ bus: ScriptedBus, _ message: AgentMessage, _ numbers: [Int]) {
        for number in numbers {
            let event: Value = [
                "number": Value(number), "kind": .string(Self.kinds[number]), "step": 1,
                "agent": "cost", "instance": "1", "at_ms": 1_790_000_000_123, "took_ms": 12,
            ]
            bus.answer(message, .event, event) { $0.sequence = UInt64(number) }
        }
    }

    private static func asked(_ bus: ScriptedBus) -> [UInt64] {
        bus.seen.filter { $0.envelope.type == .watch }.map(\.envelope.sequence)
    }

    @Test("G9 every event comes once and in order, and the last one ends it")
    func all() async throws {
        try await ScriptedBus.run { bus, message in
            Self.tell(bus, message, [1, 2, 2, 1, 3, 4])
        } _: { bus, client in
            var events: [RequestEvent] = []
            for try await event in client.watch("r1") { events.append(event) }
            #expect(events.map(\.number) == [1, 2, 3, 4])
            #expect(events.map(\.kind) == Array(Self.kinds.dropFirst()))
            let done = events[2]
            #expect(done.agent == "cost" && done.instance == "1" && done.attempt == 0)
            #expect(done.took == .milliseconds(12) && done.at.milliseconds == 1_790_000_000_123)
            #expect(events.map(\.isLast) == [false, false, false, true])
            #expect(Self.asked(bus) == [1])
            #expect(bus.seen.first?.envelope.requestID == "r1")
        }
    }

    @Test("G9 a jump in the numbers is asked for again from the first that is missing")
    func gap() async throws {
        try await ScriptedBus.run { bus, message in
            Self.tell(bus, message, message.envelope.sequence == 1 ? [1, 3, 4] : [2, 3, 4])
        } _: { bus, client in
            var numbers: [Int] = []
            for try await event in client.watch("r1") { numbers.append(event.number) }
            #expect(numbers == [1, 2, 3, 4])
            #expect(Self.asked(bus) == [1, 2])
            #expect(Set(bus.seen.map(\.envelope.messageID)).count == 1)
        }
    }

    @Test("G9 a lost connection is gone on from where it broke")
    func reconnects() async throws {
        try await ScriptedBus.run { bus, message in
            Self.tell(bus, message, message.envelope.sequence == 2 ? [2] : [3, 4])
        } _: { bus, client in
            var numbers: [Int] = []
            for try await event in client.watch("r1", from: 2) {
                numbers.append(event.number)
                if event.number == 2 { try bus.restart() }
            }
            #expect(numbers == [2, 3, 4])
            #expect(Self.asked(bus) == [2, 3])
        }
    }

    @Test("an unknown request throws, one that cannot be read just now is asked for again")
    func refused() async throws {
        try await ScriptedBus.run { bus, message in
            let isFirst = bus.seen.count == 1
            bus.answer(message, .error) {
                $0.error = WireError(
                    code: isFirst ? "unavailable" : "not_found", message: "no",
                    retryable: isFirst, retryAfter: isFirst ? 1 : 0)
            }
        } _: { bus, client in
            let fault = await #expect(throws: Fault.self) {
                for try await _ in client.watch("r1") {}
            }
            #expect(fault?.has(WireCode.notFound) == true)
            #expect(Self.asked(bus) == [1, 1])
        }
    }

    @Test("an id that is none is refused here")
    func badID() async throws {
        try await ScriptedBus.run { _, _ in
        } _: { _, client in
            await #expect(throws: Fault.self) {
                for try await _ in client.watch("No Id") {}
            }
        }
    }

    @Test("what has no room is asked for again, until somebody reads")
    func slow() throws {
        var table = WatchTable(prefix: "wabcde")
        var hasRoom = false
        let added = table.add("r1", from: 1, at: .zero, hand: { _ in hasRoom }, onEnd: { _ in })
        let number = try #require(added)
        let events = try (1...2).map {
            try RequestEvent(["number": Value($0), "kind": $0 == 2 ? "failed" : "accepted"])
        }
        let asked = table.takeDue(at: .zero).count
        var arrivals = [table.take(events[0], number, at: .zero)]
        let due = try #require(table.nextDue)
        let again = table.takeDue(at: due).map(\.next)
        hasRoom = true
        for event in [events[1], events[0], events[0], events[1]] {
            arrivals.append(table.take(event, number, at: due))
        }
        #expect(arrivals == [.missing, .missing, .handed, .repeated, .ended])
        #expect(asked == 1 && again == [1])
        #expect(due < Instant.zero + .seconds(1))
    }
}
