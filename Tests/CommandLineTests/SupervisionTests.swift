import Testing

@testable import baton

@Suite struct ChildPlanTests {
    typealias Step = (ChildPlan.Event, Duration, [ChildPlan.Action])

    private func check(_ policy: RestartPolicy, _ steps: [Step]) -> ChildPlan {
        var plan = ChildPlan(policy: policy)
        for (index, (event, time, expected)) in steps.enumerated() {
            let actions = plan.event(event, at: time)
            #expect(actions == expected, "step \(index): \(event)")
        }
        return plan
    }

    private func ms(_ value: Int) -> Duration { .milliseconds(value) }

    @Test("A worker that ends is started again after a pause that doubles")
    func backOff() {
        let plan = check(
            .worker,
            [
                (.start, ms(0), [.spawn, .wake(at: ms(10_000))]),
                (.exited, ms(100), [.wake(at: ms(300))]),
                (.clock, ms(250), [.wake(at: ms(300))]),
                (.clock, ms(300), [.spawn, .wake(at: ms(10_300))]),
                (.exited, ms(400), [.wake(at: ms(800))]),
                (.clock, ms(800), [.spawn, .wake(at: ms(10_800))]),
            ])
        #expect(plan.restarts == 2)
    }

    @Test("Ten seconds of health forget all failures")
    func health() {
        let plan = check(
            .worker,
            [
                (.start, ms(0), [.spawn, .wake(at: ms(10_000))]),
                (.exited, ms(1), [.wake(at: ms(201))]),
                (.clock, ms(201), [.spawn, .wake(at: ms(10_201))]),
                (.clock, ms(10_201), []),
                (.exited, ms(10_202), [.wake(at: ms(10_402))]),
            ])
        #expect(plan.failures == 1)
    }

    @Test("F7 the circuit opens once however long a worker fails, and closes with health")
    func circuit() {
        var plan = ChildPlan(policy: .worker)
        var (now, opened) = (Duration.zero, 0)
        _ = plan.event(.start, at: now)
        for _ in 0..<1000 {
            for action in plan.event(.exited, at: now) {
                if case .circuitOpened = action { opened += 1 }
                if case .wake(let time) = action { now = time }
            }
            #expect(plan.event(.clock, at: now).contains(.spawn))
        }
        #expect(opened == 1)
        #expect(plan.event(.clock, at: now + .seconds(10)) == [.circuitClosed])
    }

    @Test("F7 a worker that never stays up is started at most 14 times in its first minute")
    func rate() {
        var plan = ChildPlan(policy: .worker)
        var (now, spawns) = (Duration.zero, 1)
        _ = plan.event(.start, at: now)
        while now < .seconds(60) {
            for case .wake(let time) in plan.event(.exited, at: now) { now = time }
            if plan.event(.clock, at: now).contains(.spawn) { spawns += 1 }
        }
        #expect(spawns <= 14)
    }

    @Test("No pause is longer than ten seconds, for any number of failures")
    func longestPause() {
        let policy = RestartPolicy.worker
        let pauses = (1...200).map { policy.delay(afterFailures: $0) }
        #expect(pauses.prefix(4) == [ms(200), ms(400), ms(800), ms(1600)])
        #expect(pauses.allSatisfy { $0 >= ms(200) && $0 <= .seconds(10) })
        #expect(policy.delay(afterFailures: .max) == .seconds(10))
        #expect(policy.delay(afterFailures: .min) == ms(200))
    }

    @Test(
        "An orchestrator runs once it says so; one that says nothing is killed and counts as failed"
    )
    func readiness() {
        let plan = check(
            .orchestrator,
            [
                (.start, ms(0), [.spawn, .wake(at: ms(10_000))]),
                (.clock, ms(5000), []),
                (.clock, ms(10_000), [.kill]),
                (.exited, ms(10_001), [.wake(at: ms(10_201))]),
                (.clock, ms(10_201), [.spawn, .wake(at: ms(20_201))]),
                (.ready, ms(10_300), [.wake(at: ms(20_300))]),
                (.ready, ms(10_301), []),
            ])
        #expect(plan.state == .running(since: ms(10_300)))
    }

    @Test("An orchestrator that never was ready is given up; one that was is kept up for ever")
    func givingUp() {
        let gaveUp = check(
            .orchestrator,
            [
                (.start, ms(0), [.spawn, .wake(at: ms(10_000))]),
                (.exited, ms(1), [.wake(at: ms(201))]),
                (.clock, ms(201), [.spawn, .wake(at: ms(10_201))]),
                (.exited, ms(202), [.gaveUp]),
                (.clock, ms(400), []), (.exited, ms(401), []), (.stop, ms(402), []),
            ])
        #expect(gaveUp.isOver)
        var plan = ChildPlan(policy: .orchestrator)
        var now = Duration.zero
        _ = plan.event(.start, at: now)
        _ = plan.event(.ready, at: now)
        for _ in 0..<20 {
            for case .wake(let time) in plan.event(.exited, at: now) { now = time }
            #expect(plan.event(.clock, at: now).contains(.spawn))
        }
    }

    @Test("A drain of workers and then of orchestrators lasts ten seconds at most")
    func wholeDrain() {
        let limits = [RestartPolicy.worker.drainLimit, RestartPolicy.orchestrator.drainLimit]
        #expect(limits.reduce(.zero, +) <= .seconds(10))
        #expect(RestartPolicy.workerDrain < RestartPolicy.worker.drainLimit)
    }

    @Test("Stopping terminates, waits as long as a drain may last, then kills")
    func stopping() {
        let plan = check(
            .worker,
            [
                (.start, ms(0), [.spawn, .wake(at: ms(10_000))]),
                (.stop, ms(50), [.terminate, .wake(at: ms(8050))]),
                (.stop, ms(60), []),
                (.clock, ms(5000), [.wake(at: ms(8050))]),
                (.clock, ms(8050), [.kill]),
                (.clock, ms(10_060), []),
                (.exited, ms(10_070), [.gone]),
                (.exited, ms(10_080), []), (.start, ms(10_090), []), (.clock, ms(10_100), []),
            ])
        #expect(plan.state == .stopped)
    }

    @Test(
        "Stopping at once kills what runs and forgets what waits",
        arguments: [ChildPlan.Event.stop, .stopNow])
    func stopWhileBackingOff(event: ChildPlan.Event) {
        _ = check(
            .worker,
            [
                (.start, ms(0), [.spawn, .wake(at: ms(10_000))]),
                (.spawnFailed, ms(0), [.wake(at: ms(200))]),
                (event, ms(10), [.gone]),
                (.clock, ms(200), []),
            ])
        _ = check(
            .worker,
            [
                (.start, ms(0), [.spawn, .wake(at: ms(10_000))]),
                (.stop, ms(1), [.terminate, .wake(at: ms(8001))]),
                (.stopNow, ms(2), [.kill]), (.stopNow, ms(3), []), (.exited, ms(4), [.gone]),
            ])
    }

    @Test("No order of events ever starts a second process beside a first")
    func noise() {
        let events: [ChildPlan.Event] = [
            .start, .ready, .spawnFailed, .exited, .clock, .stop, .stopNow,
        ]
        for policy in [RestartPolicy.worker, .orchestrator] {
            for seed in 0..<500 {
                var plan = ChildPlan(policy: policy)
                var (number, now, living) = (UInt64(seed), Duration.zero, 0)
                for _ in 0..<60 {
                    number = number &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    var event = events[Int(number >> 33) % events.count]
                    // Only a process that lives can end.
                    if living == 0, event == .exited || event == .spawnFailed { event = .clock }
                    if event == .exited || event == .spawnFailed { living -= 1 }
                    now += .milliseconds(Int64(number >> 40) % 4000)
                    living += plan.event(event, at: now).count { $0 == .spawn }
                    #expect((0...1).contains(living))
                }
            }
        }
    }
}

@Suite struct DrainTests {
    private func left(_ workers: Int, _ orchestrators: Int, _ stores: Int = 1) -> Drain.Left {
        Drain.Left(workers: workers, orchestrators: orchestrators, stores: stores)
    }

    @Test("Workers go first, then the orchestrators, then the store, then all is done")
    func order() {
        var drain = Drain()
        #expect(drain.progressed(left(2, 1)) == [])
        #expect(drain.requested(left(2, 1)) == [.stopWorkers])
        #expect(drain.progressed(left(1, 1)) == [])
        #expect(drain.progressed(left(0, 1)) == [.stopOrchestrators])
        #expect(drain.progressed(left(0, 0)) == [.stopStore])
        #expect(drain.progressed(left(0, 0)) == [])
        #expect(drain.progressed(left(0, 0, 0)) == [.finished])
        #expect(drain.requested(left(0, 0, 0)) == [])
    }

    @Test("Asked a second time everything ends at once, and a third time changes nothing")
    func twice() {
        var drain = Drain()
        #expect(drain.requested(left(1, 1)) == [.stopWorkers])
        #expect(drain.requested(left(1, 1)) == [.stopAllNow])
        #expect(drain.requested(left(1, 1)) == [])
    }

    @Test("Where nothing runs the end comes at once")
    func nothing() {
        var drain = Drain()
        let actions = drain.requested(left(0, 0, 0))
        #expect(actions == [.stopWorkers, .stopOrchestrators, .stopStore, .finished])
    }
}
