package import Telemetry

/// What a connection to Redis tells its user.
extension RedisLink {
    /// What the server said of itself when the connection began.
    package struct Facts: Sendable, Equatable {
        package var version = ""
        /// Differs after each start of the server.
        package var runID = ""
        /// `master`, `slave`, or what else it calls itself.
        package var role = ""
        package var isLoading = false
        /// What it does when its memory is full; nil, as all below: it may not be asked.
        package var policy: String?
        package var appendOnly: Bool?
        package var appendSync: String?
        /// How many replicas must be well for it to take a write, and how many seconds one that is
        /// well may lag; of the profile `ha` alone.
        package var minReplicas: Int?
        package var maxLag: Int?
        /// The replicas that are connected.
        package var replicas: Int?
        /// Where Sentinels said that it is.
        package var place: String?

        package init() {}
    }

    package enum Condition: Sendable {
        case ready(Facts)
        /// It comes back by itself.
        case away(reason: String)
        /// It will hardly come back by itself: a password, a right, a version. It still tries, as
        /// seldom as it may.
        case refused(Fault)
    }

    package enum Outcome: Sendable, Equatable {
        /// What Redis answered, also where that is an error.
        case reply(RedisReply)
        /// Nobody can know whether it ran: no answer came. It may not have been sent at all.
        case unknown(reason: String)
    }
}
