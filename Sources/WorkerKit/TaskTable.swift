import Bus
import Reactor
import Wire

/// The tasks that run and the durable ones that are not yet forgotten; decides what a task that
/// arrives is.
struct TaskTable {
    /// Names a task of this process, whoever it is done for; it never occurs twice.
    struct Key: Hashable, Sendable {
        let number: UInt64
    }

    /// A step of a durable request, whoever dispatches it.
    struct StepKey: Hashable, Sendable {
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

    /// What a task is that another orchestrator takes over.
    enum Resumption: Equatable {
        case runs(Key)
        /// It does not run: if its result is still there, that answers.
        case mayBeDone
        case stale
    }

    private(set) var running: [Key: Running] = [:]
    private var homes: [TaskHome: Key] = [:]
    private var steps: [StepKey: Known] = [:]

    var count: Int { running.count }

    subscript(key: Key) -> Running? {
        get { running[key] }
        set { running[key] = newValue }
    }

    /// The task an orchestrator means; nil if it is over, or another one's by now.
    func key(at home: TaskHome) -> Key? { homes[home] }

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

    mutating func begin(_ context: TaskContext) {
        running[context.key] = Running(context: context)
        guard !context.isBroadcast, let home = context.home else { return }
        homes[home] = context.key
    }

    /// Takes a task out that has ended; false if it was taken out before.
    mutating func end(_ key: Key) -> Bool {
        guard let ended = running.removeValue(forKey: key) else { return false }
        leave(ended.context)
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

    /// The tasks that are done for one of these, in the order they came.
    func tasks(where belongs: (TaskHome?) -> Bool) -> [Running] {
        running.values.filter { !$0.context.isBroadcast && belongs($0.context.home) }
            .sorted { $0.context.key.number < $1.context.key.number }
    }

    // MARK: - Taken over

    /// What becomes of a task that an orchestrator wants to have from now on.
    func resumption(
        _ step: StepKey, attempt: UInt32, fence: Fence, by home: TaskHome
    ) -> Resumption {
        guard let known = steps[step] else { return .mayBeDone }
        guard fence >= known.fence else { return .stale }
        guard known.attempt == attempt, let key = known.running else { return .mayBeDone }
        // Whoever was told to stop ends with an answer that is nobody's.
        guard let task = running[key], task.cancelled == nil else { return .stale }
        return fence > known.fence || task.context.home == home ? .runs(key) : .stale
    }

    /// Everything about a task that runs is another orchestrator's from now on.
    mutating func move(_ key: Key, to home: TaskHome, fence: Fence) {
        guard let context = running[key]?.context else { return }
        leave(context)
        context.move(to: home, fence: fence)
        homes[home] = key
        raise(context.stepKey, attempt: context.attempt, fence)
    }

    /// Who has taken over an attempt of a step, or its result, outranks whoever had it before.
    mutating func raise(_ step: StepKey, attempt: UInt32, _ fence: Fence) {
        guard let known = steps[step], known.attempt == attempt, known.fence < fence else { return }
        steps[step]?.fence = fence
    }

    /// The durable tasks of an orchestrator that is gone for good have no home.
    mutating func orphan(_ link: LinkID, at now: Instant) {
        for task in tasks(where: { $0?.link == link }) where task.context.delivery == .durable {
            leave(task.context)
            task.context.loseHome(at: now)
        }
    }

    private mutating func leave(_ context: TaskContext) {
        guard let home = context.home, homes[home] == context.key else { return }
        homes[home] = nil
    }
}

extension TaskContext {
    func move(to home: TaskHome, fence: Fence) {
        recharge {
            $0.home = home
            $0.fence = fence.description
        }
    }

    func loseHome(at now: Instant) {
        recharge {
            $0.home = nil
            $0.homeless = now
        }
    }

    var stepKey: TaskTable.StepKey {
        TaskTable.StepKey(tenant: tenant, request: requestID, step: step)
    }
}
