import Bus
import Glibc
import Reactor
import Telemetry
import Wire

/// A worker's life: connect, work, drain, leave.
extension Session {
    /// Works until the Swift task is cancelled or a signal comes; returns when everything is
    /// answered or time is up.
    func work(
        _ agents: [Agent], _ rules: TaskDesk.Rules, drain limit: Duration, takingSignals: Bool,
        resting: AsyncStream<Bool>? = nil
    ) async throws {
        let blocks = agents.contains { $0.description.blocking == true }
        let pool = blocks ? BlockingPool(threads: rules.capacity, limit: rules.capacity) : nil
        let ending = WorkEnding()
        self.ending = ending
        desk = TaskDesk(agents, rules, pool: pool, session: sessionID) { fault in
            ending.end(.failure(fault))
        }
        if !rules.outboxFolder.isEmpty {
            let (file, results) = try OutboxFile.open(folder: rules.outboxFolder, log: plan.log)
            outboxFile = file
            restore(results)
        }
        let signals = takingSignals ? try watchSignals(limit) : []
        loopGuard = takingSignals ? LoopGuard(log: plan.log) : nil
        async let _ = loopGuard?.watch()
        async let _ = rest(resting)
        defer {
            for signal in signals { signal.cancel() }
            loopGuard?.stop()
            close()
        }
        try open()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { ending.continuation = $0 }
        } onCancel: {
            submit { $0.leave(after: limit) }
        }
    }

    /// Orchestrators are told whenever it changes whether tasks can be done at all.
    private func rest(_ changes: AsyncStream<Bool>?) async {
        guard let changes else { return }
        for await isResting in changes where desk?.isResting != isResting {
            desk?.isResting = isResting
            sayCredit()
        }
    }

    /// The first signal drains, the second leaves at once.
    private func watchSignals(_ limit: Duration) throws -> [Watch] {
        try [SIGTERM, SIGINT].map { signal in
            try loop.onSignal(signal) { [unowned self] in
                if desk?.isDraining == true { return goodbye() }
                plan.log.info("draining", ["running": .integer(desk?.running ?? 0)])
                leave(after: limit)
            }
        }
    }

    private func leave(after limit: Duration) {
        ending?.limit = loop.timer(after: limit) { [unowned self] in
            plan.log.warning(
                "the drain took too long",
                [
                    "running": .integer(desk?.running ?? 0),
                    "unacknowledged": .integer(desk?.outbox.count ?? 0),
                ])
            goodbye()
        }
        drain()
    }

    /// Says BYE to all and ends.
    func goodbye() {
        leaveBus()
        ending?.end(.success(()))
    }
}

/// How and when a worker's life ends; it ends once.
// SAFETY: it is touched only by its session, on the loop's thread.
final class WorkEnding: @unchecked Sendable {
    var continuation: CheckedContinuation<Void, any Error>? {
        didSet { if let early { continuation.take()?.resume(with: early) } }
    }
    var limit: Timer?
    private var early: Result<Void, any Error>?

    func end(_ result: Result<Void, any Error>) {
        limit?.cancel()
        if let continuation = continuation.take() {
            continuation.resume(with: result)
        } else if early == nil {
            early = result
        }
    }
}
