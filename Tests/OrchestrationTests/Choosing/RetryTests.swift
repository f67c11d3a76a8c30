import Reactor
import Telemetry
import TestKit
import Testing

@testable import Orchestration

/// Waits, budgets and what is known of slowness.
@Suite struct RetryTests {
    private func waits(
        _ change: (inout RetryPolicy) -> Void = { _ in }, asked: Retry = .now,
        left: Duration = .seconds(900)
    ) -> [Duration?] {
        var policy = RetryPolicy()
        policy.limit = 10
        change(&policy)
        var dice = Dice(seed: 1)
        return (1...11).map { policy.wait(before: $0, asked: asked, left: left, dice: &dice) }
    }

    @Test("S5-31 E4 waits grow twofold up to the longest, and end with the limit")
    func exponential() {
        let milliseconds = waits { $0.backoff = .exponential }.map { $0?.milliseconds }
        #expect(
            milliseconds == [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000, nil])
        #expect(RetryPolicy().limit == 3 && RetryPolicy().backoff == .fullJitter)
    }

    @Test("a fixed wait stays what it is")
    func fixed() {
        let all = waits { $0.backoff = .fixed }.compactMap(\.self)
        #expect(all == [Duration](repeating: .milliseconds(100), count: 10))
    }

    @Test("full jitter lies anywhere below the exponential wait")
    func jitter() {
        let ceilings = waits { $0.backoff = .exponential }
        let jittered = waits()
        for case (let ceiling?, let wait?) in zip(ceilings, jittered) {
            #expect(wait >= .zero && wait < ceiling)
        }
        var dice = Dice(seed: 9)
        let firsts = (0..<2000).compactMap { _ in
            RetryPolicy().wait(before: 1, asked: .now, left: .seconds(9), dice: &dice)
        }
        #expect(firsts.contains { $0 < .milliseconds(10) })
        #expect(firsts.contains { $0 > .milliseconds(90) })
    }

    @Test("E24 no retry is planned past the deadline, before the first one or after a final word")
    func bounds() {
        let short = waits({ $0.backoff = .exponential }, left: .milliseconds(400))
        #expect(short.compactMap(\.self).count == 2)
        #expect(waits(asked: .never).compactMap(\.self).isEmpty)
        var dice = Dice(seed: 1)
        let none = RetryPolicy().wait(before: 0, asked: .now, left: .seconds(9), dice: &dice)
        #expect(none == nil)
        #expect(waits(left: .zero).compactMap(\.self).isEmpty)
    }

    @Test("a wait that was asked for is never shortened")
    func hints() {
        let all = waits({ $0.backoff = .exponential }, asked: .after(.milliseconds(300)))
        #expect(all.prefix(4).map { $0?.milliseconds } == [300, 300, 400, 800])
    }

    @Test("huge delays and limits do not overflow")
    func huge() {
        let all = waits {
            $0.backoff = .exponential
            $0.delay = .seconds(Int64.max / 4)
            $0.longest = .seconds(Int64.max / 4)
        }
        #expect(all.compactMap(\.self).isEmpty)
    }

    @Test("retries are a tenth of the successes, with ten at first and a trickle")
    func budget() {
        let policy = RetryPolicy()
        var budget = RetryBudget()
        var now = Instant(nanoseconds: 1_000_000_000_000)
        func spent() -> Int {
            var count = 0
            while count < 1000, budget.spend(policy, at: now) { count += 1 }
            return count
        }
        #expect(spent() == 10)
        for _ in 0..<1000 { budget.succeeded(policy, at: now) }
        #expect(spent() == 100)
        now = now + .seconds(30)
        #expect(spent() == 3)
        now = now + .seconds(3600)
        #expect(spent() == 10)
        for _ in 0..<5000 { budget.succeeded(policy, at: now) }
        now = now + .seconds(240)
        budget.succeeded(policy, at: now)
        let kept = budget.left
        #expect(kept <= 510)
    }

    @Test("a budget of nothing is no retry at all")
    func noBudget() {
        var policy = RetryPolicy()
        policy.budget = 0
        var budget = RetryBudget()
        let isGranted = budget.spend(policy, at: Instant(nanoseconds: 1))
        #expect(!isGranted)
    }

    @Test("second copies are at most one in twenty")
    func hedges() {
        var budget = HedgeBudget()
        let policy = HedgePolicy()
        var copies = 0
        for request in 1...1000 {
            budget.began(policy)
            if budget.spend() { copies += 1 }
            #expect(copies * 20 <= request)
        }
        #expect(copies == 50)
    }

    @Test("the quantile of what an instance took is within a quarter of the truth, and fades")
    func latency() {
        var histogram = LatencyHistogram()
        for _ in 0..<19 { histogram.record(.milliseconds(10)) }
        #expect(histogram.quantile(0.95) == nil)
        histogram.record(.milliseconds(500))
        let usual = histogram.quantile(0.95) ?? .zero
        #expect(usual >= .milliseconds(10) && usual <= .microseconds(12_500))
        let slowest = histogram.quantile(1) ?? .zero
        #expect(slowest >= .milliseconds(500) && slowest <= .milliseconds(625))
        for _ in 0..<3000 { histogram.record(.milliseconds(40)) }
        let later = histogram.quantile(0.05) ?? .zero
        #expect(later >= .milliseconds(40))
    }

    @Test("every duration has a bucket that is not shorter than it, up to two hours")
    func buckets() {
        var random = SplitMix64(seed: 11)
        for shift in 0..<42 {
            for _ in 0..<20 {
                var histogram = LatencyHistogram()
                let nanos = Int64.random(in: 0...(1 << shift), using: &random)
                for _ in 0..<20 { histogram.record(.nanoseconds(nanos)) }
                let bound = histogram.quantile(0.5)?.wholeNanoseconds ?? 0
                #expect(bound > nanos && bound <= nanos + nanos / 4 + 1000)
            }
        }
        var histogram = LatencyHistogram()
        for _ in 0..<20 { histogram.record(.seconds(-5)) }
        for _ in 0..<20 { histogram.record(.seconds(Int64.max)) }
        #expect(histogram.count == 40)
    }
}
