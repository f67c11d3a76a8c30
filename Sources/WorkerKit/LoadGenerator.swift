import Bus
import Document
import Reactor
import Telemetry
package import Wire

/// Asks agents in one of the patterns and measures what comes of it: as fast as they answer, with
/// a fixed number of requests in flight, or at a fixed rate, however slow the answers are.
///
/// It asks from the answer before, or by the clock, without a Swift task for each request: what is
/// measured is the bus.
package struct LoadGenerator: Sendable {
    /// What is measured: plain calls, or one of the other patterns.
    package enum Pattern: String, Sendable, CaseIterable {
        case call, pipeline
        case fanOut = "fan-out"
        case acknowledged, broadcast
    }

    /// Half of what the pipe to an orchestrator holds: the first requests, which are made at once,
    /// must find room in it, or they wait until it is tried again.
    package static let mostInFlight = 10_000

    package var pattern = Pattern.call
    /// Whom to ask; of a pipeline and a fan-out all agents, with commas between them.
    package var agent = "echo"
    package var content = RawContent(Array("{}".utf8))
    /// So many requests are in flight, or at a fixed rate at most so many.
    package var inFlight = 64
    /// Requests a second; nil: the next one follows an answer.
    package var rate: Int?
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
        package var p95 = Duration.zero
        package var p99 = Duration.zero
        package var longest = Duration.zero
        /// The longest time between two answers that followed each other.
        package var longestPause = Duration.zero
        /// Calls that were due at the fixed rate and were not made: too many were in flight.
        package var missed = 0
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
        let timers = run.plan.calls == nil ? clock(run) : []
        defer { for timer in timers { timer.cancel() } }
        if run.plan.calls != nil { run.begin() }
        if let rate = run.plan.rate {
            await drive(run, at: rate)
        } else {
            await run.ended {
                for _ in 0..<run.plan.inFlight { callNext(run) }
            }
        }
        if run.plan.calls != nil {
            run.end()
            // Answers that are one too many come a little later.
            try? await loop.sleep(for: .milliseconds(250))
        }
        run.note(strays: calls.strays - before)
    }

    /// What begins and ends a measurement that is made by the clock.
    private func clock(_ run: LoadRun) -> [Timer] {
        [
            loop.timer(after: run.warmUp) { run.begin() },
            loop.timer(after: run.warmUp + run.plan.duration) { run.end() },
        ]
    }

    private func callNext(_ run: LoadRun) {
        guard run.mayStart() else { return }
        let sent = Instant.current()
        start(run.request) { [self] result in
            run.note(result, since: sent)
            if case .failure = result {
                // A refusal may come at once: calling in the loop's next turn keeps the stack flat.
                loop.submit { self.assumeIsolated { $0.callNext(run) } }
            } else {
                callNext(run)
            }
        }
    }

    // MARK: - At a fixed rate

    private func drive(_ run: LoadRun, at rate: Int) async {
        var pace = LoadPace(rate: rate, from: Instant.current())
        let ticks = loop.timer(every: LoadPace.tick) { [self] in
            callDue(run, &pace)
        }
        defer { ticks.cancel() }
        await run.ended {}
    }

    /// Makes the calls that are due. Their time counts from when they were, so that a late sender
    /// does not flatter the answers.
    private func callDue(_ run: LoadRun, _ pace: inout LoadPace) {
        let now = Instant.current()
        run.note(missed: pace.drop(at: now))
        while run.hasRoom, let due = pace.next(at: now), run.mayStart() {
            start(run.request) { run.note($0, since: due) }
        }
    }
}
