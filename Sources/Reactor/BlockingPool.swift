import Glibc
import Telemetry

/// The only threads besides the loop's: a few that may block, for handlers that call a database or files. It
/// never lets its queue grow beyond the limit and never runs a call whose task was cancelled before its turn.
///
/// Threads start when they are first needed and end when the pool is let go; calls that wait then are refused.
package final class BlockingPool: Sendable {
    private let shared: Shared

    /// - Parameters:
    ///   - threads: how many calls run at once.
    ///   - limit: how many more may wait.
    package init(threads: Int, limit: Int) {
        precondition(threads > 0 && limit >= 0, "a pool needs a thread")
        self.shared = Shared(threads: threads, limit: limit)
    }

    deinit { shared.close() }

    /// Runs `body` on a thread of the pool and resumes on the caller's executor. A cancelled task leaves the
    /// queue at once; a call that has begun is not interrupted.
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

/// One call: its identity is how a cancellation finds it in the queue. A cancellation may come before it.
// SAFETY: `isWithdrawn` is read and written only under the pool's lock.
private final class Call: @unchecked Sendable {
    var isWithdrawn = false
}

/// What is queued for a call: exactly one of the two closures is called, once. What `run` returns hands the
/// result over; that happens when the thread counts as free again.
private struct Job: Sendable {
    let call: Call
    let run: @Sendable () -> (() -> Void)
    let refuse: @Sendable (any Error) -> Void
}

/// What the pool and its threads share; the threads keep it alive until they have seen that it is closed.
// SAFETY: everything below `lock` is touched only while it is held; the pointers are made and freed here.
@safe private final class Shared: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let threads: Int
    private let limit: Int
    private var queue: [Job] = []
    private var started = 0
    private var running = 0
    private var isClosed = false

    init(threads: Int, limit: Int) {
        self.threads = threads
        self.limit = limit
        unsafe pthread_mutex_init(lock, nil)
        unsafe pthread_cond_init(arrived, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(arrived)
        unsafe pthread_mutex_destroy(lock)
        unsafe arrived.deallocate()
        unsafe lock.deallocate()
    }

    /// Queues the job, or says why not.
    func admit(_ job: Job) -> (any Error)? {
        locked {
            if job.call.isWithdrawn { return CancellationError() }
            let calls = queue.count + running
            guard calls < threads + limit else { return full() }
            if calls >= started, started < threads, let fault = startThread() { return fault }
            queue.append(job)
            unsafe pthread_cond_signal(arrived)
            return nil
        }
    }

    /// Takes a job out of the queue if it has not begun.
    func withdraw(_ call: Call) -> Job? {
        locked {
            call.isWithdrawn = true
            return queue.firstIndex { $0.call === call }.map { queue.remove(at: $0) }
        }
    }

    func close() {
        let abandoned = locked {
            isClosed = true
            unsafe pthread_cond_broadcast(arrived)
            return exchange(&queue, with: [])
        }
        for job in abandoned { job.refuse(CancellationError()) }
    }

    private func work() {
        while let job = next() {
            let handOver = job.run()
            locked { running -= 1 }
            handOver()
        }
    }

    private func next() -> Job? {
        locked {
            while queue.isEmpty {
                if isClosed { return nil }
                unsafe pthread_cond_wait(arrived, lock)
            }
            running += 1
            return queue.removeFirst()
        }
    }

    /// Starts one more thread. With some running already a refusal of the kernel only means less speed.
    private func startThread() -> Fault? {
        var thread = pthread_t()
        let me = unsafe Unmanaged.passRetained(self)
        let code = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Shared>.fromOpaque(context).takeRetainedValue().work()
                return nil
            }, me.toOpaque())
        guard code != 0 else {
            started += 1
            pthread_detach(thread)
            return nil
        }
        unsafe me.release()
        guard started == 0 else { return nil }
        return Fault(
            ReactorCode.systemResources,
            "cannot start a thread: \(systemMessage(code)); raise the limit of processes",
            retry: .after(.seconds(1)))
    }

    private func full() -> Fault {
        Fault(
            ReactorCode.poolFull,
            "\(threads) blocking calls run and \(limit) wait; try again later",
            retry: .after(.milliseconds(100)))
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return body()
    }
}
