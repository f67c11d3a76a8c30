import Glibc
import Reactor
import Synchronization
import Telemetry

/// Ends the process when a handler blocks the loop itself: then nobody on the loop is left to
/// notice.
///
/// The loop says by when it will look at its tasks again; a thread of its own sees to it that it
/// does. It never acts while the loop is alive, because the loop leaves first.
final class LoopGuard: Sendable {
    private static let interval = 200_000
    /// Looks in a row that must find the loop too late: a process that was stopped gets time to
    /// wake up.
    private static let looks = 5

    private let limit = Atomic<Int64>(.max)
    private let isOver = Atomic<Bool>(false)
    private let log: Log
    private let pool = BlockingPool(threads: 1, limit: 0)

    init(log: Log) { self.log = log }

    /// The loop will have looked at its tasks by then.
    func expect(by moment: Instant) {
        if moment.nanoseconds < limit.load(ordering: .relaxed) {
            limit.store(moment.nanoseconds, ordering: .relaxed)
        }
    }

    /// The loop has looked; from now on this counts.
    func looked(next moment: Instant) { limit.store(moment.nanoseconds, ordering: .relaxed) }

    func stop() { isOver.store(true, ordering: .relaxed) }

    /// Watches until `stop`, from a thread of its own.
    func watch() async {
        _ = try? await pool.run { [self] in
            var late = 0
            while !isOver.load(ordering: .relaxed) {
                usleep(useconds_t(Self.interval))
                let isLate = Instant.current().nanoseconds > limit.load(ordering: .relaxed)
                late = isLate ? late + 1 : 0
                if late >= Self.looks { leave() }
            }
        }
    }

    private func leave() -> Never {
        log.error("a handler blocks the whole process beyond its time: leaving")
        _exit(Worker.Exit.watchdog)
    }
}
