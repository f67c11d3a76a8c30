/// The order in which a cluster stops: workers first, so that their last results still find an
/// orchestrator, then the orchestrators, then the store in which they keep them. Asked a second
/// time, everything ends at once.
///
/// Pure: it names the groups to stop and never touches a process.
struct Drain: Sendable {
    enum Step: Sendable, Equatable { case running, workers, orchestrators, store, done }

    enum Action: Sendable, Equatable {
        case stopWorkers, stopOrchestrators, stopStore, stopAllNow, finished
    }

    /// How many processes of each group have not gone.
    struct Left: Sendable {
        var workers: Int
        var orchestrators: Int
        var stores = 0
    }

    private(set) var step = Step.running
    private var isHurried = false

    init() {}

    /// Somebody asked for the end: Ctrl-C, SIGTERM, `baton down`.
    mutating func requested(_ left: Left) -> [Action] {
        if step == .running {
            step = .workers
            return [.stopWorkers] + progressed(left)
        }
        guard step != .done, !isHurried else { return [] }
        isHurried = true
        return [.stopAllNow]
    }

    /// Call with the number of processes left whenever one has gone.
    mutating func progressed(_ left: Left) -> [Action] {
        var actions: [Action] = []
        if step == .workers, left.workers == 0 {
            step = .orchestrators
            actions.append(.stopOrchestrators)
        }
        if step == .orchestrators, left.workers == 0, left.orchestrators == 0 {
            step = .store
            actions.append(.stopStore)
        }
        if step == .store, left.stores == 0 {
            step = .done
            actions.append(.finished)
        }
        return actions
    }
}
