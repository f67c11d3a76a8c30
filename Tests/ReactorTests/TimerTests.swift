import Telemetry
import Testing

@testable import Reactor

/// Timers and waits on a real loop. What depends on the passing of time uses manual time.
@Suite struct TimerTests {
    @Test("a timer cancelled by another timer of the same tick does not fire")
    func cancelInTick() throws {
        let (loop, seen, timers) = (try EventLoop(time: .manual), Seen(), Kept<Timer>())
        loop.submit {
            timers.keep(loop.timer(after: .seconds(1)) { timers.all[1].cancel() })
            timers.keep(loop.timer(after: .seconds(2)) { seen.add(2) })
            timers.keep(
                loop.timer(after: .seconds(3)) {
                    seen.add(3)
                    loop.stop()
                })
            loop.advance(by: .seconds(5))
        }
        loop.run()
        #expect(seen.values == [3])
    }

    @Test("a timer that is let go does not fire, on the loop or on another thread")
    func letGo() throws {
        let (loop, seen, timers) = (try EventLoop(time: .manual), Seen(), Kept<Timer>())
        loop.submit {
            _ = loop.timer(after: .seconds(1)) { seen.add(1) }
            timers.keep(loop.timer(after: .seconds(1)) { seen.add(2) })
            loop.stop()
        }
        loop.run()
        timers.clear()
        loop.submit { loop.advance(by: .seconds(2)) }
        loop.submit { loop.submit { loop.stop() } }
        loop.run()
        #expect(seen.values == [])
        #expect(loop.timers.count == 0)
    }

    @Test("a timer arms itself again in its own callback and a zero delay is the next tick")
    func rearm() throws {
        let (loop, seen, timers) = (try EventLoop(), Seen(), Kept<Timer>())
        loop.submit {
            timers.keep(
                loop.timer(after: .zero) {
                    seen.add(seen.values.count)
                    seen.values.count < 3 ? timers.all[0].reset(after: .zero) : loop.stop()
                })
        }
        loop.run()
        #expect(seen.values == [0, 1, 2])
    }

    @Test("a repeating timer of real time goes on until it is cancelled in its own callback")
    func repeating() throws {
        let (loop, seen, timers) = (try EventLoop(), Seen(), Kept<Timer>())
        loop.submit {
            timers.keep(
                loop.timer(every: .microseconds(200)) {
                    seen.add(1)
                    guard seen.values.count == 3 else { return }
                    timers.all[0].cancel()
                    loop.stop()
                })
        }
        loop.run()
        #expect(seen.values == [1, 1, 1])
    }

    @Test("sleeping tasks wake in order of their time")
    func sleepOrder() throws {
        let order = try EventLoop.run(time: .manual) { loop in
            let seen = Seen()
            await withTaskGroup { group in
                for delay in [3, 1, 2] {
                    group.addTask {
                        try? await loop.sleep(for: .seconds(delay))
                        seen.add(delay)
                    }
                }
                while loop.timers.count < 3 { await Task.yield() }
                loop.advance(by: .seconds(10))
            }
            return seen.values
        }
        #expect(order == [1, 2, 3])
    }

    @Test("manual time stands still until it is moved")
    func manualTime() throws {
        try EventLoop.run(time: .manual) { loop in
            #expect(loop.now == Instant(nanoseconds: 0))
            loop.advance(by: .seconds(7))
            #expect(loop.now == Instant(nanoseconds: 7_000_000_000))
        }
    }

    @Test("real time never goes back and a sleep is never short")
    func realTime() throws {
        try EventLoop.run { loop in
            let deadline = loop.now.advanced(by: .milliseconds(2))
            try await loop.sleep(until: deadline)
            #expect(loop.now >= deadline)
        }
    }

    @Test("a cancelled sleep ends at once with CancellationError and leaves no timer")
    func sleepCancelled() throws {
        try EventLoop.run(time: .manual) { loop in
            await withThrowingTaskGroup { group in
                group.addTask { try await loop.sleep(for: .seconds(1)) }
                while loop.timers.count == 0 { await Task.yield() }
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.next() }
            }
            #expect(loop.timers.count == 0)
        }
    }

    @Test("a task that sleeps on a foreign loop is cancelled from another thread exactly once")
    func sleepFromElsewhere() async throws {
        let loop = try EventLoop()
        async let running: Void = onThread { loop.run() }
        for _ in 0..<200 {
            let task = Task { try await loop.sleep(until: .distantFuture) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        loop.stop()
        try await running
    }

    @Test("a body within its deadline gives its value and leaves no timer")
    func withinDeadline() throws {
        try EventLoop.run(time: .manual) { loop in
            let value = try await loop.withDeadline(after: .seconds(1)) { 7 }
            #expect(value == 7)
            #expect(loop.timers.count == 0)
        }
    }

    @Test("a body past its deadline is cancelled and the fault says that time ran out")
    func pastDeadline() throws {
        try EventLoop.run(time: .manual) { loop in
            let seen = Seen()
            await withThrowingTaskGroup { group in
                group.addTask {
                    try await loop.withDeadline(after: .seconds(1)) {
                        do { try await loop.sleep(for: .seconds(60)) } catch { seen.add(1) }
                    }
                }
                while loop.timers.count < 2 { await Task.yield() }
                loop.advance(by: .seconds(2))
                let fault = await #expect(throws: Fault.self) { try await group.next() }
                #expect(fault?.has(ReactorCode.deadlineExceeded) == true)
            }
            #expect(seen.values == [1])
        }
    }
}
