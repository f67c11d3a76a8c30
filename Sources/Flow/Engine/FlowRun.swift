package import Document

/// One run of a workflow: a value that is told what happens and says what is to be done.
///
/// `step` is the only verb. It does no I/O, reads no clock and makes no chance: the same events at
/// the same times give the same actions, which is what resuming, replay and looking back rest on.
/// Everything effectful leaves as an action with a key and comes back as an event with that key.
/// Its cost does not depend on how long the run is: a scope is a level on the stack of a strand, a
/// task works on its own level, and nothing that grows is copied.
package struct FlowRun: Sendable {
    package let plan: FlowPlan
    package let identity: RunIdentity
    package internal(set) var limits: RunLimits
    package let notes: Notes
    let rawInput: Value
    /// What is otherwise than it would be, by the task it is about.
    package internal(set) var amendments: [StepKey: [Amendment]] = [:]

    package internal(set) var outcome: RunAction.Outcome?
    /// Tasks that began so far: what a run costs, whatever the clock says.
    package internal(set) var steps = 0
    package internal(set) var isSuspended = false
    /// What it has done is made good before it ends as cancelled.
    package internal(set) var isCancelling = false
    /// `$context`, to be looked at.
    package internal(set) var context = Value.null

    var startedAt: Moment?
    var clock = Moment(nanoseconds: 0)
    var deadline: Moment?
    var strands: [Strand] = []
    var free: [Int] = []
    var ready = ReadyQueue()
    var open: [StepKey: Target] = [:]
    /// The open listens in the order in which they began.
    var listeners: [StepKey] = []
    var held: [RunEvent] = []
    var memory: [String: Value] = [:]
    var actions: [RunAction] = []
    var workflowDescriptor = Value.null
    var runtimeDescriptor = Value.null

    /// Which lifecycle notes are made: those of the workflow, of its effectful tasks, or of all; or
    /// all with the data of each task.
    package enum Notes: Sendable, Comparable { case workflow, effectful, all, data }

    /// Who waits for an open key.
    struct Target: Sendable {
        var strand: Int
        var depth: Int
        var kind: Kind

        enum Kind: Sendable {
            case call, wait, retry, listen
            case timeout, attemptTimeout, workflowTimeout, due
            case part(Int)
            case partTimeout(Int)
        }
    }

    package init(
        _ plan: FlowPlan, input: Value, identity: RunIdentity, limits: RunLimits = RunLimits(),
        notes: Notes = .all
    ) {
        self.plan = plan
        self.identity = identity
        self.limits = limits
        self.notes = notes
        rawInput = input
    }

    /// Whether an event means something to the run now. Only such an event is to be journaled.
    package func accepts(_ event: RunEvent) -> Bool {
        guard outcome == nil else { return false }
        switch event {
        case .started: return startedAt == nil
        case .proceed: return !ready.isEmpty && !isSuspended
        case .answered(let key, _), .failed(let key, _):
            return open[key].map { !$0.kind.isTimer } ?? false
        case .timer(let key): return open[key]?.kind.isTimer ?? false
        case .event: return !listeners.isEmpty || isSuspended
        case .suspended: return startedAt != nil && !isSuspended
        case .resumed: return isSuspended
        case .cancelled: return true
        }
    }

    /// Tells the run what happened, and when; answers what is to be done. What it does not accept
    /// changes nothing.
    package mutating func step(_ event: RunEvent, now: Moment) -> [RunAction] {
        guard accepts(event) else { return [] }
        if case .proceed = event {} else { clock = max(clock, now) }
        switch event {
        case .cancelled: cancelRun()
        case .suspended: suspend()
        case .resumed: resume()
        default:
            if isSuspended { hold(event) } else { take(event) }
        }
        if !isSuspended { drive() }
        let result = actions
        actions = []
        return result
    }

    /// Whether there is work left that `proceed` goes on with.
    package var isBusy: Bool { outcome == nil && !isSuspended && !ready.isEmpty }

    /// Whether an event from outside can mean something to it.
    package var isListening: Bool { outcome == nil && !listeners.isEmpty }

    /// Whether the key is that of something asked for and not yet answered.
    package func isOpen(_ key: StepKey) -> Bool { open[key] != nil }
}

extension FlowRun.Target.Kind {
    var isTimer: Bool {
        switch self {
        case .wait, .retry, .timeout, .attemptTimeout, .workflowTimeout, .due, .partTimeout: true
        case .call, .listen, .part: false
        }
    }
}

/// Strands that can go on, first come first served.
struct ReadyQueue: Sendable {
    private var strands: [Int] = []
    private var first = 0

    var isEmpty: Bool { first == strands.count }

    mutating func append(_ strand: Int) { strands.append(strand) }

    mutating func next() -> Int? {
        guard first < strands.count else { return nil }
        defer { first += 1 }
        return strands[first]
    }

    /// Forgets what has gone; called when there is nothing left or much has gone.
    mutating func compact() {
        strands.removeFirst(first)
        first = 0
    }

    mutating func removeAll() {
        strands.removeAll()
        first = 0
    }
}
