import Testing

@testable import Reactor

/// The order of deadlines, in time that the test makes up.
@Suite struct TimerQueueTests {
    private func at(_ nanoseconds: Int64) -> Instant { Instant(nanoseconds: nanoseconds) }

    /// Everything that is due, in the order it fires.
    private func due(_ queue: inout TimerQueue<Int>, at time: Int64) -> [Int] {
        var fired: [Int] = []
        let mark = queue.mark
        while let payload = queue.popDue(at: at(time), before: mark) { fired.append(payload) }
        return fired
    }

    @Test(
        "timers fire in order of their deadline, equal ones in the order they were set",
        arguments: [
            ([], []),
            ([5], [0]),
            ([5, 3, 9, 1], [3, 1, 0, 2]),
            ([7, 7, 7], [0, 1, 2]),
            ([2, 1, 2, 1, 0], [4, 1, 3, 0, 2]),
        ] as [([Int64], [Int])])
    func order(deadlines: [Int64], expected: [Int]) {
        var queue = TimerQueue<Int>()
        for (index, deadline) in deadlines.enumerated() {
            _ = queue.add(index, at: at(deadline))
        }
        #expect(queue.earliest == deadlines.min().map(at))
        #expect(due(&queue, at: 10) == expected)
        #expect(queue.count == 0)
    }

    @Test("a timer is not due before its deadline and is at it")
    func boundary() {
        var queue = TimerQueue<Int>()
        _ = queue.add(1, at: at(10))
        #expect(due(&queue, at: 9) == [])
        #expect(due(&queue, at: 10) == [1])
    }

    @Test("removed, disarmed and moved timers, and tokens that are out of date")
    func changes() {
        var queue = TimerQueue<Int>()
        let tokens = (0..<5).map { queue.add($0, at: at(Int64($0))) }
        #expect(queue.remove(tokens[0]) == 0)
        #expect(queue.remove(tokens[0]) == nil)
        queue.disarm(tokens[1])
        queue.move(tokens[2], to: at(100))
        let reused = queue.add(9, at: at(50))
        queue.move(tokens[0], to: at(1))
        queue.disarm(tokens[0])
        #expect(due(&queue, at: 60) == [3, 4, 9])
        queue.move(tokens[1], to: at(70))
        queue.move(reused, to: at(80))
        #expect(due(&queue, at: 99) == [1, 9])
        #expect(due(&queue, at: 100) == [2])
    }

    @Test("a timer set in a round waits for the next one, however early it is due")
    func rounds() {
        var queue = TimerQueue<Int>()
        let token = queue.add(1, at: at(1))
        let mark = queue.mark
        #expect(queue.popDue(at: at(5), before: mark) == 1)
        queue.move(token, to: at(0))
        #expect(queue.popDue(at: at(5), before: mark) == nil)
        #expect(due(&queue, at: 5) == [1])
    }

    @Test("a repeating timer keeps its rhythm and makes up for nothing")
    func repeating() {
        var queue = TimerQueue<Int>()
        let token = queue.add(1, at: at(10), every: .nanoseconds(10))
        #expect(due(&queue, at: 12) == [1])
        #expect(queue.earliest == at(20))
        #expect(due(&queue, at: 57) == [1])
        #expect(queue.earliest == at(67))
        queue.remove(token)
        #expect(queue.earliest == nil)
    }

    @Test("a thousand timers, added, moved and removed by chance, fire in order", arguments: 1...5)
    func many(seed: UInt64) {
        var random = SplitMix(state: seed)
        var queue = TimerQueue<Int>()
        var expected: [Int: Int64] = [:]
        var tokens: [TimerQueue<Int>.Token] = []
        for index in 0..<1000 {
            let deadline = Int64.random(in: 0..<500, using: &random)
            tokens.append(queue.add(index, at: at(deadline)))
            expected[index] = deadline
            let other = Int.random(in: 0...index, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                queue.remove(tokens[other])
                expected[other] = nil
            case 1 where expected[other] != nil:
                queue.move(tokens[other], to: at(deadline / 2))
                expected[other] = deadline / 2
            default: break
            }
        }
        let fired = due(&queue, at: 500)
        #expect(Set(fired) == Set(expected.keys))
        #expect(fired.map { expected[$0, default: -1] } == expected.values.sorted())
    }

    @Test("instants and durations saturate instead of trapping")
    func saturation() {
        let far = Duration(secondsComponent: .max, attosecondsComponent: 0)
        #expect(at(1).advanced(by: far) == .distantFuture)
        #expect(at(-5).advanced(by: .zero - far) == at(.min))
        #expect(at(.min).duration(to: .distantFuture) == .nanoseconds(Int64.max))
        #expect(at(5).duration(to: at(2)) == .nanoseconds(-3))
    }
}

/// Chance that is the same in every run.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
