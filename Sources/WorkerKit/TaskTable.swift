import Bus
import Reactor
import Wire

/// The tasks that run and the durable ones that are not yet forgotten; decides what a task that
/// arrives is.
struct TaskTable {
    /// A dispatch at one orchestrator; it never occurs twice.
    struct Key: Hashable {
        let link: LinkID
        let dispatch: UInt64
        /// A broadcast has a number of this worker's own in place of a dispatch.
        var isBroadcast = false
    }

    /// A step of a durable request, whoever dispatches it.
    struct StepKey: Hashable {
        let tenant: String
        let request: String
        let step: UInt32
    }

    struct Running {
        let context: TaskContext
        var job: Task<Void, Never>?
        /// When its handler was told to stop.
        var cancelled: Instant?
        /// How it begins, while it waits for GO: an unsafe task starts once its ACCEPT is recorded.
        var onGo: (() -> Void)?
        /// When it last reported progress.
        var progressed = Instant.zero
    }

    private struct Known {
        var attempt: UInt32
        var fence: Fence
        var running: Key?
    }

    enum Verdict: Equatable {
        case start
        /// A newer attempt of a step that still runs: the old one is to be cancelled.
        case supersede(Key)
        case runsAlready
        /// It is done: the stored result answers it.
        case isDone
        case stale
    }

    private(set) var running: [Key: Running] = [:]
    private var steps: [StepKey: Known] = [:]

    var count: Int { running.count }

    subscript(key: Key) -> Running? {
        get { running[key] }
        set { running[key] = newValue }
    }

    /// What a durable task is that arrives.
    func verdict(_ step: StepKey, attempt: UInt32, fence: Fence) -> Verdict {
        guard let known = steps[step] else { return .start }
        if fence < known.fence { return .stale }
        if fence == known.fence {
            if attempt < known.attempt { return .stale }
            if attempt == known.attempt { return known.running == nil ? .isDone : .runsAlready }
        }
        return known.running.map(Verdict.supersede) ?? .start
    }

    /// Notes that this dispatch of a durable step runs.
    mutating func note(_ step: StepKey, attempt: UInt32, fence: Fence, running key: Key) {
        steps[step] = Known(attempt: attempt, fence: fence, running: key)
    }

    /// Takes a task out that has ended; false if it was taken out before.
    mutating func end(_ key: Key) -> Bool {
        guard let ended = running.removeValue(forKey: key) else { return false }
        let step = ended.context.stepKey
        if ended.context.delivery == .durable, steps[step]?.running == key {
            steps[step]?.running = nil
        }
        return true
    }

    /// The step's result need not be known any more.
    mutating func forget(_ step: StepKey, attempt: UInt32) {
        guard let known = steps[step], known.attempt == attempt, known.running == nil else {
            return
        }
        steps[step] = nil
    }

    func tasks(of link: LinkID) -> [Running] {
        running.filter { $0.key.link == link && !$0.key.isBroadcast }.map(\.value)
            .sorted { $0.context.dispatch < $1.context.dispatch }
    }
}

extension TaskContext {
    var key: TaskTable.Key {
        TaskTable.Key(
            link: link, dispatch: hearing?.number ?? dispatch, isBroadcast: isBroadcast)
    }

    var stepKey: TaskTable.StepKey {
        TaskTable.StepKey(tenant: tenant, request: requestID, step: step)
    }
}
