import Reactor

/// Something that one task waits for until it has happened, or for long enough. It lives on the
/// loop.
actor Gate {
    nonisolated let loop: EventLoop
    private var isOpen = false
    private var waiter: CheckedContinuation<Void, Never>?

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    init(_ loop: EventLoop) { self.loop = loop }

    /// It has happened; whoever waits goes on.
    nonisolated func open() {
        loop.submit { [self] in assumeIsolated { $0.turn() } }
    }

    /// Waits; says whether it has happened. A task that is cancelled waits no longer.
    func wait(_ patience: Duration) async -> Bool {
        if isOpen || Task.isCancelled { return isOpen }
        let timer = loop.timer(after: patience) { [unowned self] in
            assumeIsolated { $0.waiter.take()?.resume() }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter = $0 }
        } onCancel: {
            loop.submit { [self] in assumeIsolated { $0.waiter.take()?.resume() } }
        }
        timer.cancel()
        return isOpen
    }

    private func turn() {
        isOpen = true
        waiter.take()?.resume()
    }
}
