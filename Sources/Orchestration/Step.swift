import Bus
import Reactor
import Wire

/// One agent's work for a request: waiting for a place, with a worker, resting until it is tried
/// again, or done.
struct Step: SlotEntry {
    enum State {
        /// The slot is empty.
        case free
        /// No instance of its agent has a place for it.
        case waiting
        /// A worker has it.
        case running
        /// It failed, and is tried again when its time comes.
        case resting
        /// The store was asked to keep what it is given.
        case storing
        /// Another orchestrator may have given it away: whoever has it is looked for.
        case sought
        /// It has its outcome; its request goes on with it.
        case done
        /// Its request needs it no more, but a worker still works on it and its place is still
        /// taken.
        case detached
    }

    enum Line { case common, bound, suspects }

    /// No step, no instance.
    static let nobody = -1

    var state = State.free
    var generation: UInt32 = 0
    /// The request it belongs to; it means nothing once the step is detached.
    var request = 0
    /// Its place in the request, from 1.
    var ordinal: UInt32 = 1
    var agent = 0
    var instance: String?
    var delivery = Delivery.durable
    var effect = Effect.idempotent
    var priority = 0
    /// What it is given, where that is not the request's own content.
    var input: Input?
    /// The versions of its agent that will do; nothing: any.
    var wanted: Registry.Wanted?
    /// When it must have ended, where that is before its request's deadline.
    var deadline: Instant?
    /// Whether a worker was given it and has not answered: its place there is taken, whatever the
    /// caller was told.
    var isHeld = false
    /// Whether its worker has said that it took it.
    var isAccepted = false
    /// The number of this owner that it was given with.
    var fence: UInt64 = 0
    /// Whether the store is to know first that it is given away once more: its worker has not got
    /// it yet.
    var isUnsent = false
    /// Whether its worker was told to begin with an effect that must not be repeated.
    var isStarted = false
    /// Whether a person has approved it, where its agent needs that.
    var isApproved = false
    /// Whether its worker waits for word that the result is kept.
    var owesAcknowledgement = false
    /// Whom it was given to last.
    var holder = PeerID.nobody
    /// The holder's number in the registry; it means something only while the step is held.
    var worker = 0
    /// Likewise, the instance that has it.
    var chosen = 0
    var attempt: UInt32 = 0
    /// The highest attempt that this step or its other copy was given with.
    var latest: UInt32 = 0
    /// Why it is given away next, and the entry that says why it was last.
    var reason = Decision.Reason.first
    var decision = nobody
    /// The other copy of it that is under way.
    var twin = nobody
    /// The agent that was asked for, before any other took over.
    var original = 0
    /// How often it was tried again, and the instance that failed last.
    var retries = 0
    var avoided = nobody
    var deaths = 0
    /// Holders it was taken from when their connection closed, and of whom it is not known yet
    /// whether they died.
    var suspects: [PeerID] = []
    /// Whether it is counted among the suspects of the worker that has it.
    var isWatched = false
    /// Which of its agent's lines it stands in while it waits.
    var line = Line.common
    var dispatched = Instant.zero
    /// Whether its worker had it from another orchestrator.
    var isResumed = false
    /// Whether its request is another orchestrator's by now: that one is to be told the result.
    var isMoved = false
    /// The instance whose word came by way of the store.
    var relayed: String?
    /// The second in which its worker's signs of progress are counted, and how many came in it.
    var progressSince = Instant.zero
    var progress = 0

    /// What one step left to the next.
    struct Input {
        let content: any Content
        let contentType: String
    }

    var isFree: Bool { state == .free }
    /// Whether not just any instance of its agent will do.
    var isBound: Bool { instance != nil || wanted != nil }

    mutating func clear() {
        state = .free
        instance = nil
        input = nil
        if wanted != nil { wanted = nil }
        deadline = nil
        isHeld = false
        isUnsent = false
        isAccepted = false
        isStarted = false
        isApproved = false
        owesAcknowledgement = false
        isWatched = false
        holder = .nobody
        attempt = 0
        latest = 0
        reason = .first
        decision = Self.nobody
        twin = Self.nobody
        retries = 0
        avoided = Self.nobody
        deaths = 0
        progress = 0
        progressSince = .zero
        isResumed = false
        isMoved = false
        if relayed != nil { relayed = nil }
        if !suspects.isEmpty { suspects = [] }
    }
}

/// The steps under way.
struct StepTable {
    private(set) var table = SlotTable<Step>()
    /// The lists a step stands in: its agent's line, or its worker's tasks.
    var places = SlotLinks()
    /// The lists of the steps of one request.
    var siblings = SlotLinks()
    /// When each is to be looked at: to be tried again, to be given up in its line.
    var timers = DeadlineWheel()

    var count: Int { table.count }

    subscript(slot: Int) -> Step {
        @inline(__always) _read { yield table[slot] }
        @inline(__always) _modify { yield &table[slot] }
    }

    mutating func take() -> Int { table.take() }

    mutating func release(_ slot: Int) {
        timers.remove(slot)
        table.release(slot)
    }

    /// The token a worker echoes; a new one with every dispatch.
    func token(_ slot: Int) -> UInt64 { table.token(slot) }

    func slot(token: UInt64) -> Int? { table.slot(token: token) }

    var inUse: [Int] { table.inUse }
}
