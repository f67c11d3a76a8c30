import Glibc
import Telemetry

/// The only threads besides the loop's: a few that may block, for handlers that call a database or
/// files. It never lets its queue grow beyond the limit and never runs a call whose task was
/// cancelled before its turn.
///
/// Threads start when they are first needed and end when the pool is let go; calls that wait then
/// are refused.
package final class BlockingPool: Sendable {
    fileprivate let shared: Shared

    /// - Parameters:
    ///   - threads: how many calls run at once.
    ///   - limit: how many more may wait.
    package init(threads: Int, limit: Int) {
        precondition(threads > 0 && limit >= 0, "a pool needs a thread")
        self.shared = Shared(threads: threads, limit: limit)
    }

    deinit { shared.close() }

    /// Runs `body` on a thread of the pool and resumes on the caller's executor. A cancelled task
    /// leaves the queue at once; a call that has begun is not interrupted.
    package func run<Success: Sendable>(
        _ body: @escaping @Sendable () throws -> Success
    ) async throws -> Success {
        try Task.checkCancellation()
        let call = Call()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let job = Job(
                    call: call,
                    run: {
                        let result = Result(catching: body)
                        return { continuation.resume(with: result) }
                    },
                    refuse: { continuation.resume(throwing: $0) })
                if let fault = shared.admit(job) { job.refuse(fault) }
            }
        } onCancel: {
            shared.withdraw(call)?.refuse(CancellationError())
        }
    }
}

extension BlockingPool {
    /// Runs `body` on a thread of the pool, with nobody waiting for it; false where the pool is
    /// full. One that has not begun when the pool is let go never does.
    package func submit(_ body: @escaping @Sendable () -> Void) -> Bool {
        let job = Job(
            call: Call(),
            run: {
                body()
                return {}
            },
            refuse: { _ in })
        return shared.admit(job) == nil
    }
}

/// One call: its identity is how a cancellation finds it in the queue. A cancellation may come
/// before it.
// SAFETY: `isWithdrawn` is read and written only under the pool's lock.
private final class Call: @unchecked Sendable {
    var isWithdrawn = false
}

/// What is queued for a call: exactly one of the two closures is called, once. What `run` returns
/// hands the result over; that happens when the thread counts as free again.
private struct Job: Sendable {
    let call: Call
    let run: @Sendable () -> (() -> Void)
    let refuse: @Sendable (any Error) -> Void
}

/// What the pool and its threads share; the threads keep it alive until they have seen that it is
/// closed.
private final class Shared: Sendable {
    private struct State {
        var queue: [Job] = []
        var started = 0
        var running = 0
        var isClosed = false
    }

    private let threads: Int
    private let limit: Int
    private let state = Locked(State())

    init(threads: Int, limit: Int) {
        self.threads = threads
        self.limit = limit
    }

    /// Queues the job, or says why not.
    func admit(_ job: Job) -> (any Error)? {
        let refusal: (any Error)? = state.withLock { state in
            if job.call.isWithdrawn { return CancellationError() }
            let calls = state.queue.count + state.running
            guard calls < threads + limit else { return full() }
            if calls >= state.started, state.started < threads {
                let code = startThread()
                if code == 0 { state.started += 1 }
                // With some threads running a refusal of the kernel only means less speed.
                if state.started == 0 { return exhausted(code) }
            }
            state.queue.append(job)
            return nil
        }
        state.wakeOne()
        return refusal
    }

    /// Takes a job out of the queue if it has not begun.
    func withdraw(_ call: Call) -> Job? {
        state.withLock { state in
            call.isWithdrawn = true
            return state.queue.firstIndex { $0.call === call }.map { state.queue.remove(at: $0) }
        }
    }

    func close() {
        let abandoned = state.withLock { state in
            state.isClosed = true
            return exchange(&state.queue, with: [])
        }
        state.wakeAll()
        for job in abandoned { job.refuse(CancellationError()) }
    }

    private func work() {
        while let job = next() {
            let handOver = job.run()
            state.withLock { $0.running -= 1 }
            handOver()
        }
    }

    private func next() -> Job? {
        state.withLock(
            when: { !$0.queue.isEmpty || $0.isClosed },
            { state in
                guard !state.queue.isEmpty else { return nil }
                state.running += 1
                return state.queue.removeFirst()
            })
    }

    /// Starts one more thread, which ends by itself. Gives the kernel's error number.
    private func startThread() -> Int32 {
        var thread = pthread_t()
        let me = unsafe Unmanaged.passRetained(self)
        let code = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Shared>.fromOpaque(context).takeRetainedValue().work()
                return nil
            }, me.toOpaque())
        if code == 0 { pthread_detach(thread) } else { unsafe me.release() }
        return code
    }

    private func full() -> Fault {
        Fault(
            ReactorCode.poolFull,
            "\(threads) blocking calls run and \(limit) wait; try again later",
            retry: .after(.milliseconds(100)))
    }

    private func exhausted(_ code: Int32) -> Fault {
        Fault(
            ReactorCode.systemResources,
            "cannot start a thread: \(systemMessage(code)); raise the limit of processes",
            retry: .after(.seconds(1)))
    }
}
