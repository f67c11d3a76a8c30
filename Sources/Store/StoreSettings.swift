/// Every bound and delay of the store, with its default.
package struct StoreSettings: Sendable, Hashable {
    /// How sure "accepted" is; what Redis must be set to.
    package enum Profile: String, Sendable, CaseIterable {
        /// One node, written to disk every second.
        case dev
        /// One node, written to disk before anything is answered.
        case single
    }

    package var profile = Profile.dev
    /// What all keys begin with.
    package var prefix = "baton:"
    /// How long finished requests are kept, how many, and how many bytes.
    package var retention = Duration.seconds(3600)
    package var finishedKept = 200_000
    package var finishedBytes = 256 << 20
    /// Dead letters that are kept; the oldest goes first.
    package var deadKept = 10_000
    /// Requests that may wait for an owner.
    package var ready = 2_000
    /// Requests one tenant may have in hand.
    package var tenantInFlight = 1_000_000
    /// How long a session is kept that nobody uses, how many, and how many bytes.
    package var sessionIdle = Duration.seconds(86_400)
    package var sessionsKept = 100_000
    package var sessionBytes = 256 << 20
    /// Requests that go to Redis in one call, and their bytes.
    package var batch = 64
    package var batchBytes = 1 << 20
    /// How long an answer of Redis may take before the connection is given up.
    package var deadline = Duration.seconds(2)
    /// The lease of an instance, how often it is renewed, when it stops by itself, and how long
    /// after its end others take over.
    package var lease = Duration.seconds(5)
    package var renewal = Duration.milliseconds(250)
    package var fence = Duration.milliseconds(3500)
    package var grace = Duration.seconds(3)
    /// How long before its end the lease of an instance counts as not renewed, where that was lost
    /// from sight: when two renewals are missing.
    var early: Duration { max(.zero, lease - renewal * 2) }
    /// Waits between attempts to reach Redis.
    package var shortestBackoff = Duration.milliseconds(20)
    package var longestBackoff = Duration.seconds(2)

    package init() {}
}
