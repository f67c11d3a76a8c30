/// The order in which a cluster stops: workers first, so that their last results still find an
/// orchestrator, then the orchestrators. Asked a second time, everything ends at once.
///
/// Pure: it names the groups to stop and never touches a process.
struct Drain: Sendable {
    enum Step: Sendable, Equatable { case running, workers, orchestrators, done }

    enum Action: Sendable, Equatable { case stopWorkers, stopOrchestrators, stopAllNow, finished }

    private(set) var step = Step.running
    private var isHurried = false

    init() {}

    /// Somebody asked for the end: Ctrl-C, SIGTERM, `baton down`.
    mutating func requested(workers: Int, orchestrators: Int) -> [Action] {
        if step == .running {
            step = .workers
            return [.stopWorkers] + progressed(workers: workers, orchestrators: orchestrators)
        }
        guard step != .done, !isHurried else { return [] }
        isHurried = true
        return [.stopAllNow]
    }

    /// Call with the number of processes left whenever one has gone.
    mutating func progressed(workers: Int, orchestrators: Int) -> [Action] {
        if step == .workers, workers == 0 {
            step = .orchestrators
            return [.stopOrchestrators] + progressed(workers: 0, orchestrators: orchestrators)
        }
        if step == .orchestrators, orchestrators == 0 {
            step = .done
            return [.finished]
        }
        return []
    }
}
