import Reactor
import Telemetry
import Testing
import Wire

@testable import WorkerKit

/// The ids of messages, and the table of calls behind them.
@Suite struct MessageNumberTests {
    private let numbers = MessageNumber(prefix: "abc123")

    private func read(_ id: String) -> UInt64? {
        let bytes = Array(id.utf8)
        return unsafe numbers.number(bytes.span.bytes)
    }

    @Test(
        "a number is found again in its id, which is a valid name of at most 15 bytes",
        arguments: [0, 1, 35, 36, 65_536, 0x1ff_ffff_ffff, MessageNumber.limit])
    func roundTrip(_ number: UInt64) {
        let id = numbers.text(number)
        #expect(id.utf8.count <= 15)
        #expect(Name.isValid(id))
        #expect(read(id) == number)
    }

    @Test(
        "an id of somebody else is none of ours",
        arguments: ["", "abc123", "abc123-", "abc124-1", "abc123-A", "abc123-000000000", "x"])
    func foreign(_ id: String) {
        #expect(read(id) == nil)
    }

    @Test(
        "an answer after the end of its call finds nobody, though its slot is taken again"
    )
    func reuse() throws {
        var calls = CallTable(prefix: numbers)
        let request = CallRequest(agent: "a", content: RawContent([]))
        func add() -> Int? {
            calls.add(request, deadline: .distantFuture, onNews: nil) { _ in }
        }
        let slot = try #require(add())
        let id = Array(calls.messageID(slot).utf8)
        #expect(unsafe calls.slot(correlation: id.span.bytes) == slot)
        let (first, second) = (calls.end(slot), calls.end(slot))
        #expect(first != nil)
        #expect(second == nil)
        #expect(add() == slot)
        #expect(unsafe calls.slot(correlation: id.span.bytes) == nil)
    }

    @Test("calls whose time is up are found, the others' earliest deadline is kept")
    func deadlines() throws {
        var calls = CallTable(prefix: numbers)
        let request = CallRequest(agent: "a", content: RawContent([]))
        for seconds: Int64 in [3, 1, 2] {
            _ = calls.add(
                request, deadline: Instant(nanoseconds: seconds * 1_000_000_000), onNews: nil
            ) { _ in }
        }
        #expect(calls.nextDeadline == Instant(nanoseconds: 1_000_000_000))
        let due = calls.takeLook(at: Instant(nanoseconds: 2_000_000_000))
        #expect(due == [1, 2])
        #expect(calls.nextDeadline == Instant(nanoseconds: 3_000_000_000))
    }

    @Test("quantiles of latencies are within two percent")
    func quantiles() {
        var counts = LatencyCounts()
        for microseconds in 1...1000 { counts.add(.microseconds(microseconds)) }
        let median = counts.quantile(0.5) / .microseconds(500)
        let p99 = counts.quantile(0.99) / .microseconds(990)
        #expect((1.0...1.02).contains(median))
        #expect((1.0...1.02).contains(p99))
        #expect(LatencyCounts().quantile(0.5) == .zero)
    }
}
