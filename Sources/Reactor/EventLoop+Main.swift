import Glibc
import Telemetry

/// How a process lives on one loop: the one task, on the main thread, until its body ends.
extension EventLoop {
    /// Makes a loop, runs `body` on it as its one task and the loop on the calling thread, and
    /// gives back what the body gave. `stop` inside the body ends it with a fault.
    package static func run<Success: Sendable>(
        time: Time = .real, _ body: @escaping @Sendable (EventLoop) async throws -> Success
    ) throws -> Success {
        let loop = try EventLoop(time: time)
        let outcome = Locked<Result<Success, any Error>?>(nil)
        Task(executorPreference: loop) {
            do {
                let value = try await body(loop)
                outcome.withLock { $0 = .success(value) }
            } catch {
                outcome.withLock { $0 = .failure(error) }
            }
            loop.stop()
        }
        loop.run()
        guard let result = outcome.withLock({ $0 }) else {
            throw Fault(
                ReactorCode.loopStopped, "the event loop was stopped before its main task ended")
        }
        return try result.get()
    }

    /// Readies the process for a life of descriptors; `Main.swift` calls it once, before anything
    /// is opened. Writing to a closed connection becomes an error instead of the death of the
    /// process (children start without that), and standard streams that are closed are held by
    /// `/dev/null`, so that no log line ever ends up in a connection that happens to have their
    /// number.
    package static func prepareProcess() {
        signal(SIGPIPE, SIG_IGN)
        for stream in STDIN_FILENO...STDERR_FILENO where fcntl(stream, F_GETFD) == -1 {
            _ = unsafe open("/dev/null", O_RDWR)
        }
    }
}
