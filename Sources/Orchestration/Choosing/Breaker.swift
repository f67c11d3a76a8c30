import Reactor

/// Leaves alone what keeps failing: after so many failures nothing is sent for a while, then a
/// probe decides whether it goes on.
///
/// A pure machine that is told what began and how it ended; it keeps no clock and calls nobody.
struct Breaker {
    enum State: String {
        case closed, open
        case halfOpen = "half_open"
    }

    /// What others should hear of.
    enum Change: Equatable {
        case opened(retryAfter: Duration)
        case closed
    }

    private(set) var policy: BreakerPolicy
    private(set) var state = State.closed
    private(set) var failures = 0
    /// When it opened last: what began before says nothing about a recovery.
    private var opened: Instant?
    /// While it is open: the last moment at which nothing is let through.
    private var restsUntil = Instant.zero
    private(set) var probes = 0

    init(_ policy: BreakerPolicy = BreakerPolicy()) { self.policy = policy }

    /// Works by another policy from now on; what was counted stays, unless nothing is counted any
    /// more.
    mutating func adopt(_ policy: BreakerPolicy) {
        self.policy = policy
        if !policy.enabled { close() }
    }

    /// Whether a call may be made now.
    func admits(at now: Instant) -> Bool {
        guard policy.enabled else { return true }
        switch state {
        case .closed: return true
        case .open: return now > restsUntil
        case .halfOpen: return probes < policy.halfOpenProbes
        }
    }

    /// Nothing while calls are let through; otherwise how long until the next probe could be.
    func retryAfter(at now: Instant) -> Duration? {
        guard !admits(at: now) else { return nil }
        // A probe is under way: its answer decides, and nobody knows when that comes.
        guard state == .open else { return min(policy.recoveryTimeout, .seconds(1)) }
        return restsUntil - now + .nanoseconds(1)
    }

    /// A call it admitted is on its way; while it is open that is a probe.
    mutating func began(at now: Instant) {
        guard policy.enabled, state != .closed else { return }
        if state == .open {
            state = .halfOpen
            probes = 0
        }
        probes += 1
    }

    /// A call that began at the given moment, if that is known, ended well.
    mutating func succeeded(at now: Instant, since began: Instant? = nil) -> Change? {
        guard policy.enabled else { return nil }
        switch state {
        case .closed:
            if policy.counting == .consecutive { failures = 0 }
            return nil
        case .open: return nil
        case .halfOpen:
            guard isProbe(began) else { return nil }
            close()
            return .closed
        }
    }

    /// A call that began at the given moment, if that is known, failed.
    mutating func failed(at now: Instant, since began: Instant? = nil) -> Change? {
        guard policy.enabled, state == .closed || isProbe(began) else { return nil }
        failures += 1
        switch state {
        case .open:
            restsUntil = now + policy.recoveryTimeout
            return nil
        case .closed where failures < policy.failureThreshold: return nil
        case .closed, .halfOpen:
            open(at: now, until: now + policy.recoveryTimeout)
            return .opened(retryAfter: policy.recoveryTimeout)
        }
    }

    /// A call ended and proves nothing: it was refused, cancelled or lost. Its place as a probe is
    /// free again.
    mutating func gaveUp(since began: Instant? = nil) {
        if state == .halfOpen, isProbe(began) { probes = max(0, probes - 1) }
    }

    /// A peer says that it is open; it is left alone here too.
    mutating func forced(openUntil moment: Instant, at now: Instant) {
        guard policy.enabled, moment > now else { return }
        if state == .open {
            restsUntil = max(restsUntil, moment)
        } else {
            open(at: now, until: moment)
        }
    }

    /// A peer says that it has recovered: a probe may see for itself at once.
    mutating func eased() {
        guard state == .open else { return }
        state = .halfOpen
        probes = 0
    }

    // MARK: - Steps

    private mutating func open(at now: Instant, until moment: Instant) {
        state = .open
        opened = now
        restsUntil = moment
        probes = 0
    }

    private mutating func close() {
        state = .closed
        failures = 0
        probes = 0
        opened = nil
    }

    /// Whether the call began after it opened, so that its end says something about a recovery.
    private func isProbe(_ began: Instant?) -> Bool {
        guard let began, let opened else { return true }
        return began > opened
    }
}
