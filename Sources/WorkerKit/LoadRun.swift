import Reactor
import Telemetry

/// A measurement under way: what has been asked, what has come of it, and whether it is over.
// SAFETY: it is touched only by its session, on the loop's thread, until that is done with it.
final class LoadRun: @unchecked Sendable {
    let plan: LoadGenerator
    let request: CallRequest
    let warmUp: Duration
    private var continuation: CheckedContinuation<Void, Never>?
    private var outcome = LoadGenerator.Report()
    private var latencies = LatencyCounts()
    private var began: Instant?
    private var lastAnswer: Instant?
    private var isOver = false
    private var inFlight = 0
    private var started = 0

    init(_ plan: LoadGenerator, _ request: CallRequest) {
        self.plan = plan
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
        resumeWhenDone()
    }

    /// Returns when the measurement is over and its last call has ended.
    func ended(after first: () -> Void) async {
        await withCheckedContinuation {
            continuation = $0
            first()
        }
    }

    /// Whether another call may be in flight.
    var hasRoom: Bool { inFlight < plan.inFlight }

    /// Counts one call that is to be made; false when no other is to be.
    func mayStart() -> Bool {
        guard !isOver, started < plan.calls ?? .max else { return false }
        started += 1
        inFlight += 1
        return true
    }

    func note(strays: Int) { outcome.strays = strays }

    /// Calls that were due and were not made; those of the warm-up do not count either.
    func note(missed: Int) {
        if began != nil, !isOver { outcome.missed += missed }
    }

    /// Counts the end of one call.
    func note(_ result: Result<CallAnswer, Fault>, since sent: Instant) {
        if let began, sent >= began, !isOver { count(result, since: sent) }
        inFlight -= 1
        resumeWhenDone()
    }

    private func resumeWhenDone() {
        guard inFlight == 0, isOver || started == plan.calls else { return }
        continuation.take()?.resume()
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
        report.p95 = latencies.quantile(0.95)
        report.p99 = latencies.quantile(0.99)
        report.longest = latencies.longest
        return report
    }
}
