import CEvent

/// What a descriptor is watched for.
package struct Interest: OptionSet, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let read = Interest(rawValue: EV_READ)
    package static let write = Interest(rawValue: EV_WRITE)
    /// Told once per change instead of as long as it is ready: whoever asks for this drains to
    /// EAGAIN.
    package static let edge = Interest(rawValue: EV_ET)
}

/// One descriptor or signal that the loop watches, for as long as this object lives or until
/// `cancel`.
///
/// It never owns the descriptor: cancel first, close afterwards. Let go on another thread, it ends
/// at the loop's next tick and the handler may be called until then.
package final class Watch {
    private let loop: EventLoop
    private var event: Event?

    fileprivate init(on loop: EventLoop, event: Event) {
        self.loop = loop
        self.event = event
    }

    deinit {
        guard let event, !loop.isOnLoop else { return }
        // SAFETY: this was the last user of the event; the closure lets it go on the loop's thread,
        // or when the stopped loop itself is let go. A second reference kept elsewhere would break
        // it.
        nonisolated(unsafe) let last = event
        loop.submit { unsafe last.end() }
    }

    /// The handler is not called again, not even for something that has already happened.
    package func cancel() {
        loop.requireLoop()
        event.take()?.end()
    }
}

extension EventLoop {
    /// Calls `handler` on the loop with what the descriptor is ready for. An error or a hang-up
    /// shows as readiness: the next read or write tells which.
    package func watch(
        _ descriptor: Int32, for interest: Interest, _ handler: @escaping (Interest) -> Void
    ) throws -> Watch {
        requireLoop()
        let event = try Event(on: base, descriptor, interest.rawValue | EV_PERSIST) { flags in
            handler(Interest(rawValue: Int32(flags)).intersection([.read, .write]))
        }
        return Watch(on: self, event: event)
    }

    /// Calls `handler` on the loop for each delivery of a signal. One loop of a process takes
    /// signals.
    package func onSignal(_ signal: Int32, _ handler: @escaping () -> Void) throws -> Watch {
        requireLoop()
        let event = try Event(on: base, signal, EV_SIGNAL | EV_PERSIST) { _ in handler() }
        return Watch(on: self, event: event)
    }

    /// Lends the `event_base *` to a bridge that puts foreign events on this loop. Only on the
    /// loop's thread, and only for the call.
    package func withBase<Result>(_ body: (OpaquePointer) throws -> Result) rethrows -> Result {
        requireLoop()
        return try unsafe base.withBase(body)
    }
}
