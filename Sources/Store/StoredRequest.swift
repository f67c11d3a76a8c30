/// A request as the store has it.
package struct StoredRequest: Sendable {
    package var key: RecordKey
    package var id = ""
    package var tenant = ""
    package var agent = ""
    package var state = StoredState.ready
    /// Who has it in hand: `name#epoch`.
    package var owner = ""
    /// Milliseconds since 1970; 0: not yet.
    package var accepted: UInt64 = 0
    package var deadline: UInt64 = 0
    package var ended: UInt64 = 0
    /// Who gave the result.
    package var instance = ""
    package var attempt = 0
    package var took: UInt64 = 0
    /// No step was given away more often; 0: not more than once.
    package var attempts = 0
    package var code = ""
    package var input: StoredMessage?
    package var output: StoredMessage?
    /// The result of the latest step that was kept before the last one.
    package var lastResult: StoredMessage?
    /// Steps that were kept, in order; a request of one step may have none.
    package var steps: [StoredStep] = []
    package var events: [StoredEvent] = []
    /// The number under which its new owner gives its tasks away; 0 where it has no new owner.
    package var fence: UInt64 = 0
    /// Whether somebody may have worked on it before.
    package var wasOwned = false
    /// What workers said to others of steps whose owner they could not reach.
    package var words: [StoredMessage] = []
    /// How many entries its journal has, which `readJournal` hands out.
    package var journalLength = 0

    package init(key: RecordKey) { self.key = key }
}

/// Where a request stands. The raw value is what Redis holds.
package enum StoredState: String, Sendable, CaseIterable {
    case ready = "A"
    case running = "R"
    case uncertain = "U"
    case succeeded = "S"
    case failed = "F"
    case cancelled = "C"
    case expired = "E"

    package var isTerminal: Bool {
        switch self {
        case .ready, .running, .uncertain: false
        case .succeeded, .failed, .cancelled, .expired: true
        }
    }

    package var word: String {
        switch self {
        case .ready: "ready"
        case .running: "running"
        case .uncertain: "uncertain"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .expired: "expired"
        }
    }
}

/// A step that was kept.
package struct StoredStep: Sendable, Equatable {
    package enum State: String, Sendable {
        case started = "S"
        case done = "D"
        case uncertain = "U"
    }

    package var number: Int
    package var state: State
    package var attempt: Int
    package var agent: String
    package var instance: String
    package var at: UInt64
    package var took: UInt64
    /// The beginning of what it gave the next step, where that is kept.
    package var result: StoredSession.Excerpt?

    package init(
        number: Int, state: State, attempt: Int, agent: String, instance: String, at: UInt64,
        took: UInt64, result: StoredSession.Excerpt? = nil
    ) {
        self.number = number
        self.state = state
        self.attempt = attempt
        self.agent = agent
        self.instance = instance
        self.at = at
        self.took = took
        self.result = result
    }
}

/// One thing that happened to a request. Numbers are 1, 2, 3 and so on, without a gap.
package struct StoredEvent: Sendable, Equatable {
    package var number: UInt64
    /// accepted, dispatched, started, done, uncertain, resolved, adopted, revived, succeeded,
    /// failed, cancelled, expired.
    package var kind: String
    package var step: Int
    package var attempt: Int
    package var agent: String
    package var instance: String
    /// Milliseconds since 1970.
    package var at: UInt64
    package var took: UInt64
    /// Why, where there is a word for it.
    package var code: String

    package init(
        number: UInt64, kind: String, step: Int = 0, attempt: Int = 0, agent: String = "",
        instance: String = "", at: UInt64, took: UInt64 = 0, code: String = ""
    ) {
        self.number = number
        self.kind = kind
        self.step = step
        self.attempt = attempt
        self.agent = agent
        self.instance = instance
        self.at = at
        self.took = took
        self.code = code
    }
}
