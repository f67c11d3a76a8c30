import Bus
import Reactor

/// Which orchestrator a task is done for, and what it calls the task there.
///
/// No two orchestrators know of each other's numbers: only both together name a task.
struct TaskHome: Hashable, Sendable {
    let link: LinkID
    let dispatch: UInt64
}

/// Whom a task is done for just now. Another orchestrator may take it over at any time, so nobody
/// keeps it.
struct TaskCharge: Sendable {
    /// Nil: the orchestrator is gone for good, and nobody has taken the task over yet.
    var home: TaskHome?
    var fence: String
    /// Since when it has no home.
    var homeless = Instant.zero
    /// Whether its orchestrator said that nobody wants it any more.
    var isUnwanted = false
}
