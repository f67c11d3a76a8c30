package import Reactor

/// Time that passes only when a test says so; a pure machine is given `now` and cannot tell the
/// difference.
package struct VirtualClock: Sendable {
    package private(set) var now: Instant

    package init(now: Instant = Instant(nanoseconds: 0)) { self.now = now }

    package mutating func advance(by duration: Duration) {
        precondition(duration >= .zero, "time does not run backwards")
        now = now.advanced(by: duration)
    }
}
