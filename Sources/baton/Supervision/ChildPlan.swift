/// What happens to one child process, decided apart from any process: events and the time in,
/// actions out.
///
/// It restarts what ends, waits longer each time, forgets failures after a spell of health, and
/// says once that a child cannot be kept up. It never starts a second process while one may still
/// run.
struct ChildPlan: Sendable {
    enum State: Sendable, Equatable {
        case idle
        case starting(since: Duration)
        case running(since: Duration)
        case backingOff(until: Duration)
        case stopping(killAt: Duration)
        case killed
        case stopped
        case abandoned
    }

    enum Event: Sendable, Equatable {
        case start
        case ready
        case spawnFailed
        case exited
        case clock
        case stop
        case stopNow
    }

    enum Action: Sendable, Equatable {
        case spawn
        case terminate
        case kill
        case wake(at: Duration)
        case circuitOpened(failures: Int)
        case circuitClosed
        case gone
        case gaveUp
    }

    let policy: RestartPolicy
    private(set) var state = State.idle
    private(set) var failures = 0
    private(set) var restarts = 0
    private var isOpen = false
    private(set) var wasReady = false

    init(policy: RestartPolicy) { self.policy = policy }

    var isOver: Bool { state == .stopped || state == .abandoned }

    /// `now` only ever grows. An event that means nothing in a state is answered with no action.
    mutating func event(_ event: Event, at now: Duration) -> [Action] {
        switch event {
        case .start: started(now)
        case .ready: becameReady(now)
        case .spawnFailed, .exited: ended(now)
        case .clock: clock(now)
        case .stop: stop(now)
        case .stopNow: stopNow()
        }
    }

    private mutating func started(_ now: Duration) -> [Action] {
        state == .idle ? spawn(now) : []
    }

    private mutating func spawn(_ now: Duration) -> [Action] {
        if policy.announcesReady {
            state = .starting(since: now)
            return [.spawn, .wake(at: now + policy.startLimit)]
        }
        state = .running(since: now)
        return [.spawn, .wake(at: now + policy.healthyAfter)]
    }

    private mutating func becameReady(_ now: Duration) -> [Action] {
        guard case .starting = state else { return [] }
        wasReady = true
        state = .running(since: now)
        return [.wake(at: now + policy.healthyAfter)]
    }

    private mutating func ended(_ now: Duration) -> [Action] {
        switch state {
        case .idle, .stopped, .abandoned, .backingOff: return []
        case .stopping, .killed:
            state = .stopped
            return [.gone]
        case .running(let since):
            let closing = now - since >= policy.healthyAfter ? heal() : []
            return closing + failed(now)
        case .starting: return failed(now)
        }
    }

    private mutating func failed(_ now: Duration) -> [Action] {
        failures += 1
        if let limit = policy.firstAttempts, !wasReady, failures >= limit {
            state = .abandoned
            return [.gaveUp]
        }
        restarts += 1
        let until = now + policy.delay(afterFailures: failures)
        state = .backingOff(until: until)
        guard failures >= policy.circuitOpensAfter, !isOpen else { return [.wake(at: until)] }
        isOpen = true
        return [.circuitOpened(failures: failures), .wake(at: until)]
    }

    private mutating func clock(_ now: Duration) -> [Action] {
        switch state {
        case .backingOff(let until):
            return now >= until ? spawn(now) : [.wake(at: until)]
        case .running(let since):
            return now - since >= policy.healthyAfter ? heal() : []
        case .starting(let since) where now - since >= policy.startLimit:
            // Its end arrives as an event of its own and counts as the failure.
            return [.kill]
        case .stopping(let killAt):
            guard now >= killAt else { return [.wake(at: killAt)] }
            state = .killed
            return [.kill]
        case .idle, .starting, .killed, .stopped, .abandoned: return []
        }
    }

    private mutating func heal() -> [Action] {
        failures = 0
        defer { isOpen = false }
        return isOpen ? [.circuitClosed] : []
    }

    private mutating func stop(_ now: Duration) -> [Action] {
        switch state {
        case .idle, .backingOff:
            state = .stopped
            return [.gone]
        case .starting, .running:
            state = .stopping(killAt: now + policy.drainLimit)
            return [.terminate, .wake(at: now + policy.drainLimit)]
        case .stopping, .killed, .stopped, .abandoned: return []
        }
    }

    private mutating func stopNow() -> [Action] {
        switch state {
        case .idle, .backingOff:
            state = .stopped
            return [.gone]
        case .starting, .running, .stopping:
            state = .killed
            return [.kill]
        case .killed, .stopped, .abandoned: return []
        }
    }
}
