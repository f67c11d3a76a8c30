import Reactor

/// Lends a process that has no loop of its own one on a thread of its own.
enum LoopThread {
    /// Runs `body` as the one task of a new loop; cancelling the caller cancels it.
    static func run<Success: Sendable>(
        _ body: @escaping @Sendable (EventLoop) async throws -> Success
    ) async throws -> Success {
        let loop = try EventLoop()
        let pool = BlockingPool(threads: 1, limit: 0)
        async let ran: Void = pool.run { loop.run() }
        let work = Task(executorPreference: loop) { try await body(loop) }
        let result = await withTaskCancellationHandler {
            await work.result
        } onCancel: {
            work.cancel()
        }
        loop.stop()
        _ = try? await ran
        return try result.get()
    }
}
