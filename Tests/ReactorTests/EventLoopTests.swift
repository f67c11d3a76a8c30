import Telemetry
import Testing

@testable import Reactor

/// The loop as an executor: whose thread code runs on, in which order, and when it ends.
@Suite struct EventLoopTests {
    @Test("the main task's value comes back from the loop")
    func value() throws {
        #expect(try EventLoop.run { _ in 42 } == 42)
    }

    @Test("what the main task throws comes back from the loop")
    func failure() {
        #expect(throws: CancellationError.self) {
            try EventLoop.run { _ in throw CancellationError() }
        }
    }

    @Test("a loop stopped under its main task says so")
    func stoppedUnderTask() {
        let fault = #expect(throws: Fault.self) {
            try EventLoop.run { loop in
                loop.stop()
                try await loop.sleep(until: .distantFuture)
            }
        }
        #expect(fault?.has(ReactorCode.loopStopped) == true)
    }

    @Test("plain async functions and pinned actors stay on the loop's thread")
    func staysOnLoop() throws {
        try EventLoop.run { loop in
            #expect(await onLoop(loop))
            let actor = Pinned(loop)
            #expect(await actor.add(1) == 1)
            async let child = onLoop(loop)
            #expect(await child)
            #expect(loop.isOnLoop)
        }
    }

    @Test("a closure of the loop enters a pinned actor without await")
    func assumesIsolated() throws {
        try EventLoop.run { loop in
            let actor = Pinned(loop)
            await withCheckedContinuation { continuation in
                loop.submit {
                    actor.assumeIsolated { $0.total += 5 }
                    continuation.resume()
                }
            }
            #expect(await actor.total == 5)
        }
    }

    @Test("work runs in the order it came, from the loop's thread and from others")
    func order() throws {
        let loop = try EventLoop()
        let seen = Seen()
        for number in 0..<3 { loop.submit { seen.add(number) } }
        loop.submit {
            loop.submit { seen.add(4) }
            loop.submit { loop.stop() }
            seen.add(3)
        }
        loop.run()
        #expect(seen.values == [0, 1, 2, 3, 4])
    }

    @Test("a stop that came before the run makes it end after one tick")
    func stopFirst() throws {
        let loop = try EventLoop()
        let seen = Seen()
        loop.stop()
        loop.submit { seen.add(1) }
        loop.run()
        #expect(seen.values == [1])
    }

    @Test("work that comes after the stop waits for the next run")
    func workAfterStop() throws {
        let loop = try EventLoop()
        let seen = Seen()
        loop.stop()
        loop.run()
        loop.submit { seen.add(1) }
        #expect(seen.values == [])
        loop.stop()
        loop.run()
        #expect(seen.values == [1])
    }

    @Test("the job in hand ends before a stop inside it counts")
    func stopInside() throws {
        let loop = try EventLoop()
        let seen = Seen()
        loop.submit {
            loop.stop()
            seen.add(1)
        }
        loop.run()
        #expect(seen.values == [1])
        #expect(!loop.isOnLoop)
    }

    @Test("jobs that make jobs for ever do not starve timers")
    func fairness() throws {
        let loop = try EventLoop()
        let timers = Kept<Timer>()
        @Sendable func again() { loop.submit(again) }
        loop.submit {
            timers.keep(loop.timer(after: .milliseconds(1)) { loop.stop() })
            again()
        }
        loop.run()
    }

    @Test("jobs that make jobs for ever do not starve descriptors")
    func fairnessOfDescriptors() throws {
        let loop = try EventLoop()
        let pipe = try Pipe()
        let watches = Kept<Watch>()
        @Sendable func again() { loop.submit(again) }
        loop.submit {
            watches.keep(pipe.watchRead(on: loop) { loop.stop() })
            again()
            loop.submit { pipe.write("x") }
        }
        loop.run()
    }

    @Test("ten thousand submits from four threads all arrive")
    func manyThreads() async throws {
        let total = try await onThread {
            try EventLoop.run { loop in
                let counter = Counter()
                await withTaskGroup { group in
                    for _ in 0..<4 {
                        group.addTask(executorPreference: globalConcurrentExecutor) {
                            for _ in 0..<2500 { loop.submit { counter.add() } }
                        }
                    }
                }
                while counter.value < 10_000 { await Task.yield() }
                return counter.value
            }
        }
        #expect(total == 10_000)
    }

    @Test("a hook runs after the jobs of a tick, and its own work keeps the loop awake")
    func hooks() throws {
        let loop = try EventLoop()
        let seen = Seen()
        let hooks = Kept<Hook>()
        loop.submit {
            hooks.keep(
                loop.beforeSleep {
                    seen.add(3)
                    if seen.values.count < 6 { loop.submit { seen.add(4) } } else { loop.stop() }
                })
            seen.add(1)
            loop.submit { seen.add(2) }
        }
        loop.run()
        #expect(seen.values == [1, 2, 3, 4, 3, 4, 3])
    }

    @Test("a hook cancelled by another hook of the same round does not run")
    func hookCancelled() throws {
        let loop = try EventLoop()
        let seen = Seen()
        let hooks = Kept<Hook>()
        loop.submit {
            hooks.keep(loop.beforeSleep { hooks.clear() })
            hooks.keep(loop.beforeSleep { seen.add(1) })
            loop.stop()
        }
        loop.run()
        #expect(seen.values == [])
    }
}

/// An actor that lives on the loop.
private actor Pinned {
    private let loop: EventLoop
    var total = 0

    init(_ loop: EventLoop) { self.loop = loop }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    func add(_ number: Int) -> Int {
        loop.checkIsolated()
        total += number
        return total
    }
}

private func onLoop(_ loop: EventLoop) async -> Bool {
    await Task.yield()
    return loop.isOnLoop
}
