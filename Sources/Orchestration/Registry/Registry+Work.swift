import Flow
import Reactor
import Telemetry
import Wire

/// What becomes of the tasks that were given away: figures, breakers and budgets learn from every
/// end.
extension Registry {
    /// A worker that serves an agent.
    struct Instance {
        /// The place of one that has left.
        static let gone = -1

        var worker: Int
        var agent: Int
        /// Where it stands among the instances of its agent.
        var place: Int
        /// That of its agent; nothing where that is not one.
        var version: SemanticVersion?
        var breaker: Breaker
        var figures = Figures()
        /// In seconds, of what was answered well.
        var responseTime = RunningAverage(atFirst: 0)
        var successRate = RunningAverage(atFirst: 1)
        var latency = LatencyHistogram()
        var inFlight = 0
        /// Whether its breaker is counted among the open ones of its agent.
        var isBroken = false
        /// Whether its worker knows that its place was found closed.
        var isShut = false
        /// Whether it waits for its breaker's time.
        var isResting = false

        var isGone: Bool { place == Self.gone }
    }

    /// How a task ended for the instance that had it.
    enum Ending: Equatable {
        case success
        /// Some failures are the caller's own and say nothing about the instance.
        case failure(countsAgainstIt: Bool, message: String)
        /// Its worker is gone.
        case lost
        /// It was not taken: the worker had no room.
        case refused
        /// Nobody wanted its answer any more.
        case cancelled
    }

    /// Changes of breakers that others should hear of.
    struct BreakerNews: Equatable {
        var agent: Breaker.Change?
        var instance: Breaker.Change?

        var isEmpty: Bool { agent == nil && instance == nil }
    }

    /// A task is on its way to the instance.
    mutating func began(_ instance: Int, at now: Instant) {
        let (worker, agent) = (instances[instance].worker, instances[instance].agent)
        workers[worker].began()
        agents[agent].inFlight += 1
        agents[agent].breaker.began(at: now)
        instances[instance].inFlight += 1
        instances[instance].breaker.began(at: now)
        if !instances[instance].isGone, !takes(instance, at: now) { close(instance, at: now) }
    }

    /// The instance is done with a task it was given so long ago, and its place there is free.
    @discardableResult
    mutating func ended(
        _ instance: Int, _ ending: Ending, took: Duration, at now: Instant
    ) -> BreakerNews {
        let (worker, agent) = (instances[instance].worker, instances[instance].agent)
        let wasAtLimit = agents[agent].inFlight == agents[agent].policy.concurrency
        workers[worker].ended()
        agents[agent].inFlight -= 1
        instances[instance].inFlight -= 1
        let news = learn(instance, ending, took, at: now)
        offer(worker, at: now)
        release(instance)
        if wasAtLimit, agents[agent].waiting > 0 { offerLine(of: agent) }
        return news
    }

    /// An attempt took longer than it may. Its place stays taken until the worker answers, which
    /// says nothing more about it then.
    mutating func timedOut(_ instance: Int, after took: Duration, at now: Instant) -> BreakerNews {
        learn(
            instance, .failure(countsAgainstIt: true, message: "no answer in time"), took, at: now)
    }

    // MARK: - Admission and budgets

    /// Nothing when the agent may be called; otherwise how long it is left alone, because its
    /// breaker or those of all its instances are open.
    func admits(_ agent: Int, at now: Instant) -> Duration? {
        if let left = agents[agent].breaker.retryAfter(at: now) { return left }
        let numbers = agents[agent].instances
        guard agents[agent].broken > 0, agents[agent].broken == numbers.count else { return nil }
        var shortest: Duration?
        for instance in numbers.prefix(Balancer.window) {
            guard let left = instances[instance].breaker.retryAfter(at: now) else { return nil }
            shortest = min(shortest ?? left, left)
        }
        return shortest
    }

    /// Whether a failed attempt may be made again; one retry of the agent's budget is spent.
    mutating func mayRetry(_ agent: Int, at now: Instant) -> Bool {
        agents[agent].retries.spend(agents[agent].policy.retries, at: now)
    }

    /// Whether a second copy may go out; one copy of the agent's budget is spent.
    mutating func mayHedge(_ agent: Int) -> Bool {
        agents[agent].policy.hedging.enabled && agents[agent].hedges.spend()
    }

    /// After which wait a second copy of a call makes sense: what nineteen of twenty answers stay
    /// below at the middle one of the instances, so that one that stalls cannot raise it.
    mutating func hedgeDelay(_ agent: Int) -> Duration? {
        let policy = agents[agent].policy.hedging
        guard policy.enabled, agents[agent].instances.count > 1 else { return nil }
        if agents[agent].slowness.isOld {
            let numbers = agents[agent].instances
            let step = (numbers.count + Balancer.window - 1) / Balancer.window
            let sample = stride(from: 0, to: numbers.count, by: step).compactMap {
                instances[numbers[$0]].latency.quantile(0.95)
            }
            agents[agent].slowness.renew(sample)
        }
        return agents[agent].slowness.typical.map { max($0, policy.least) }
    }

    // MARK: - Breakers of others

    /// A peer says that its breaker of an agent, or of one instance, has opened or closed.
    mutating func heard(
        _ change: Breaker.Change, agent: Int, instance: String? = nil, at now: Instant
    ) {
        guard let instance else {
            Self.apply(change, to: &agents[agent].breaker, at: now)
            restAgent(agent, at: now)
            return offerLine(of: agent)
        }
        for number in agents[agent].named[instance] ?? [] {
            Self.apply(change, to: &instances[number].breaker, at: now)
            countBroken(number)
            if takes(number, at: now) {
                open(number)
                rest.returned.append(instances[number].worker)
            } else {
                close(number, at: now)
            }
        }
    }

    private static func apply(
        _ change: Breaker.Change, to breaker: inout Breaker, at now: Instant
    ) {
        switch change {
        case .opened(let left): breaker.forced(openUntil: now + left, at: now)
        case .closed: breaker.eased()
        }
    }

    // MARK: - Learning

    private mutating func learn(
        _ instance: Int, _ ending: Ending, _ took: Duration, at now: Instant
    ) -> BreakerNews {
        let agent = instances[instance].agent
        let nanoseconds = took.wholeNanoseconds
        instances[instance].note(ending, took, nanoseconds)
        agents[agent].figures.note(ending, took)
        agents[agent].slowness.answered()
        if ending == .success {
            agents[agent].retries.succeeded(agents[agent].policy.retries, at: now)
            agents[agent].hedges.began(agents[agent].policy.hedging)
            agents[agent].pace.answered(in: instances[instance].responseTime.value)
        }
        let began = Instant(nanoseconds: now.nanoseconds &- nanoseconds)
        let news = BreakerNews(
            agent: agents[agent].breaker.ended(ending, since: began, at: now),
            instance: instances[instance].breaker.ended(ending, since: began, at: now))
        settle(instance, news, at: now)
        return news
    }

    /// Open sets and lines follow what the breakers have become.
    private mutating func settle(_ instance: Int, _ news: BreakerNews, at now: Instant) {
        let agent = instances[instance].agent
        switch news.agent {
        case .opened: restAgent(agent, at: now)
        case .closed: offerLine(of: agent)
        // A probe that gave up leaves its place to the next one.
        case nil where agents[agent].breaker.state == .halfOpen: offerLine(of: agent)
        case nil: break
        }
        guard !instances[instance].isGone else { return }
        countBroken(instance)
        switch instances[instance].breaker.state {
        case .open: close(instance, at: now)
        case .closed where !instances[instance].isResting: break
        case .closed, .halfOpen:
            open(instance)
            rest.returned.append(instances[instance].worker)
        }
    }

    /// Counts the instance among the broken ones of its agent, or no more.
    mutating func countBroken(_ instance: Int) {
        let isBroken = instances[instance].breaker.state != .closed
        guard isBroken != instances[instance].isBroken else { return }
        instances[instance].isBroken = isBroken
        agents[instances[instance].agent].broken += isBroken ? 1 : -1
    }
}

extension Registry.Ending {
    /// The codes that speak of the caller, not of whoever was called.
    private static let callersOwn: Set<String> = Set(
        [
            WireCode.invalid, .notFound, .forbidden, .tooLarge, .cancelled, .unsupported, .budget,
            .problem,
        ].map(\.rawValue))

    static func failure(of error: WireError) -> Self {
        .failure(countsAgainstIt: !callersOwn.contains(error.code), message: error.message)
    }

    init(_ outcome: Outcome) {
        switch outcome {
        case .result: self = .success
        case .failure(let error): self = .failure(of: error)
        }
    }
}

extension Breaker {
    fileprivate mutating func ended(
        _ ending: Registry.Ending, since began: Instant, at now: Instant
    ) -> Change? {
        switch ending {
        case .success: return succeeded(at: now, since: began)
        case .failure(true, _): return failed(at: now, since: began)
        // It answered, and that is what was asked of it.
        case .failure(false, _): return succeeded(at: now, since: began)
        case .lost, .refused, .cancelled:
            gaveUp(since: began)
            return nil
        }
    }
}

extension Registry.Figures {
    fileprivate mutating func note(_ ending: Registry.Ending, _ took: Duration) {
        switch ending {
        case .success: break
        case .failure(_, let message):
            errors += 1
            lastError = message
        case .lost, .refused, .cancelled: return
        }
        requests += 1
        processing += took
    }
}

extension Registry.Instance {
    fileprivate mutating func note(
        _ ending: Registry.Ending, _ took: Duration, _ nanoseconds: Int64
    ) {
        figures.note(ending, took)
        let seconds = Double(nanoseconds) / 1e9
        switch ending {
        case .success:
            successRate.add(1)
            responseTime.add(seconds)
            latency.record(nanoseconds: nanoseconds)
        // A failure that comes at once is not speed.
        case .failure(true, _): successRate.add(0)
        // It would have taken at least this long: else whoever stalls is never found slow, because
        // nobody waits for it to the end.
        case .cancelled where seconds > responseTime.value:
            responseTime.add(seconds)
            latency.record(nanoseconds: nanoseconds)
        case .failure(false, _), .lost, .refused, .cancelled: break
        }
    }
}
