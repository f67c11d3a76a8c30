import Reactor

/// A loop on a thread of its own, for a process that has none; it ends with `stop`.
final class LoopThread: Sendable {
    let loop: EventLoop
    private let pool = BlockingPool(threads: 1, limit: 0)

    init() throws {
        let loop = try EventLoop()
        self.loop = loop
        let pool = pool
        Task { try await pool.run { loop.run() } }
    }

    func stop() { loop.stop() }

    /// Runs `body` as the one task of a new loop; cancelling the caller cancels it.
    static func run<Success: Sendable>(
        _ body: @escaping @Sendable (EventLoop) async throws -> Success
    ) async throws -> Success {
        let thread = try LoopThread()
        defer { thread.stop() }
        let work = Task(executorPreference: thread.loop) { try await body(thread.loop) }
        return try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            work.cancel()
        }
    }
}
