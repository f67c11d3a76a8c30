/// The limits within which a child is kept up.
struct RestartPolicy: Sendable, Equatable {
    var firstDelay: Duration = .milliseconds(200)
    var longestDelay: Duration = .seconds(10)
    /// A child that ran this long is well again: its failures are forgotten.
    var healthyAfter: Duration = .seconds(10)
    /// After so many failures in a row the supervisor says once that the child does not stay up.
    var circuitOpensAfter = 5
    /// From the request to end until SIGKILL; those of workers and orchestrators follow each other
    /// and together stay within the 10 s that a drain may last.
    var drainLimit: Duration = .seconds(8)
    var startLimit: Duration = .seconds(10)
    /// Whether the child says itself that it is ready; otherwise it counts as running once started.
    var announcesReady = false
    /// How often a child that never was ready may fail before the whole start is called off; nil:
    /// for ever.
    var firstAttempts: Int?

    static let worker = RestartPolicy()
    static let orchestrator = RestartPolicy(
        drainLimit: .seconds(2), announcesReady: true, firstAttempts: 2)
    /// All others wait for it, so it comes back soon; reading a large file may take its time, and a
    /// last flush too.
    static let store = RestartPolicy(
        firstDelay: .milliseconds(50), longestDelay: .seconds(2), drainLimit: .seconds(5),
        startLimit: .seconds(600), announcesReady: true, firstAttempts: 2)
    /// What a worker is told about its own drain: a second is left for its way out.
    static let workerDrain = Duration.seconds(7)

    /// Doubles from the first delay to the longest; bounded for every count.
    func delay(afterFailures failures: Int) -> Duration {
        guard failures > 1 else { return firstDelay }
        var delay = firstDelay
        for _ in 1..<min(failures, 64) where delay < longestDelay { delay *= 2 }
        return min(delay, longestDelay)
    }
}
