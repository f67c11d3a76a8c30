/// A durable task whose orchestrator its worker has lost: whoever took the request over finds it by
/// this.
package struct Orphan: Codable, Sendable, Hashable {
    package enum State: String, Codable, Sendable {
        /// It waits for word to begin with what must not be repeated.
        case waiting
        case running
        /// Its result waits for an acknowledgement.
        case done
    }

    package var tenant: String
    package var request: String
    package var step: UInt32
    package var attempt: UInt32
    package var fence: String
    package var agent: String
    package var state: State

    package init(
        tenant: String, request: String, step: UInt32, attempt: UInt32, fence: String,
        agent: String, state: State
    ) {
        self.tenant = tenant
        self.request = request
        self.step = step
        self.attempt = attempt
        self.fence = fence
        self.agent = agent
        self.state = state
    }
}

/// The content of READY, where it has one.
package struct OrphanList: Codable, Sendable, Hashable {
    package var orphans: [Orphan]
    /// Whether it answers a question, and names every task that the asker did not give.
    package var all: Bool?

    package init(_ orphans: [Orphan], all: Bool? = nil) {
        self.orphans = orphans
        self.all = all
    }
}

/// The content of PING, where it has one.
package struct OrphanQuestion: Codable, Sendable, Hashable {
    package var orphans = true

    package init() {}
}
