package import Telemetry

/// Time that passes only when a test says so; a pure machine is given `now` and cannot tell the
/// difference.
package struct VirtualClock: Sendable {
    package private(set) var now: Moment

    package init(now: Moment = .zero) { self.now = now }

    package mutating func advance(by duration: Duration) {
        precondition(duration >= .zero, "time does not run backwards")
        now = now + duration
    }
}
