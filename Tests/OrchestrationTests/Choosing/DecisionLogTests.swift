import Document
import Reactor
import Testing

@testable import Orchestration

/// What the log of choices remembers, and what it forgets.
@Suite struct DecisionLogTests {
    private func decision(_ id: String, _ attempt: UInt32 = 1) -> Decision {
        Decision(
            key: RequestKey(scope: 1, id: id), agent: "cost", at: .zero, attempt: attempt,
            instance: "1", score: 0.97)
    }

    @Test("a request's choices are told in their order, with how they ended")
    func order() {
        var log = DecisionLog()
        let first = log.note(decision("a"))
        _ = log.note(decision("b"))
        var again = decision("a", 2)
        again.reason = .retry
        _ = log.note(again)
        log.ended(first, .failed(code: "lost"), took: .milliseconds(30))
        let told = log.decisions(of: RequestKey(scope: 1, id: "a"))
        #expect(told.map(\.attempt) == [1, 2] && told.map(\.reason) == [.first, .retry])
        #expect(told[0].outcome == .failed(code: "lost") && told[1].outcome == .running)
        #expect(log.decisions(id: "b").count == 1)
        #expect(log.decisions(of: RequestKey(scope: 2, id: "a")).isEmpty)
        let row = told[0].value(since: .zero, Instant(nanoseconds: 5_000_000))
        #expect(row["chosen"] == "cost#1" && row["code"] == "lost")
        #expect(row["took_ms"] == 30.0 && row["at_ms"]?.integer == 0)
        #expect(row["score"] == 0.97)
    }

    @Test("it is bounded, and a late word about what it forgot is dropped")
    func bounded() {
        var log = DecisionLog(limit: 4)
        let numbers = (0..<10).map { log.note(decision("r\($0)")) }
        #expect(log.count == 4 && log.decisions(id: "r5").isEmpty)
        #expect(log.decisions(id: "r6").count == 1 && log.decisions(id: "r9").count == 1)
        log.ended(numbers[5], .answered, took: .zero)
        log.ended(numbers[9], .answered, took: .zero)
        log.ended(-1, .lost, took: .zero)
        log.ended(99, .lost, took: .zero)
        #expect(log.decisions(id: "r9")[0].outcome == .answered)
        #expect((6...8).allSatisfy { log.decisions(id: "r\($0)")[0].outcome == .running })
    }

    @Test("a field names at most eight candidates and why they were not taken")
    func field() {
        var kept = decision("a")
        for number in 0..<12 {
            kept.field.add(
                Decision.Candidate(
                    instance: "\(number)", score: 0.5, verdict: number == 0 ? .chosen : .full))
        }
        kept.instances = 12
        let row = kept.value(since: .zero, .zero)
        #expect(row["candidates"]?.array?.count == 8 && row["others"]?.integer == 4)
        #expect(row["candidates"]?[0]?["verdict"] == "chosen")
        #expect(row["candidates"]?[7]?["instance"] == "cost#7")
    }
}
