/// What the loop keeps of a hook: the body goes when the hook is cancelled, even in the middle of a
/// round.
final class HookEntry {
    var body: (() -> Void)?

    init(_ body: @escaping () -> Void) { self.body = body }
}

/// A closure that runs at the end of every tick, before the loop sleeps, until this object is let
/// go.
package final class Hook {
    private let loop: EventLoop
    private let entry: HookEntry

    fileprivate init(on loop: EventLoop, _ entry: HookEntry) {
        self.loop = loop
        self.entry = entry
    }

    deinit {
        if loop.isOnLoop {
            loop.remove(entry)
        } else {
            // SAFETY: only the loop's thread reads the entry from here on; this object is gone.
            nonisolated(unsafe) let entry = entry
            loop.submit { [loop] in unsafe loop.remove(entry) }
        }
    }

    package func cancel() {
        loop.requireLoop()
        loop.remove(entry)
    }
}

extension EventLoop {
    /// Runs `body` once at the end of each tick: the place to flush what the tick has gathered. If
    /// it makes new work, the loop does not sleep.
    package func beforeSleep(_ body: @escaping () -> Void) -> Hook {
        requireLoop()
        let entry = HookEntry(body)
        hooks.append(entry)
        return Hook(on: self, entry)
    }

    func runHooks() {
        for entry in hooks { entry.body?() }
    }

    fileprivate func remove(_ entry: HookEntry) {
        entry.body = nil
        hooks.removeAll { $0 === entry }
    }
}
