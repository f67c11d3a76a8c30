import Telemetry
import Testing

@testable import Reactor

/// The pool's promises: a bound on what runs and waits, and a way back to the caller's executor.
@Suite struct BlockingPoolTests {
    @Test("a call runs off the loop and its task resumes on the loop")
    func comesBack() throws {
        try EventLoop.run { loop in
            let pool = BlockingPool(threads: 2, limit: 4)
            let calledOnLoop = try await pool.run { loop.isOnLoop }
            #expect(!calledOnLoop)
            #expect(loop.isOnLoop)
        }
    }

    @Test("what a call throws reaches its caller")
    func throwing() async {
        let pool = BlockingPool(threads: 1, limit: 0)
        await #expect(throws: CancellationError.self) {
            try await pool.run { throw CancellationError() }
        }
    }

    @Test("a full pool refuses with a fault and works again afterwards")
    func full() throws {
        try EventLoop.run { _ in
            let pool = BlockingPool(threads: 1, limit: 1)
            let gate = Gate()
            await withThrowingTaskGroup { group in
                group.addTask { try await pool.run { gate.wait() } }
                group.addTask { try await pool.run {} }
                // Both have been queued: on one loop the tasks ran before this one goes on.
                for _ in 0..<10 { await Task.yield() }
                let fault = await #expect(throws: Fault.self) { try await pool.run {} }
                #expect(fault?.has(ReactorCode.poolFull) == true)
                #expect(fault?.retry == .after(.milliseconds(100)))
                gate.open()
                await #expect(throws: Never.self) { try await group.waitForAll() }
            }
            let later = try await pool.run { 5 }
            #expect(later == 5)
        }
    }

    @Test("a call cancelled before its turn never runs and frees its place")
    func cancelled() throws {
        try EventLoop.run { loop in
            let pool = BlockingPool(threads: 1, limit: 1)
            let (gate, seen) = (Gate(), Seen())
            let first = Task(executorPreference: loop) { try await pool.run { gate.wait() } }
            let second = Task(executorPreference: loop) { try await pool.run { seen.add(2) } }
            for _ in 0..<10 { await Task.yield() }
            second.cancel()
            await #expect(throws: CancellationError.self) { try await second.value }
            let third = Task(executorPreference: loop) { try await pool.run { seen.add(3) } }
            for _ in 0..<10 { await Task.yield() }
            gate.open()
            try await first.value
            try await third.value
            #expect(seen.values == [3])
        }
    }

    @Test("as many calls run at once as there are threads, and no more")
    func parallel() async throws {
        let pool = BlockingPool(threads: 3, limit: 100)
        let tally = Tally()
        let together = Gate(needed: 3)
        try await withThrowingTaskGroup { group in
            for _ in 0..<30 {
                group.addTask {
                    try await pool.run {
                        tally.enter()
                        together.open()
                        together.wait()
                        tally.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(tally.most == 3)
    }
}

/// How many are inside, and were at most.
private final class Tally: Sendable {
    private let counts = Locked((now: 0, most: 0))
    var most: Int { counts.withLock { $0.most } }

    func enter() {
        counts.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
        }
    }

    func leave() { counts.withLock { $0.now -= 1 } }
}

/// Holds threads until it has been opened often enough.
final class Gate: Sendable {
    private let missing: Locked<Int>

    init(needed: Int = 1) { missing = Locked(needed) }

    func open() {
        missing.withLock { $0 -= 1 }
        missing.wakeAll()
    }

    func wait() { missing.withLock(when: { $0 <= 0 }, { _ in }) }
}
