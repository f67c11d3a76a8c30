/// One timer of the loop. It waits for as long as this object lives; `cancel` disarms it and
/// `reset` arms it again, without allocating. It never fires twice for one setting, and never after
/// `cancel`. Let go on another thread, it may fire until the loop's next tick has begun.
package final class Timer {
    private let loop: EventLoop
    private let token: TimerQueue<() -> Void>.Token

    fileprivate init(on loop: EventLoop, token: TimerQueue<() -> Void>.Token) {
        self.loop = loop
        self.token = token
    }

    deinit {
        if loop.isOnLoop {
            loop.timers.remove(token)
        } else {
            loop.submit { [loop, token] in loop.timers.remove(token) }
        }
    }

    package func cancel() {
        loop.requireLoop()
        loop.timers.disarm(token)
    }

    package func reset(after delay: Duration) {
        reset(at: loop.now.advanced(by: delay))
    }

    package func reset(at deadline: Instant) {
        loop.requireLoop()
        loop.timers.move(token, to: deadline)
    }
}

extension EventLoop {
    /// Calls `body` once, after the delay has passed.
    package func timer(after delay: Duration, _ body: @escaping () -> Void) -> Timer {
        timer(at: now.advanced(by: delay), body)
    }

    package func timer(at deadline: Instant, _ body: @escaping () -> Void) -> Timer {
        requireLoop()
        return Timer(on: self, token: timers.add(body, at: deadline))
    }

    /// Calls `body` again and again. Turns that were missed are not made up for.
    package func timer(every interval: Duration, _ body: @escaping () -> Void) -> Timer {
        requireLoop()
        precondition(interval > .zero, "a repeating timer needs an interval above zero")
        let first = now.advanced(by: interval)
        return Timer(on: self, token: timers.add(body, at: first, every: interval))
    }
}
