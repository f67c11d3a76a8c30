package import Bus
import Flow
import Reactor
import Store
import Telemetry
package import Wire

/// One accepted request in the conductor's table, from its arrival to its answer. What is done for
/// it are its steps.
struct Request: SlotEntry {
    enum State {
        /// The slot is empty.
        case free
        /// The store was asked to accept it.
        case accepting
        /// Its steps are under way.
        case active
        /// The store was asked to keep its outcome.
        case finishing
        /// The store was asked to keep it until a person decides what came of it.
        case parking
        /// The store was asked to keep it for whoever has room for it.
        case releasing
    }

    var state = State.free
    var generation: UInt32 = 0
    var key = RequestKey(scope: 0, id: "")
    /// Its name in the store, where it is durable.
    var record = RecordKey.none
    var tenant = ""
    /// The session it belongs to; empty where it belongs to none.
    var session = ""
    /// What names it there.
    var sessionRecord = RecordKey.none
    var caller = Caller(peer: .nobody, messageID: "")
    /// Who else asked for the result since.
    var watchers: [Caller] = []
    var plan = Plan.direct
    /// Its steps, in the order in which they began.
    var steps = SlotList()
    var agent = 0
    var instance: String?
    var delivery = Delivery.durable
    var priority = 0
    var deadline = Instant.zero
    var accepted = Instant.zero
    /// How many agents called each other before it.
    var depth = 0
    /// The request that all this began with, if an agent made this one, and how many calls were
    /// made below it.
    var root: UInt64 = 0
    var calls = 0
    /// When it was accepted, by the store's clock; 0: it is not kept.
    var began: UInt64 = 0
    /// Lines of the journal that the store has of it; it is to be read first.
    var journalLength = 0
    /// The run that waits for it, where it is a workflow that another had run.
    var parent: Parent?
    /// The attempt that made it, if an agent did.
    var origin: RequestRecord.Origin?
    /// The number for its tasks where it came from another orchestrator; else this one's epoch is.
    var fence: UInt64 = 0
    /// The store knows that its steps were given away as often as this, or less often.
    var attempts: UInt32 = 1
    /// Whether somebody may still work on it for an owner it had before.
    var isSought = false
    /// Whether somebody follows it at another orchestrator.
    var isFollowed = false
    /// Whether its workers died of it.
    var isPoison = false
    /// Whether anything of it was noted, so that its end is noted too.
    var isNoted = false
    /// The envelope as it came; a task is this with the changed fields appended.
    var envelope: [UInt8] = []
    var content: any Content = ContentBytes.empty
    /// Its caller's trace context; or, where that gave it none, one of its own.
    var trace = TraceContext(0, 0, span: 0)
    var beganTrace = false
    /// What the tap says of all its messages; made when somebody listens.
    var scene: TapScene?
    /// How it ended, while the store has not kept that yet.
    var outcome: Outcome?

    /// A run, by its request's token, and what it knows this request by.
    struct Parent {
        let token: UInt64
        let key: StepKey
        /// Whether it waits for what comes of it, or only until it is kept.
        let awaits: Bool
    }

    var isFree: Bool { state == .free }

    mutating func clear() {
        state = .free
        instance = nil
        steps = SlotList()
        if !watchers.isEmpty { watchers = [] }
        plan = .direct
        root = 0
        calls = 0
        began = 0
        journalLength = 0
        if parent != nil { parent = nil }
        origin = nil
        fence = 0
        attempts = 1
        isSought = false
        isFollowed = false
        isNoted = false
        isPoison = false
        envelope.removeAll(keepingCapacity: true)
        content = ContentBytes.empty
        if scene != nil { scene = nil }
        outcome = nil
        record = .none
        if !session.isEmpty { session = "" }
    }
}

extension RecordKey {
    /// What is not kept has no name in the store.
    static let none = RecordKey(tenant: "", id: "")
}

/// Somebody who waits for an answer, and the message it answers.
package struct Caller: Sendable {
    package let peer: PeerID
    package let messageID: String
}

/// How a request ended, as its caller is told.
package enum Outcome {
    case result(any Content, sender: Sender, contentType: String)
    case failure(WireError)

    /// The instance of an agent that gave a result.
    package struct Sender: Sendable {
        package let agent: String
        package let instance: String
    }
}

/// Requests of the same key are the same request: durable ones of a tenant, volatile ones of a
/// connection.
package struct RequestKey: Hashable, Sendable {
    package let scope: UInt64
    package let id: String
}

extension PeerID {
    /// Names no peer: generations begin with one.
    static let nobody = PeerID(index: 0, generation: 0)
}

/// The requests in hand: slots that are reused, found by number or by key.
struct RequestTable {
    private(set) var table = SlotTable<Request>()
    /// The lists of volatile requests, by caller.
    var callers = SlotLinks()
    private var numbers: [RequestKey: Int] = [:]

    var count: Int { table.count }

    subscript(slot: Int) -> Request {
        @inline(__always) _read { yield table[slot] }
        @inline(__always) _modify { yield &table[slot] }
    }

    func slot(_ key: RequestKey) -> Int? { numbers[key] }

    /// Takes a free slot for a new request of this key.
    mutating func take(_ key: RequestKey) -> Int {
        let slot = table.take()
        table[slot].key = key
        numbers[key] = slot
        return slot
    }

    mutating func release(_ slot: Int) {
        numbers[table[slot].key] = nil
        table.release(slot)
    }

    /// The token the store echoes.
    func token(_ slot: Int) -> UInt64 { table.token(slot) }

    func slot(token: UInt64) -> Int? { table.slot(token: token) }

    var inUse: [Int] { table.inUse }
}
