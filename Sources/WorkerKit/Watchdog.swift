import Reactor
import Telemetry

/// Decides when a handler is told to stop, and when it has had its chance.
enum Watchdog {
    enum Decision: Equatable {
        case wait
        /// Its time is over: cancel it.
        case cancel
        /// It was told to stop and did not: the process must leave.
        case leave
    }

    static func decide(
        deadline: Instant, cancelled: Instant?, grace: Duration, at now: Instant
    ) -> Decision {
        if let cancelled { return now - cancelled >= grace ? .leave : .wait }
        return now >= deadline ? .cancel : .wait
    }

    static func decide(_ task: TaskTable.Running, _ grace: Duration, at now: Instant) -> Decision {
        decide(
            deadline: task.context.deadline, cancelled: task.cancelled, grace: grace, at: now)
    }

    /// When time alone may ask for something.
    static func nextLook(_ task: TaskTable.Running, _ grace: Duration) -> Instant {
        task.cancelled.map { $0 + grace } ?? task.context.deadline
    }
}
