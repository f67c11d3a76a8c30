import Bus
public import Document
package import Reactor
import Synchronization
public import Telemetry
public import Wire

/// What a handler knows of the task it does, and its way back to whoever waits for it.
///
/// It may be used from any thread, and must not be kept beyond the handler's end.
public final class TaskContext: Sendable {
    /// The agent this task is for.
    public let agent: String
    /// The request this task belongs to.
    public let requestID: String
    /// The ordinal of the step within its request, from 1.
    public let step: UInt32
    /// The ordinal of this dispatch of the step, from 1.
    public let attempt: UInt32
    /// Whether the request survives the death of a process.
    public let delivery: Delivery
    /// How many agents called each other before this task; 0: a client asked for it.
    public let depth: Int
    /// The W3C trace context of the caller; empty if there is none.
    public let traceparent: String
    /// What the caller sent along.
    public let headers: [String: String]
    /// Whether this is a broadcast to all instances of the agent: nobody waits for its result.
    public var isBroadcast: Bool { hearing != nil }
    /// Of a broadcast: how many between the last one and this one were lost.
    public var missed: UInt64 { hearing?.missed ?? 0 }

    /// What a broadcast has in place of a dispatch.
    struct Hearing {
        let missed: UInt64
    }

    /// Names it in this process, whoever it is done for.
    let key: TaskTable.Key
    let hearing: Hearing?
    let tracestate: String
    let priority: UInt32
    let tenant: String
    let effect: Effect
    let deadline: Instant
    let session: Session
    private let held: Mutex<TaskCharge>
    private let cancelled = Atomic<Bool>(false)
    private let partials = Atomic<UInt64>(0)
    /// How many calls it has made, and how many of them have not ended.
    let callsMade = Atomic<Int>(0)
    let callsInHand = Atomic<Int>(0)
    /// The side effects that it has, or had.
    let effectsBegun = Mutex<Set<String>>([])

    init(
        _ view: borrowing EnvelopeView, agent: String, effect: Effect, key: TaskTable.Key,
        link: LinkID, deadline: Instant, session: Session, broadcast: Hearing? = nil
    ) {
        self.agent = agent
        self.effect = effect
        self.key = key
        self.deadline = deadline
        self.session = session
        hearing = broadcast
        let isNamed = broadcast == nil || !view.isEmpty(.requestID)
        requestID = view[isNamed ? .requestID : .messageID]
        step = broadcast == nil ? view.step : 1
        attempt = broadcast == nil ? view.attempt : 1
        depth = Int(view.depth)
        delivery = broadcast == nil ? view.delivery : .volatile
        traceparent = view[.traceparent]
        tracestate = view[.tracestate]
        priority = min(view.priority, UInt32(WireLimits.priority))
        // Headers that cannot be read are the sender's loss: they decide nothing here.
        headers = (try? view.headers()) ?? [:]
        let home = TaskHome(link: link, dispatch: broadcast == nil ? view.dispatch : 0)
        held = Mutex(TaskCharge(home: home, fence: view[.fence]))
        tenant = view[.tenant]
    }

    /// The same for every repetition of a side effect: hand it to whatever can recognise
    /// repetitions.
    ///
    /// - Parameter call: which of the task's side effects, from 1.
    public func effectKey(_ call: Int = 1) -> String { "\(requestID)/\(step)/\(call)" }

    /// What is left of the caller's patience; never negative.
    public var remaining: Duration { max(.zero, session.loop.now.duration(to: deadline)) }

    /// The loop that the worker lives on.
    package var loop: EventLoop { session.loop }

    /// Whether nobody waits for the answer any more. A handler with a Swift task is cancelled as
    /// well.
    public var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// Ends the handler with `CancellationError` if nobody waits for its answer any more.
    public func checkCancellation() throws {
        if isCancelled { throw CancellationError() }
    }

    /// Waits on the loop's clock; throws `CancellationError` as soon as the task is cancelled.
    public func sleep(for duration: Duration) async throws {
        try await session.loop.sleep(for: duration)
    }

    /// Shows that the task is still being worked on.
    public func progress(_ note: Value = .null) {
        let content = ContentBytes(note.isNull ? [] : JSON.write(note))
        session.submit { $0.sendNews(.progress, content, sequence: 0, of: self) }
    }

    /// Sends a piece of a streaming answer to the caller; the handler's result ends the stream.
    public func partial(_ piece: RawContent) {
        let sequence = partials.add(1, ordering: .relaxed).newValue
        session.submit { $0.sendNews(.partial, piece.content, sequence: sequence, of: self) }
    }

    /// Sends a piece of a streaming answer as JSON.
    public func partial(_ piece: some Encodable & Sendable) throws(Fault) {
        partial(RawContent(try JSON.encode(piece)))
    }

    /// The process's log; every line carries the request's id.
    public var log: Log { session.log(for: self) }

    /// Whom it is done for just now.
    var charge: TaskCharge { held.withLock(\.self) }

    var home: TaskHome? { held.withLock(\.home) }

    /// Changes whom it is done for; only on the loop.
    func recharge(_ change: (inout TaskCharge) -> Void) { held.withLock { change(&$0) } }

    func cancel() { cancelled.store(true, ordering: .relaxed) }
}
