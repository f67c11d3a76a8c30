import Glibc

/// A value that several threads share, reached only while its lock is held. Nothing that waits for
/// anything else may be done inside. It is a pthread mutex because thread sanitizers understand
/// one.
// SAFETY: `value` is touched only between lock and unlock; the pointers are made and freed here
// alone.
@safe final class Locked<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    init(_ value: Value) {
        self.value = value
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(changed, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(mutex)
        unsafe changed.deallocate()
        unsafe mutex.deallocate()
    }

    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body(&value)
    }

    /// Blocks the thread until the condition holds; whoever makes it hold calls `wakeOne` or
    /// `wakeAll`.
    func withLock<Result>(
        when condition: (Value) -> Bool, _ body: (inout Value) -> Result
    ) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while !condition(value) { unsafe pthread_cond_wait(changed, mutex) }
        return body(&value)
    }

    func wakeOne() { unsafe pthread_cond_signal(changed) }
    func wakeAll() { unsafe pthread_cond_broadcast(changed) }
}
