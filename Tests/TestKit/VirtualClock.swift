/// Time that passes only when a test says so; a pure machine is given `now` and cannot tell the
/// difference.
package struct VirtualClock: Sendable {
    /// How long ago this clock began.
    package private(set) var now: Duration = .zero

    package init() {}

    package mutating func advance(by duration: Duration) {
        precondition(duration >= .zero, "time does not run backwards")
        now += duration
    }
}
