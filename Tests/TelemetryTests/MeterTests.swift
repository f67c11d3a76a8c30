import Telemetry
import TestKit
import Testing

@Suite("Meter") struct MeterTests {
    @Test("a counter stands still at its end instead of starting again")
    func counter() {
        var counter = Counter()
        counter.add()
        counter.add(41)
        #expect(counter.value == 42)
        counter.add(.max)
        counter.add()
        #expect(counter.value == .max)
    }

    @Test("an empty histogram has no quantile")
    func empty() {
        let histogram = Histogram()
        #expect(histogram.quantile(0.5) == nil)
        #expect(histogram.count == 0 && histogram.sum == 0 && histogram.maximum == 0)
    }

    @Test("quantiles of small values are exact")
    func small() {
        var histogram = Histogram()
        for value in 1...7 { histogram.record(UInt64(value)) }
        #expect(histogram.quantile(0) == 1)
        #expect(histogram.quantile(0.5) == 4)
        #expect(histogram.quantile(1) == 7)
        #expect(histogram.quantile(.nan) == nil)
        #expect(histogram.sum == 28)
    }

    @Test("a quantile is never below the truth and at most an eighth above it", arguments: 0..<8)
    func estimate(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var histogram = Histogram()
        let values = (0..<2000).map { _ in
            UInt64.random(in: 0..<(1 << 40), using: &random)
                >> UInt64.random(in: 0..<40, using: &random)
        }.sorted()
        for value in values { histogram.record(value) }
        for share in [0.01, 0.5, 0.9, 0.99, 1] {
            let truth = values[Int((Double(values.count) * share).rounded(.up)) - 1]
            let estimate = try #require(histogram.quantile(share))
            #expect(estimate >= truth && estimate <= truth + truth / 8)
        }
    }

    @Test("the largest values and sums neither trap nor wrap")
    func largest() {
        var histogram = Histogram()
        histogram.record(UInt64.max)
        histogram.record(UInt64.max)
        #expect(histogram.sum == .max && histogram.maximum == .max)
        #expect(histogram.quantile(0.5) == .max)
    }

    @Test(
        "a time is recorded in microseconds, and one before zero as zero",
        arguments: [
            (Duration.milliseconds(3), UInt64(3000)),
            (.nanoseconds(1999), 1),
            (.zero, 0),
            (.seconds(-5), 0),
            (.milliseconds(-1), 0),
            (Duration(secondsComponent: .max, attosecondsComponent: 0), .max),
        ])
    func durations(duration: Duration, microseconds: UInt64) {
        var histogram = Histogram()
        histogram.record(duration)
        #expect(histogram.maximum == microseconds)
    }

    @Test("two halves merged are the whole")
    func merge() {
        var whole = Histogram()
        var left = Histogram()
        var right = Histogram()
        for value in UInt64(0)..<1000 {
            whole.record(value)
            if value % 3 == 0 { left.record(value) } else { right.record(value) }
        }
        left.merge(right)
        #expect(left == whole)
    }

    @Test("a meter is read out as named families that no longer change")
    func families() {
        var meter = SampleMeter()
        meter.calls.add(3)
        meter.running.value = 2
        meter.latency.record(.microseconds(5))
        let families = meter.families
        meter.calls.add()
        #expect(families.map(\.name) == ["calls_total", "running", "latency_microseconds"])
        #expect(families[0].samples == [.init(.counter(3), labels: ["agent": "echo"])])
        #expect(families[1].samples.first?.value == .gauge(2))
        guard case .histogram(let latency)? = families[2].samples.first?.value else {
            Issue.record("the latency is no histogram")
            return
        }
        #expect(latency.count == 1 && latency.median == 5 && latency.ninetyNinth == 5)
    }
}

private struct SampleMeter: Meter {
    var calls = Counter()
    var running = Gauge()
    var latency = Histogram()

    var families: [MetricFamily] {
        [
            MetricFamily(
                "calls_total", "Calls taken", [.init(calls.snapshot, labels: ["agent": "echo"])]),
            MetricFamily("running", "Calls in hand", [.init(running.snapshot)]),
            MetricFamily("latency_microseconds", "Time to answer", [.init(latency.snapshot)]),
        ]
    }
}
