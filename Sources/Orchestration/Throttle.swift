import Reactor

/// Lets only so many of something pass in a second.
struct Throttle {
    let limit: Int
    private var second = Instant.zero
    private var count = 0

    init(_ limit: Int) { self.limit = limit }

    mutating func admits(at now: Instant) -> Bool {
        if now - second >= .seconds(1) {
            second = now
            count = 0
        }
        count += 1
        return count <= limit
    }
}
