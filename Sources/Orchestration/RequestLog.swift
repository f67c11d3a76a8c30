import Reactor
import Telemetry
import Wire

/// The latest requests that have ended, so that an orchestrator can be asked what one of them was.
///
/// A ring that grows up to its limit and then forgets the oldest. What was done for a request
/// stands in the log of decisions.
struct RequestLog {
    private let limit: Int
    private var ring: [RequestRecord] = []
    private var next = 0

    init(limit: Int = 16_384) { self.limit = max(1, limit) }

    var count: Int { ring.count }

    mutating func note(_ record: consuming RequestRecord) {
        if ring.count < limit {
            ring.append(record)
        } else {
            ring[next % limit] = record
        }
        next += 1
    }

    /// What is kept, the oldest first. Looks at all of it: a question of people, not of every
    /// call.
    func records(where isMeant: (RequestRecord) -> Bool) -> [RequestRecord] {
        var found: [RequestRecord] = []
        for number in next - ring.count..<next where isMeant(ring[number % limit]) {
            found.append(ring[number % limit])
        }
        return found
    }
}

/// What is known of one request, whether it is still in hand or not.
struct RequestRecord {
    /// How it stands, as an answer names it.
    enum State: Equatable {
        case open(String)
        case answered
        case failed(code: String)
        /// Nobody was left to hear its answer.
        case dropped
    }

    var key: RequestKey
    var tenant = ""
    var agent: String
    var pattern = "call"
    var delivery = Delivery.durable
    var depth = 0
    var accepted: Instant
    /// Nothing while it is in hand.
    var ended: Instant?
    var state = State.open("active")
    /// Its own span.
    var trace: TraceContext
    /// The span it was asked for in.
    var parent: UInt64?
    /// The attempt that asked for it, if an agent did.
    var origin: Origin?

    /// An attempt at a step of another request.
    struct Origin {
        var key: RequestKey
        var step: UInt32
        var attempt: UInt32
    }

    var isFailure: Bool {
        switch state {
        case .failed, .dropped: true
        case .open, .answered: false
        }
    }
}
