import Bus
import Document
import Reactor
import Telemetry
package import Wire

/// Asks agents in one of the patterns as fast as they answer, with a fixed number of requests in
/// flight, and measures what comes of it.
///
/// It asks from the answer before, without a Swift task for each: what is measured is the bus.
package struct LoadGenerator: Sendable {
    /// What is measured: plain calls, or one of the other patterns.
    package enum Pattern: String, Sendable, CaseIterable {
        case call, pipeline
        case fanOut = "fan-out"
        case acknowledged, broadcast
    }

    package var pattern = Pattern.call
    /// Whom to ask; of a pipeline and a fan-out all agents, with commas between them.
    package var agent = "echo"
    package var content = RawContent(Array("{}".utf8))
    package var inFlight = 64
    package var delivery = Delivery.volatile
    package var duration = Duration.seconds(5)
    /// So many calls, all of them counted, however long they take; nil: as many as the time allows.
    package var calls: Int?
    /// Not counted; never more than the measured time.
    package var warmUp = Duration.seconds(1)
    package var timeout = Duration.seconds(30)

    package init() {}

    /// What was measured.
    package struct Report: Sendable {
        package var calls = 0
        package var errors = 0
        package var firstError: String?
        package var elapsed = Duration.zero
        package var median = Duration.zero
        package var p99 = Duration.zero
        package var longest = Duration.zero
        /// The longest time between two answers that followed each other.
        package var longestPause = Duration.zero
        /// Answers that no call was waiting for: second ones, or those of calls given up.
        package var strays = 0
        /// Whether every answer was durable.
        package var isDurable = true

        package var perSecond: Double {
            elapsed > .zero ? Double(calls) / (elapsed / .seconds(1)) : 0
        }
    }

    package func run(on client: Client) async throws -> Report {
        let run = LoadRun(self, try request())
        try await client.session.drive(run)
        return run.report()
    }

    private func request() throws(Fault) -> CallRequest {
        let agents = agent.split(separator: ",").map(String.init)
        var request =
            switch pattern {
            case .call: CallRequest(agent: agent, content: content)
            case .pipeline: try CallRequest.pipeline(agents, content)
            case .fanOut: try CallRequest.fanOut(agents, content)
            case .acknowledged: try CallRequest.acknowledged(agent, content)
            case .broadcast: try CallRequest.broadcast(agent, content)
            }
        request.delivery = pattern == .broadcast ? .volatile : delivery
        request.setTimeout(timeout)
        return request
    }
}

extension Session {
    fileprivate func drive(_ run: LoadRun) async throws {
        let before = calls.strays
        if run.plan.calls != nil { await driveAll(run) } else { await driveTimed(run) }
        run.note(strays: calls.strays - before)
    }

    /// Makes all calls of the plan, and then waits a little for answers that are one too many.
    private func driveAll(_ run: LoadRun) async {
        run.begin()
        await withCheckedContinuation { continuation in
            run.ended = continuation
            for _ in 0..<run.plan.inFlight { callNext(run) }
        }
        run.end()
        try? await loop.sleep(for: .milliseconds(250))
    }

    private func driveTimed(_ run: LoadRun) async {
        let beginning = loop.timer(after: run.warmUp) { run.begin() }
        let end = loop.timer(after: run.warmUp + run.plan.duration) { run.end() }
        defer {
            beginning.cancel()
            end.cancel()
        }
        await withCheckedContinuation { continuation in
            run.ended = continuation
            for _ in 0..<run.plan.inFlight { callNext(run) }
        }
    }

    private func callNext(_ run: LoadRun) {
        guard run.mayStart() else { return }
        let sent = Instant.current()
        start(run.request) { [self] result in
            guard run.note(result, since: sent) else { return }
            if case .failure = result {
                // A refusal may come at once: calling in the loop's next turn keeps the stack flat.
                loop.submit { self.assumeIsolated { $0.callNext(run) } }
            } else {
                callNext(run)
            }
        }
    }
}

/// A measurement under way.
// SAFETY: it is touched only by its session, on the loop's thread, until that is done with it.
private final class LoadRun: @unchecked Sendable {
    let plan: LoadGenerator
    let request: CallRequest
    let warmUp: Duration
    var ended: CheckedContinuation<Void, Never>?
    private var outcome = LoadGenerator.Report()
    private var latencies = LatencyCounts()
    private var began: Instant?
    private var lastAnswer: Instant?
    private var isOver = false
    private var inFlight: Int
    private var started = 0

    init(_ plan: LoadGenerator, _ request: CallRequest) {
        self.plan = plan
        inFlight = plan.inFlight
        warmUp = min(plan.warmUp, plan.duration)
        self.request = request
    }

    func begin() {
        began = Instant.current()
        lastAnswer = began
    }

    func end() {
        isOver = true
        let now = Instant.current()
        if let began { outcome.elapsed = now - began }
        notePause(until: now)
    }

    /// Counts one call that is to be made; false when all of the plan are.
    func mayStart() -> Bool {
        started += 1
        return plan.calls.map { started <= $0 } ?? true
    }

    func note(strays: Int) { outcome.strays = strays }

    /// Counts one answer; false when no other call is to follow it.
    func note(_ result: Result<CallAnswer, Fault>, since sent: Instant) -> Bool {
        if let began, sent >= began, !isOver { count(result, since: sent) }
        if let calls = plan.calls {
            if outcome.calls + outcome.errors == calls { ended.take()?.resume() }
            return true
        }
        guard isOver else { return true }
        inFlight -= 1
        if inFlight == 0 { ended.take()?.resume() }
        return false
    }

    private func notePause(until now: Instant) {
        guard let last = lastAnswer else { return }
        outcome.longestPause = max(outcome.longestPause, now - last)
        lastAnswer = now
    }

    private func count(_ result: Result<CallAnswer, Fault>, since sent: Instant) {
        let now = Instant.current()
        notePause(until: now)
        switch result {
        case .success(let answer):
            outcome.calls += 1
            latencies.add(now - sent)
            if answer.delivery != .durable { outcome.isDurable = false }
        case .failure(let fault):
            outcome.errors += 1
            if outcome.firstError == nil { outcome.firstError = fault.message }
        }
    }

    func report() -> LoadGenerator.Report {
        var report = outcome
        report.isDurable = report.isDurable && report.calls > 0
        report.median = latencies.quantile(0.5)
        report.p99 = latencies.quantile(0.99)
        report.longest = latencies.longest
        return report
    }
}

/// Counts durations in buckets whose width is a 64th of their size: quantiles within 1.6 %, in
/// fixed memory.
struct LatencyCounts {
    private static let steps = 64
    private var counts = [Int](repeating: 0, count: steps * 64)
    private(set) var total = 0
    private(set) var longest = Duration.zero

    mutating func add(_ duration: Duration) {
        longest = max(longest, duration)
        counts[Self.bucket(UInt64(max(0, duration.wholeNanoseconds)))] += 1
        total += 1
    }

    /// The duration that this share of all stayed below.
    func quantile(_ share: Double) -> Duration {
        let wanted = Int((Double(total) * share).rounded(.up))
        var seen = 0
        for (bucket, count) in counts.enumerated() where count > 0 {
            seen += count
            if seen >= wanted { return .nanoseconds(Self.upperBound(bucket)) }
        }
        return .zero
    }

    private static func bucket(_ value: UInt64) -> Int {
        guard value >= UInt64(steps) else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        let step = Int(value >> UInt64(exponent - 6)) - steps
        return (exponent - 5) * steps + step
    }

    private static func upperBound(_ bucket: Int) -> Int64 {
        guard bucket >= steps else { return Int64(bucket) }
        let exponent = bucket / steps + 5
        let step = UInt64(bucket % steps + steps + 1)
        return Int64(clamping: step << UInt64(exponent - 6))
    }
}
