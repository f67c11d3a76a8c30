import Bus
import Reactor
import Telemetry
import TestKit
import Testing
import Wire

@testable import Orchestration

/// A registry of workers that serve what they are told, in virtual time.
struct Roster {
    var registry = Registry()
    var now = Instant(nanoseconds: 1_000_000_000_000)

    init(_ change: (inout Policy) -> Void = { _ in }) {
        var policies = Policies()
        change(&policies.common)
        registry.adopt(policies)
    }

    @discardableResult
    mutating func add(_ agents: [String] = ["a"], capacity: Int = 1) -> Int {
        let number = UInt32(registry.workers.count)
        let worker = Registry.Worker(
            peer: PeerID(index: number, generation: 1), instance: "\(number)", version: "",
            capacity: capacity)
        return registry.add(worker, serving: agents.map { AgentDescription(name: $0) })
    }

    mutating func choose(
        _ agent: Int = 0, instance: String? = nil, avoiding: [Int] = [], isSuspect: Bool = false
    ) -> Int? {
        registry.choose(
            agent: agent, instance: instance, avoiding: avoiding, isSuspect: isSuspect, at: now)
    }

    /// Chooses, runs and ends a task.
    @discardableResult
    mutating func run(
        _ ending: Registry.Ending = .success, took: Duration = .milliseconds(1), on chosen: Int
    ) -> Registry.BreakerNews {
        registry.began(chosen, at: now)
        now = now + took
        return registry.ended(chosen, ending, took: took, at: now)
    }

    mutating func pass(_ duration: Duration) -> [Int] {
        now = now + duration
        return registry.tick(at: now)
    }

    static let failure = Registry.Ending.failure(countsAgainstIt: true, message: "because")
}

/// Who is entered, who is chosen, and what is learnt from it.
@Suite struct RegistryTests {
    @Test("S2-08 S2-09 S2-10 who registers is healthy and begins with the figures of a newcomer")
    func newcomer() throws {
        var roster = Roster()
        roster.add(["a", "b"])
        let registry = roster.registry
        #expect(registry.agent("a") == 0 && registry.agent("b") == 1)
        let instance = try #require(registry.instances.first)
        #expect(registry.health(of: 0) == .healthy)
        #expect(instance.figures.requests == 0 && instance.responseTime.value == 0)
        #expect(instance.successRate.value == 1 && registry.score(of: 0) == 1)
        #expect(Array(registry.agentNames) == ["a", "b"])
    }

    @Test("S2-11 S2-13 a worker that stays keeps its figures, whatever else it serves then")
    func flap() {
        var roster = Roster()
        let worker = roster.add(["a", "b"])
        roster.run(Roster.failure, on: 0)
        let descriptions = ["c", "a"].map { AgentDescription(name: $0) }
        roster.registry.serve(worker, descriptions)
        let kept = roster.registry.workers[worker].instances[1]
        #expect(kept == 0 && roster.registry.instances[0].figures.errors == 1)
        #expect(Array(roster.registry.agentNames) == ["a", "c"])
        #expect(roster.choose(1) == nil)
        let chosen = roster.choose(2)
        #expect(chosen == roster.registry.workers[worker].instances[0])
    }

    @Test("S2-14 instances take turns, and those without a place are passed over")
    func turns() {
        var roster = Roster()
        for index in 0..<4 { roster.add(capacity: index == 2 ? 0 : 1) }
        #expect((0..<6).map { _ in roster.choose() } == [0, 1, 3, 0, 1, 3])
        roster.registry.pause(1, until: roster.now + .nanoseconds(5))
        #expect([roster.choose(), roster.choose()] == [0, 3])
        #expect(roster.choose(instance: "3") == 3)
        #expect(roster.choose(instance: "1") == nil)
        roster.registry.remove(3)
        roster.registry.remove(0)
        #expect(roster.choose() == nil)
        #expect(roster.pass(.nanoseconds(5)) == [1])
        #expect(roster.choose() == 1)
    }

    @Test("who is full, draining, absent or avoided is not chosen, and comes back when it can")
    func reasons() {
        var roster = Roster()
        for _ in 0..<2 { roster.add() }
        roster.registry.began(0, at: roster.now)
        #expect([roster.choose(), roster.choose()] == [1, 1])
        #expect(roster.choose(avoiding: [1]) == nil)
        roster.registry.setReachable(1, false, at: roster.now)
        #expect(roster.choose() == nil)
        roster.registry.ended(0, .cancelled, took: .zero, at: roster.now)
        #expect(roster.choose() == 0)
        roster.registry.setReachable(1, true, at: roster.now)
        #expect(roster.choose(avoiding: [0]) == 1)
        roster.registry.setCapacity(0, 0, at: roster.now)
        #expect(roster.choose(avoiding: [1]) == nil)
        roster.registry.setCapacity(0, 2, at: roster.now)
        #expect(roster.choose(avoiding: [1]) == 0)
        roster.registry.drain(0)
        #expect(roster.choose(avoiding: [1]) == nil && roster.choose(instance: "0") == nil)
    }

    @Test("a suspect goes to a worker that has none")
    func suspects() {
        var roster = Roster()
        for _ in 0..<2 { roster.add(capacity: 4) }
        roster.registry.workers[0].suspects = 1
        #expect(roster.choose(isSuspect: true) == 1)
        roster.registry.workers[1].suspects = 1
        #expect(roster.choose(isSuspect: true) == nil)
        #expect(roster.choose() != nil)
    }

    @Test("an instance that keeps failing is left alone, and probed after its time")
    func instanceBreaker() {
        var roster = Roster()
        for _ in 0..<2 { roster.add(capacity: 100) }
        for number in 0..<5 {
            let news = roster.run(Roster.failure, on: 0)
            #expect((news.instance != nil) == (number == 4) && news.agent == nil || number == 4)
            roster.run(on: 1)
        }
        #expect(roster.registry.health(of: 0) == .unhealthy)
        #expect((0..<3).map { _ in roster.choose() } == [1, 1, 1])
        #expect(roster.choose(instance: "0") == nil)
        let open = roster.registry.admits(0, at: roster.now)
        #expect(open == nil)
        #expect(roster.pass(.seconds(61)) == [0])
        #expect(roster.choose(avoiding: [1]) == 0)
        roster.registry.began(0, at: roster.now)
        #expect(roster.choose(avoiding: [1]) == nil)
        let news = roster.registry.ended(
            0, .success, took: .zero, at: roster.now + .milliseconds(1))
        #expect(news.instance == .closed)
        #expect(roster.choose(avoiding: [1]) == 0)
    }

    @Test("S2-78 an agent that keeps failing is refused for as long as its breaker says")
    func agentBreaker() {
        var roster = Roster()
        roster.add(capacity: 100)
        var news = Registry.BreakerNews()
        for _ in 0..<5 { news = roster.run(Roster.failure, on: 0) }
        #expect(news.agent == .opened(retryAfter: .seconds(60)))
        let left = roster.registry.admits(0, at: roster.now)
        #expect(left == .seconds(60) + .nanoseconds(1))
        #expect(roster.choose() == nil)
        _ = roster.pass(.seconds(60))
        #expect(roster.choose() == nil)
        #expect(roster.pass(.milliseconds(1)) == [0, 0])
        let again = roster.registry.admits(0, at: roster.now)
        #expect(again == nil && roster.choose() == 0)
    }

    @Test("when the breakers of all instances are open, the agent is refused")
    func allBroken() {
        var roster = Roster { $0.breaker.failureThreshold = 2 }
        for _ in 0..<2 { roster.add(capacity: 9) }
        for instance in 0..<2 {
            roster.run(Roster.failure, on: instance)
            roster.registry.agents[0].breaker = Breaker()
            roster.run(Roster.failure, on: instance)
            roster.registry.agents[0].breaker = Breaker()
        }
        let left = roster.registry.admits(0, at: roster.now) ?? .zero
        #expect(left > .seconds(59) && left < .seconds(60))
        roster.registry.remove(0)
        let other = roster.registry.admits(0, at: roster.now)
        #expect(other != nil)
        roster.add()
        let newcomer = roster.registry.admits(0, at: roster.now)
        #expect(newcomer == nil)
    }

    @Test(
        "failures that are the caller's own, lost workers and refusals open no breaker",
        arguments: [
            Registry.Ending.failure(of: WireError(code: "invalid", message: "")),
            .failure(of: WireError(code: "not_found", message: "")),
            .failure(of: WireError(code: "forbidden", message: "")),
            .failure(of: WireError(code: "too_large", message: "")),
            .failure(of: WireError(code: "cancelled", message: "")),
            .failure(of: WireError(code: "unsupported", message: "")),
            .failure(of: WireError(code: "budget", message: "")), .lost, .refused, .cancelled,
        ])
    func noVerdict(_ ending: Registry.Ending) {
        var roster = Roster()
        roster.add(capacity: 10)
        for _ in 0..<50 {
            let news = roster.run(ending, on: 0)
            #expect(news.isEmpty)
        }
        #expect(roster.registry.instances[0].successRate.value == 1)
        #expect(roster.registry.instances[0].inFlight == 0 && roster.choose() == 0)
    }

    @Test("news of peers open and ease the breakers here")
    func peers() {
        var roster = Roster()
        for _ in 0..<2 { roster.add(capacity: 9) }
        roster.registry.heard(
            .opened(retryAfter: .seconds(9)), agent: 0, instance: "0", at: roster.now)
        #expect((0..<3).map { _ in roster.choose() } == [1, 1, 1])
        roster.registry.heard(.closed, agent: 0, instance: "0", at: roster.now)
        #expect(roster.choose(avoiding: [1]) == 0)
        roster.registry.heard(.opened(retryAfter: .seconds(9)), agent: 0, at: roster.now)
        #expect(roster.choose() == nil)
        #expect(roster.pass(.seconds(10)).isEmpty == false)
        #expect(roster.choose() != nil)
    }

    @Test("no more tasks of an agent run than its policy allows, and the next one is called")
    func concurrency() {
        var roster = Roster { $0.concurrency = 2 }
        for _ in 0..<2 { roster.add(capacity: 9) }
        roster.registry.began(0, at: roster.now)
        roster.registry.began(1, at: roster.now)
        #expect(roster.choose() == nil)
        var links = SlotLinks()
        roster.registry.agents[0].suspects.append(0, &links)
        roster.registry.ended(0, .lost, took: .zero, at: roster.now)
        #expect(roster.registry.tick(at: roster.now).count == 1)
        #expect(roster.choose() != nil)
    }

    @Test("a copy goes out at the slow end of the middle instance: one that stalls is no measure")
    func hedging() {
        var roster = Roster()
        for _ in 0..<3 { roster.add(capacity: 9) }
        let early = roster.registry.hedgeDelay(0)
        #expect(early == nil)
        for _ in 0..<40 {
            for instance in 0..<3 {
                roster.run(took: .milliseconds(instance == 2 ? 2000 : 40), on: instance)
            }
        }
        let delay = roster.registry.hedgeDelay(0) ?? .zero
        #expect(delay >= .milliseconds(40) && delay <= .milliseconds(50))
        roster.registry.remove(1)
        roster.registry.remove(2)
        let alone = roster.registry.hedgeDelay(0)
        #expect(alone == nil)
    }

    @Test("copies never go out sooner than the least wait, nor beyond their budget, nor forbidden")
    func hedgingBounds() {
        var roster = Roster()
        for _ in 0..<2 { roster.add(capacity: 9) }
        for round in 0..<100 { roster.run(took: .microseconds(50), on: round % 2) }
        let delay = roster.registry.hedgeDelay(0)
        #expect(delay == .milliseconds(10))
        var copies = 0
        while roster.registry.mayHedge(0) { copies += 1 }
        #expect(copies == 5)
        var policies = Policies()
        policies.common.hedging.enabled = false
        roster.registry.adopt(policies)
        let none = roster.registry.hedgeDelay(0)
        #expect(none == nil && !roster.registry.mayHedge(0))
    }

    @Test("whoever is cancelled late is found slow all the same")
    func stalls() {
        var roster = Roster()
        roster.add(capacity: 9)
        for _ in 0..<30 { roster.run(took: .milliseconds(10), on: 0) }
        for _ in 0..<5 { roster.run(.cancelled, took: .milliseconds(1), on: 0) }
        let before = roster.registry.instances[0].responseTime.value
        #expect(abs(before - 0.01) < 1e-9)
        for _ in 0..<30 { roster.run(.cancelled, took: .seconds(1), on: 0) }
        #expect(roster.registry.instances[0].responseTime.value > 0.3)
    }

    @Test("an attempt that is too late counts once, and its place stays taken until it is answered")
    func tooLate() {
        var roster = Roster { $0.breaker.failureThreshold = 2 }
        roster.add(capacity: 1)
        roster.registry.began(0, at: roster.now)
        _ = roster.registry.timedOut(0, after: .seconds(1), at: roster.now)
        #expect(roster.registry.agents[0].figures.errors == 1)
        #expect(roster.registry.workers[0].inFlight == 1 && roster.choose() == nil)
        let news = roster.registry.ended(0, .cancelled, took: .seconds(1), at: roster.now)
        #expect(news.isEmpty && roster.registry.agents[0].figures.errors == 1)
        #expect(roster.choose() == 0)
    }

    @Test("numbers are used again only when their last task is answered")
    func reuse() {
        var roster = Roster()
        let worker = roster.add()
        roster.registry.began(0, at: roster.now)
        roster.registry.remove(worker)
        roster.add()
        #expect(roster.registry.instances.count == 2 && roster.registry.workers.count == 2)
        roster.registry.ended(0, .lost, took: .zero, at: roster.now)
        #expect(roster.registry.workers[0].inFlight == 0)
        roster.add()
        #expect(roster.registry.instances.count == 2 && roster.registry.workers.count == 2)
        #expect(roster.registry.agents[0].inFlight == 0)
    }

    @Test("a choice is explained by its candidates and what spoke against them")
    func explained() {
        var roster = Roster()
        for _ in 0..<7 { roster.add() }
        roster.registry.drain(1)
        roster.registry.setReachable(2, false, at: roster.now)
        roster.registry.pause(3, until: roster.now + .seconds(1))
        roster.registry.began(4, at: roster.now)
        for _ in 0..<5 {
            roster.run(Roster.failure, on: 5)
            roster.registry.agents[0].breaker = Breaker()
        }
        let chosen = roster.choose()
        #expect(chosen == 0)
        let decision = roster.registry.decision(
            RequestKey(scope: 1, id: "r"), agent: 0, chosen: chosen, reason: .retry, attempt: 2,
            at: roster.now)
        #expect(decision.instance == "0" && decision.instances == 7)
        #expect(
            decision.field.all.map(\.verdict) == [
                .chosen, .draining, .absent, .paused, .full, .breakerOpen, .waitsItsTurn,
            ])
        #expect(decision.field.all[6].score == 1 && decision.attempt == 2)
        let nobody = roster.registry.decision(
            RequestKey(scope: 1, id: "r"), agent: 0, chosen: nil, avoiding: [0], at: roster.now)
        #expect(nobody.instance.isEmpty && nobody.field.all[0].verdict == .excluded)
    }

    @Test("S2-76 the health of an agent follows its instances and its breaker")
    func health() {
        var roster = Roster()
        for _ in 0..<2 { roster.add(capacity: 9) }
        #expect(roster.registry.health(agent: 0).word == .healthy)
        roster.registry.drain(1)
        #expect(roster.registry.health(agent: 0).word == .degraded)
        roster.registry.setReachable(1, false, at: roster.now)
        #expect(roster.registry.health(agent: 0).word == .degraded)
        for _ in 0..<5 { roster.run(Roster.failure, on: 0) }
        #expect(roster.registry.health(agent: 0).word == .unhealthy)
        #expect(roster.registry.health(agent: 0).reason == "because")
        roster.registry.remove(0)
        roster.registry.remove(1)
        #expect(!roster.registry.isRegistered(0))
    }
}
