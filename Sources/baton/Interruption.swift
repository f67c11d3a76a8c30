import Glibc
import Reactor

/// Turns Ctrl-C and SIGTERM into the cancellation of what a command does, so that it can take leave
/// of whoever it is talking to.
enum Interruption {
    /// Runs `body`; throws `CancellationError` if a signal ended it.
    static func cancelling<Success: Sendable>(
        on loop: EventLoop, _ body: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        let (signals, queue) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let watches = try [SIGINT, SIGTERM].map { number in
            try loop.onSignal(number) { queue.yield() }
        }
        defer { for watch in watches { watch.cancel() } }
        return try await withThrowingTaskGroup(of: Success?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in signals { return nil }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else {
                group.cancelAll()
                // What was cancelled ends before the command does; how, no longer matters.
                while await group.nextResult() != nil {}
                throw CancellationError()
            }
            return result
        }
    }

    /// Runs `body` and beside it something that shows how things stand, as long as it takes.
    static func showing<Success: Sendable>(
        _ display: @escaping @Sendable () async throws -> Void,
        while body: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        try await withThrowingTaskGroup(of: Success?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try? await display()
                return nil
            }
            defer { group.cancelAll() }
            while let next = try await group.next() {
                if let result = next { return result }
            }
            throw CancellationError()
        }
    }
}
