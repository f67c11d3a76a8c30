import Telemetry

/// Waiting in tasks, by the loop's own timers and therefore in its own time. A wait on a loop that
/// has stopped for good never ends.
extension EventLoop {
    /// Waits, from any executor. Throws `CancellationError` as soon as the task is cancelled.
    package func sleep(for duration: Duration) async throws {
        try await sleep(until: now.advanced(by: duration))
    }

    package func sleep(until deadline: Instant) async throws {
        try Task.checkCancellation()
        let sleeper = Sleeper(on: self, until: deadline)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { sleeper.begin($0) }
        } onCancel: {
            sleeper.cancel()
        }
    }

    /// Runs `body` and cancels it when the time is up; then throws `deadlineExceeded`, after the
    /// body has ended. A body that ignores cancellation therefore delays the answer.
    package func withDeadline<Success: Sendable>(
        _ deadline: Instant, _ body: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        try await withThrowingTaskGroup(of: Success?.self) { group in
            group.addTask { try await body() }
            group.addTask { [self] in
                try await sleep(until: deadline)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else {
                throw Fault(
                    ReactorCode.deadlineExceeded, "the time for this ran out", retry: .now)
            }
            return value
        }
    }

    package func withDeadline<Success: Sendable>(
        after duration: Duration, _ body: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        try await withDeadline(now.advanced(by: duration), body)
    }

    /// Calls at once on the loop's thread, otherwise in the loop's turn.
    func perform(_ body: @escaping @Sendable () -> Void) {
        if isOnLoop { body() } else { submit(body) }
    }
}

/// One sleeping task. Begin, the timer and cancel may come in any order; the first of the latter
/// two to find the continuation takes it, so it is resumed once.
// SAFETY: `state` is touched only inside `perform` and a timer, both on the loop's thread.
private final class Sleeper: @unchecked Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Void, any Error>, TimerQueue<() -> Void>.Token)
        case ended
    }

    private let loop: EventLoop
    private let deadline: Instant
    private var state = State.idle

    init(on loop: EventLoop, until deadline: Instant) {
        self.loop = loop
        self.deadline = deadline
    }

    func begin(_ continuation: CheckedContinuation<Void, any Error>) {
        loop.perform { [self] in
            guard case .idle = state else {
                return continuation.resume(throwing: CancellationError())
            }
            let token = loop.timers.add({ [self] in end(.success(())) }, at: deadline)
            state = .waiting(continuation, token)
        }
    }

    func cancel() {
        loop.perform { [self] in end(.failure(CancellationError())) }
    }

    private func end(_ result: Result<Void, any Error>) {
        guard case .waiting(let continuation, let token) = exchange(&state, with: .ended) else {
            return
        }
        loop.timers.remove(token)
        continuation.resume(with: result)
    }
}
