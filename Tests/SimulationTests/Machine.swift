import Reactor
import TestKit

@testable import Reactor

/// One simulated computer with one process on it: a loop of its own, whose time passes only when
/// the world lets it.
///
/// A machine that is killed is never run again; one that is stopped finds all that came meanwhile
/// when it goes on, and a clock that has jumped.
// SAFETY: touched only by the one thread that runs its world.
final class Machine: @unchecked Sendable {
    let name: String
    /// Which life of this name it is, from 1.
    let life: Int
    let loop: EventLoop
    private(set) var isAlive = true
    private(set) var stoppedUntil = Instant.zero
    /// Whether something from outside waits for it.
    private var isTouched = false

    init(_ name: String, life: Int, at now: Instant) throws {
        self.name = name
        self.life = life
        loop = try EventLoop(time: .manual)
        loop.advance(by: now - .zero)
    }

    var label: String { "\(name)/\(life)" }

    func touch() { isTouched = true }

    func kill() { isAlive = false }

    func stop(until moment: Instant) { stoppedUntil = max(stoppedUntil, moment) }

    /// When it has something to do next.
    func next(_ now: Instant) -> Instant {
        guard isAlive else { return .distantFuture }
        let wish = isTouched ? now : loop.timers.earliest ?? .distantFuture
        return max(wish, stoppedUntil)
    }

    /// Puts a call on its loop, for its next turn.
    func submit(_ body: @escaping @Sendable () -> Void) {
        isTouched = true
        loop.submit(body)
    }

    /// Runs all it has to do by now.
    func run(at now: Instant) {
        isTouched = false
        let gap = now - loop.now
        if gap > .zero { loop.advance(by: gap) }
        loop.settle()
    }

    /// Runs what is left of a killed process after its world has ended, so that nothing leaks.
    func cleanUp(at now: Instant) {
        for _ in 0..<8 { run(at: now) }
    }
}
