package import Wire

/// What is asked of whoever keeps durable requests. All of it may be repeated: the second time
/// changes nothing and gets the same answer.
///
/// A `token` or `ticket` is the asker's own; the reply carries it.
package enum StateCommand: Sendable {
    /// Keep this request, or say that it is known already.
    case accept(_ token: UInt64, Acceptance)
    /// A step is about to be given away for more than the first time.
    case attempt(_ token: UInt64, Attempt)
    /// A step that must not run twice is about to begin.
    case start(_ token: UInt64, StepStart)
    /// Keep a step's result, which is what the next step is given.
    case advance(_ token: UInt64, Advance)
    /// Add to what a workflow has done, from which another instance goes on.
    case journal(_ token: UInt64, Journaling)
    /// Keep how it ended.
    case finish(_ token: UInt64, Ending)
    /// Nobody can know what came of a step: keep the request until a person decides.
    case park(_ token: UInt64, Parking)
    /// Keep it for whoever has room for it.
    case release(_ token: UInt64, RecordKey)
    /// Everything that is kept of a request, its events from a number on.
    case read(_ ticket: UInt64, RecordKey, from: UInt64)
    /// A stretch of a request's journal, from the entry with this place on; the first has place 0.
    case readJournal(_ ticket: UInt64, RecordKey, from: Int)
    /// Keep a workflow's text under its digest, or keep it for longer.
    case keepWorkflow(_ ticket: UInt64, digest: String, text: [UInt8])
    /// The text that is kept under a digest.
    case workflow(_ ticket: UInt64, digest: String)
    /// What workers left for whoever owns a request.
    case words(_ ticket: UInt64, RecordKey)
    /// A person says what came of a parked request.
    case resolve(_ ticket: UInt64, RecordKey, Resolution, by: String)
    /// Stop a request that nobody has in hand.
    case cancel(_ ticket: UInt64, RecordKey, by: String)
    /// Try a dead letter again, or let it go.
    case revive(_ ticket: UInt64, RecordKey, by: String)
    case discard(_ ticket: UInt64, RecordKey)
    case list(_ ticket: UInt64, ListQuery)
    /// Hand out requests that wait for an owner, at most so many.
    case claim(Int)
    case beginEffect(_ ticket: UInt64, Effect)
    case endEffect(_ ticket: UInt64, Effect, result: any Content)
    /// Keep a worker's word for whoever owns the request, or will.
    case deposit(_ ticket: UInt64, Deposit)
    case freeze(_ ticket: UInt64, agent: String, Bool, reason: String)
    /// What agents did, in the latest hours.
    case figures(_ ticket: UInt64, hours: Int)
    case session(_ ticket: UInt64, SessionCommand)
    case person(_ ticket: UInt64, PersonCommand)
    case event(_ ticket: UInt64, EventCommand)
    case schedule(_ ticket: UInt64, ScheduleCommand)
}

extension StateCommand {
    package struct Acceptance: Sendable {
        package var key: RecordKey
        package var id: String
        package var tenant: String
        /// The agent it is for, or the first of several.
        package var agent: String
        /// Tells it from another request under the same id.
        package var body: Digest
        /// Milliseconds since 1970.
        package var accepted: UInt64
        package var deadline: UInt64
        package var priority: Int
        /// Whether it is to wait for an owner, because nobody has room for it.
        package var waits: Bool
        package var input: StoredMessage
        /// Where a copy is to be written for readers of the old kind: the beginning of its keys.
        package var projection: String?

        package init(
            key: RecordKey, id: String, tenant: String, agent: String, body: Digest,
            accepted: UInt64, deadline: UInt64, priority: Int, waits: Bool, input: StoredMessage,
            projection: String? = nil
        ) {
            self.key = key
            self.id = id
            self.tenant = tenant
            self.agent = agent
            self.body = body
            self.accepted = accepted
            self.deadline = deadline
            self.priority = priority
            self.waits = waits
            self.input = input
            self.projection = projection
        }
    }

    package struct Attempt: Sendable {
        package var key: RecordKey
        /// Higher than any attempt of a step of the request before.
        package var number: Int

        package init(key: RecordKey, number: Int) {
            self.key = key
            self.number = number
        }
    }

    package struct StepStart: Sendable {
        package var key: RecordKey
        package var step: Int
        package var attempt: Int
        package var agent: String
        package var instance: String

        package init(
            key: RecordKey, step: Int, attempt: Int, agent: String, instance: String
        ) {
            self.key = key
            self.step = step
            self.attempt = attempt
            self.agent = agent
            self.instance = instance
        }
    }

    package struct Advance: Sendable {
        package var key: RecordKey
        package var step: Int
        package var attempt: Int
        package var agent: String
        package var instance: String
        package var took: UInt64
        /// The agent of the next step.
        package var next: String
        package var result: StoredMessage

        package init(
            key: RecordKey, step: Int, attempt: Int, agent: String, instance: String, took: UInt64,
            next: String, result: StoredMessage
        ) {
            self.key = key
            self.step = step
            self.attempt = attempt
            self.agent = agent
            self.instance = instance
            self.took = took
            self.next = next
            self.result = result
        }
    }

    package struct Ending: Sendable {
        package var key: RecordKey
        package var state: StoredState
        package var step: Int
        package var attempt: Int
        package var agent: String
        package var instance: String
        /// The word for why it failed; empty where it did not.
        package var code: String
        /// Milliseconds that its last attempt took.
        package var took: UInt64
        /// Whether somebody must look at it: it goes to the dead letters and is not trimmed.
        package var isDead: Bool
        /// What keeping it costs, in bytes.
        package var size: Int
        package var output: StoredMessage
        package var projection: String?

        package init(
            key: RecordKey, state: StoredState, step: Int, attempt: Int, agent: String,
            instance: String, code: String, took: UInt64, isDead: Bool, size: Int,
            output: StoredMessage, projection: String? = nil
        ) {
            self.key = key
            self.state = state
            self.step = step
            self.attempt = attempt
            self.agent = agent
            self.instance = instance
            self.code = code
            self.took = took
            self.isDead = isDead
            self.size = size
            self.output = output
            self.projection = projection
        }
    }

    package struct Parking: Sendable {
        package var key: RecordKey
        package var step: Int
        package var attempt: Int
        package var agent: String
        package var instance: String
        package var reason: String

        package init(
            key: RecordKey, step: Int, attempt: Int, agent: String, instance: String, reason: String
        ) {
            self.key = key
            self.step = step
            self.attempt = attempt
            self.agent = agent
            self.instance = instance
            self.reason = reason
        }
    }

    package struct Resolution: Sendable {
        package enum Verdict: Sendable { case done, failed, again }
        package var verdict: Verdict
        /// How it ends, where it ends.
        package var output: StoredMessage?
        package var code: String

        package init(
            verdict: Verdict, output: StoredMessage? = nil, code: String
        ) {
            self.verdict = verdict
            self.output = output
            self.code = code
        }
    }

    package struct ListQuery: Sendable {
        package enum Kind: String, Sendable, CaseIterable {
            case open, ready, uncertain, dead, finished
        }
        package var kind: Kind
        /// Nobody else's; nil: everybody's.
        package var tenant: String?
        package var offset: Int
        package var limit: Int

        package init(
            kind: Kind, tenant: String? = nil, offset: Int, limit: Int
        ) {
            self.kind = kind
            self.tenant = tenant
            self.offset = offset
            self.limit = limit
        }
    }

    package struct Deposit: Sendable {
        package var key: RecordKey
        /// Tells it from other words about the request: step, attempt, and the task's number.
        package var name: String
        package var message: StoredMessage

        package init(key: RecordKey, name: String, message: StoredMessage) {
            self.key = key
            self.name = name
            self.message = message
        }
    }

    package struct Effect: Sendable {
        package var key: RecordKey
        package var step: Int
        package var call: String
        package var isUnsafe: Bool
        /// Tells one asking from another; the same one gets the same answer again.
        package var asking: String

        package init(
            key: RecordKey, step: Int, call: String, isUnsafe: Bool, asking: String = ""
        ) {
            self.asking = asking
            self.key = key
            self.step = step
            self.call = call
            self.isUnsafe = isUnsafe
        }
    }
}
