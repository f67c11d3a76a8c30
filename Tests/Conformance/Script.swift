package import Document
package import Telemetry

/// What a scenario arranges before the workflow runs.
package struct Script: Sendable {
    package var definition = ""
    package var input = Value.null
    /// What agents answer, one after another; the last one again and again.
    package var agents: [String: [Reply]] = [:]
    /// The same for workflows that are run, by `namespace/name`.
    package var workflows: [String: [Reply]] = [:]
    package var secrets: ObjectValue = [:]
    package var happenings: [Happening] = []

    package struct Reply: Sendable {
        package var after: Duration
        package var result: Result

        package init(after: Duration, result: Result) {
            self.after = after
            self.result = result
        }

        package enum Result: Sendable {
            case value(Value)
            case error(Value)
            /// Answers what it was given.
            case echo
            case never
        }
    }

    /// Something that comes from outside while the workflow runs.
    package struct Happening: Sendable {
        package var after: Duration
        package var what: What

        package enum What: Sendable {
            case event(Value)
            case suspended, resumed, cancelled
        }
    }

    package init() {}
}

/// What came of a workflow that ran.
package struct Story: Sendable {
    package var end = End.running
    /// Each change of each task, in order.
    package var changes: [Change] = []
    package var calls: [Call] = []
    package var emitted: [Value] = []
    /// From start to end, on the clock of the world that played it.
    package var duration = Duration.zero
    /// By how much things may come late there; where time is virtual nothing is ever late.
    package var slack = Duration.zero

    package enum End: Sendable, Hashable {
        case completed(Value)
        case faulted(Value)
        case cancelled
        /// Nothing more happens, and it has not ended.
        case running
        /// The file is not taken, for these reasons.
        case refused(String)
    }

    package struct Change: Sendable, Hashable {
        package var task: String
        package var reference: String
        /// The phase: `started`, `completed`, `faulted`, `cancelled`, `retried`, `skipped`.
        package var phase: String
        package var value: Value?

        package init(task: String, reference: String, phase: String, value: Value?) {
            self.task = task
            self.reference = reference
            self.phase = phase
            self.value = value
        }
    }

    package struct Call: Sendable, Hashable {
        package var agent: String
        package var payload: Value
        package var isWithdrawn = false
        package var version: String?
        package var key: String
        package var at: Duration
        /// How long it may take from then on; nothing if as long as it likes.
        package var limit: Duration?
        package var cacheKey: String?
        package var cacheLifetime: Duration?

        package init(
            agent: String, payload: Value, version: String?, key: String, at: Duration,
            limit: Duration?, cacheKey: String?, cacheLifetime: Duration? = nil
        ) {
            self.agent = agent
            self.payload = payload
            self.version = version
            self.key = key
            self.at = at
            self.limit = limit
            self.cacheKey = cacheKey
            self.cacheLifetime = cacheLifetime
        }
    }

    package init() {}
}

/// Whatever runs workflows: the engine alone, or a cluster.
package protocol World {
    /// Throws when it cannot play at all, whatever the script says.
    func play(_ script: Script) async throws(Fault) -> Story
}
