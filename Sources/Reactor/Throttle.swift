/// Lets only so many of something pass in a second, and counts what it held back.
package struct Throttle: Sendable {
    package let limit: Int
    private var second = Instant.zero
    private var count = 0
    private var heldBack = 0

    package init(_ limit: Int) { self.limit = limit }

    package mutating func admits(at now: Instant) -> Bool {
        turn(at: now)
        count += 1
        return count <= limit
    }

    /// How many did not pass in the seconds that are over, since this was asked last.
    package mutating func takeHeldBack(at now: Instant) -> Int {
        turn(at: now)
        defer { heldBack = 0 }
        return heldBack
    }

    /// Whether some were held back that nobody has been told of.
    package var isHolding: Bool { heldBack > 0 || count > limit }

    private mutating func turn(at now: Instant) {
        guard now - second >= .seconds(1) else { return }
        second = now
        heldBack += max(0, count - limit)
        count = 0
    }
}
