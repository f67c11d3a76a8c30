/// What an agent is granted: who is chosen for it, when it is tried again, hedged or left alone.
///
/// Every value has its default here; `baton.yaml` changes it for all agents or for one.
package struct Policy: Sendable, Hashable {
    package var balancing = BalancingPolicy()
    package var breaker = BreakerPolicy()
    package var retries = RetryPolicy()
    package var hedging = HedgePolicy()
    /// The longest one attempt may take; nothing: as long as the request.
    package var timeout: Duration?
    /// The most tasks of the agent at a time over all its instances; nothing: what they take.
    package var concurrency: Int?
    /// The most requests that may wait for the agent; nothing: the limit of all agents together.
    package var queue: Int?
    /// Who is asked in its stead when it failed for good, in order.
    package var fallback: [String] = []
    /// What the keys begin with under which copies of its requests and their figures are written,
    /// for programs that read those; nothing: none are.
    package var copies: String?
    /// What it can do: together these let a stranger's words carry private data away.
    package var powers: Set<Power> = []
    /// Whether each call of it waits until a person has approved it.
    package var needsApproval = false

    package enum Power: String, Sendable, Hashable, CaseIterable {
        case privateData = "private_data"
        case untrustedContent = "untrusted_content"
        case outbound
    }

    package init() {}
}

/// How an instance is chosen.
package struct BalancingPolicy: Sendable, Hashable {
    package enum Algorithm: String, Sendable, Hashable, CaseIterable {
        case roundRobin = "round_robin"
        /// Turns in proportion to the score and the speed.
        case weightedRoundRobin = "weighted_round_robin"
        case leastConnections = "least_connections"
        /// The highest score, always.
        case weighted
        /// The less loaded of two drawn at random.
        case powerOfTwo = "power_of_two"
    }

    package var algorithm = Algorithm.weightedRoundRobin
    /// The requests at which an instance counts as fully loaded in its score.
    package var loadScale = 10.0

    package init() {}
}

/// When an agent or an instance that fails is left alone, and for how long.
package struct BreakerPolicy: Sendable, Hashable {
    package enum Counting: String, Sendable, Hashable, CaseIterable {
        /// A success begins the count anew.
        case consecutive
        /// Only a recovery does.
        case cumulative
    }

    package var enabled = true
    package var failureThreshold = 5
    package var recoveryTimeout = Duration.seconds(60)
    package var counting = Counting.consecutive
    /// The calls let through at a time to see whether it has recovered.
    package var halfOpenProbes = 1

    package init() {}
}

/// Whether a slow call is given to a second instance as well.
package struct HedgePolicy: Sendable, Hashable {
    package var enabled = true
    /// The least wait before a second copy goes out, however fast the instances are.
    package var least = Duration.milliseconds(10)
    /// Second copies, as a share of all requests.
    package var budget = 0.05

    package init() {}
}

/// The policies of all agents: the common one, and what differs for some.
package struct Policies: Sendable, Hashable {
    package var common = Policy()
    package var named: [String: Policy] = [:]

    package init() {}

    package func policy(for agent: String) -> Policy { named[agent] ?? common }
}
