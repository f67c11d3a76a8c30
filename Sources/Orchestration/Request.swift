import Bus
import Reactor
import Telemetry
package import Wire

/// One accepted request in the conductor's table, from its arrival to its answer.
struct Request {
    enum State {
        /// The slot is empty.
        case free
        /// The store was asked to accept it.
        case accepting
        /// No instance of its agent has a place for it.
        case waiting
        /// A worker has it.
        case running
        /// The store was asked to keep its outcome.
        case finishing
        /// Its caller has been answered, but a worker still works on it and its place is still
        /// taken.
        case detached
    }

    enum Line { case common, bound, suspects }

    var state = State.free
    /// Whether a worker was given it and has not answered: its place there is taken, whatever the
    /// caller was told.
    var isHeld = false
    /// Whether its worker waits for word that the result is kept.
    var owesAcknowledgement = false
    /// Grows with every dispatch and every reuse of the slot, so that an old answer never meets a
    /// new request.
    var generation: UInt32 = 0
    var key = RequestKey(scope: 0, id: "")
    var tenant = ""
    var caller = PeerID.nobody
    var messageID = ""
    var agent = 0
    var instance: String?
    /// Whom it was given to last.
    var holder = PeerID.nobody
    /// The holder's number in the registry; it means something only while the request is held.
    var worker = 0
    var delivery = Delivery.durable
    var effect = Effect.idempotent
    var attempt: UInt32 = 0
    var deaths = 0
    /// Holders it was taken from when their connection closed, and of whom it is not known yet
    /// whether they died.
    var suspects: [PeerID] = []
    /// Whether it is counted among the suspects of the worker that has it.
    var isWatched = false
    /// Which of its agent's lines it stands in while it waits.
    var line = Line.common
    var deadline = Instant.zero
    var accepted = Instant.zero
    var dispatched = Instant.zero
    /// The second in which its worker's signs of progress are counted, and how many came in it.
    var progressSince = Instant.zero
    var progress = 0
    /// The envelope as it came; a task is this with the changed fields appended.
    var envelope: [UInt8] = []
    var content: any Content = ContentBytes.empty
    /// How it ended, while the store has not kept that yet.
    var outcome: Outcome?
}

extension Request {
    /// Lets go of all that belonged to one use of the slot. The generation goes on and the buffer
    /// stays; what every use sets anew is left as it is.
    fileprivate mutating func clear() {
        state = .free
        isHeld = false
        owesAcknowledgement = false
        isWatched = false
        instance = nil
        holder = .nobody
        attempt = 0
        deaths = 0
        progress = 0
        progressSince = .zero
        if !suspects.isEmpty { suspects = [] }
        envelope.removeAll(keepingCapacity: true)
        content = ContentBytes.empty
        outcome = nil
    }
}

/// How a request ended, as its caller is told.
package enum Outcome {
    case result(any Content, sender: String, contentType: String)
    case failure(WireError)
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
    private(set) var slots: [Request] = []
    /// The lists a request stands in: its agent's line, or its worker's tasks.
    var places = SlotLinks()
    /// The lists of volatile requests, by caller.
    var callers = SlotLinks()
    private var free: [Int] = []
    private var numbers: [RequestKey: Int] = [:]
    private(set) var count = 0

    subscript(slot: Int) -> Request {
        _read { yield slots[slot] }
        _modify { yield &slots[slot] }
    }

    func slot(_ key: RequestKey) -> Int? { numbers[key] }

    /// Takes a free slot for a new request of this key.
    mutating func take(_ key: RequestKey) -> Int {
        let slot: Int
        if let last = free.popLast() {
            slot = last
        } else {
            slot = slots.count
            slots.append(Request())
        }
        slots[slot].key = key
        slots[slot].generation &+= 1
        numbers[key] = slot
        count += 1
        return slot
    }

    /// The key leads nowhere from now on, although the slot is still in use; what it carried is let
    /// go.
    mutating func detach(_ slot: Int) {
        numbers[slots[slot].key] = nil
        slots[slot].state = .detached
        slots[slot].content = ContentBytes.empty
        slots[slot].outcome = nil
    }

    mutating func release(_ slot: Int) {
        if slots[slot].state != .detached { numbers[slots[slot].key] = nil }
        slots[slot].clear()
        free.append(slot)
        count -= 1
    }

    /// The token a worker echoes: which slot, and which of its uses.
    func token(_ slot: Int) -> UInt64 { UInt64(slots[slot].generation) << 32 | UInt64(slot) }

    /// The slot a token names, unless that use of it is over.
    func slot(token: UInt64) -> Int? {
        let slot = Int(token & 0xffff_ffff)
        guard slot < slots.count, slots[slot].generation == UInt32(token >> 32),
            slots[slot].state != .free
        else { return nil }
        return slot
    }

    /// The slots in use.
    var inUse: [Int] { slots.indices.filter { slots[$0].state != .free } }
}
