import Reactor
import TestKit
import Testing

@testable import Orchestration

/// The registry over random events: nobody who could take a task is ever overlooked, and nobody who
/// cannot is chosen.
@Suite struct RegistryWalkTests {
    /// One walk; it collects what was wrong.
    struct Walk {
        var roster: Roster
        var random: SplitMix64
        var running: [(instance: Int, since: Instant)] = []
        var faults: [String] = []

        init(seed: UInt64) {
            random = SplitMix64(seed: seed)
            let algorithms = BalancingPolicy.Algorithm.allCases
            let algorithm = algorithms[Int(seed % 5)]
            let concurrency = seed % 3 == 0 ? 6 : nil
            roster = Roster {
                $0.balancing.algorithm = algorithm
                $0.concurrency = concurrency
                $0.breaker.recoveryTimeout = .seconds(1)
                $0.breaker.failureThreshold = 3
            }
            for _ in 0..<8 { enter() }
        }

        mutating func enter() {
            let sets = [["a"], ["b"], ["a", "b"], ["b", "a", "c"]]
            roster.add(
                sets[Int.random(in: 0..<4, using: &random)],
                capacity: Int.random(in: 1...3, using: &random))
        }

        mutating func step() {
            let registry = roster.registry
            let workers = registry.workers.indices.filter { !registry.workers[$0].isGone }
            switch Int.random(in: 0..<20, using: &random) {
            case 0: if workers.count < 12 { enter() }
            case 1:
                guard workers.count > 3, let worker = workers.randomElement(using: &random)
                else { return }
                roster.registry.setReachable(worker, false, at: roster.now)
                roster.registry.remove(worker)
            case 2...4:
                guard let worker = workers.randomElement(using: &random) else { return }
                change(worker)
            case 5: _ = roster.pass(.milliseconds(Int.random(in: 1...900, using: &random)))
            case 6...12: start(agent: Int.random(in: 0..<registry.agents.count, using: &random))
            default: end()
            }
        }

        private mutating func change(_ worker: Int) {
            switch Int.random(in: 0..<6, using: &random) {
            case 0: roster.registry.pause(worker, until: roster.now + .milliseconds(50))
            case 1: roster.registry.setReachable(worker, false, at: roster.now)
            case 2: roster.registry.drain(worker)
            case 3:
                let capacity = Int.random(in: 0...3, using: &random)
                roster.registry.setCapacity(worker, capacity, at: roster.now)
            default: roster.registry.setReachable(worker, true, at: roster.now)
            }
        }

        private mutating func start(agent: Int) {
            let chosen = roster.choose(agent)
            let registry = roster.registry
            let able = registry.agents[agent].instances.filter {
                registry.takes($0, at: roster.now)
            }
            let mayStart = registry.mayStart(agent, at: roster.now)
            if let chosen {
                if !able.contains(chosen) || !mayStart { faults.append("a wrong one was chosen") }
                roster.registry.began(chosen, at: roster.now)
                running.append((chosen, roster.now))
            } else if !able.isEmpty, mayStart {
                faults.append("somebody was overlooked")
            }
        }

        private mutating func end() {
            guard !running.isEmpty else { return }
            let index = Int.random(in: 0..<running.count, using: &random)
            let task = running.remove(at: index)
            roster.now = roster.now + .milliseconds(Int.random(in: 0...40, using: &random))
            let endings = [
                Registry.Ending.success, .success, Roster.failure, Roster.failure, .lost,
                .refused, .cancelled,
            ]
            roster.registry.ended(
                task.instance, endings[Int.random(in: 0..<7, using: &random)],
                took: roster.now - task.since, at: roster.now)
        }

        mutating func check() {
            roster.registry.wake(at: roster.now)
            let registry = roster.registry
            for agent in registry.agents {
                for (place, number) in agent.instances.enumerated() {
                    let instance = registry.instances[number]
                    if instance.place != place { faults.append("a place is wrong") }
                    if registry.takes(number, at: roster.now), !agent.open[place] {
                        faults.append("one that could work looks closed")
                    }
                }
                let broken = agent.instances.count {
                    registry.instances[$0].breaker.state != .closed
                }
                if broken != agent.broken { faults.append("the broken are miscounted") }
            }
            let places = registry.workers.reduce(0) { $0 + $1.inFlight }
            if places != running.count { faults.append("a place leaked") }
        }
    }

    @Test("nobody who can work is overlooked, nobody who cannot is chosen", arguments: 0..<40)
    func walk(_ seed: Int) {
        var walk = Walk(seed: UInt64(seed))
        for _ in 0..<600 {
            walk.step()
            walk.check()
            if !walk.faults.isEmpty { break }
        }
        #expect(walk.faults == [])
    }

    @Test("a choice looks at few candidates among 1,000, also when nearly all are full")
    func flatCost() {
        for algorithm in BalancingPolicy.Algorithm.allCases {
            for count in [1, 10, 1000] {
                var roster = Roster { $0.balancing.algorithm = algorithm }
                for _ in 0..<count { roster.add(capacity: 1) }
                var held: [Int] = []
                while held.count + 1 < count, let chosen = roster.choose() {
                    roster.registry.began(chosen, at: roster.now)
                    held.append(chosen)
                }
                let before = roster.registry.agents[0].balancer.looks
                for round in 0..<1000 {
                    guard let chosen = roster.choose() else {
                        Issue.record("nobody was found")
                        return
                    }
                    roster.registry.began(chosen, at: roster.now)
                    let freed = held.isEmpty ? chosen : held[round % held.count]
                    if !held.isEmpty { held[round % held.count] = chosen }
                    roster.registry.ended(
                        freed, .success, took: .milliseconds(1), at: roster.now)
                }
                let looks = roster.registry.agents[0].balancer.looks - before
                #expect(looks <= 4000, "\(algorithm) among \(count)")
            }
        }
    }

    /// Runs tasks at a concurrency on workers that take so long each; says what share each had of
    /// them, after a while.
    private func shares(
        _ times: [Int], concurrency: Int, capacity: Int = 1000
    ) -> [Double] {
        var roster = Roster()
        for _ in times { roster.add(capacity: capacity) }
        var running: [(ends: Int, began: Int, instance: Int)] = []
        var counts = [Int](repeating: 0, count: times.count)
        var (clock, answered) = (0, 0)
        while answered < 6000 {
            while running.count < concurrency, let chosen = roster.choose() {
                roster.registry.began(chosen, at: roster.now)
                running.append((clock + times[chosen], clock, chosen))
                if answered > 1000 { counts[chosen] += 1 }
            }
            guard let next = running.indices.min(by: { running[$0].ends < running[$1].ends })
            else { break }
            let task = running.remove(at: next)
            roster.now = roster.now + .microseconds(task.ends - clock)
            clock = task.ends
            roster.registry.ended(
                task.instance, .success, took: .microseconds(task.ends - task.began),
                at: roster.now)
            answered += 1
        }
        let total = Double(counts.reduce(0, +))
        return counts.map { Double($0) / total }
    }

    @Test(
        "a worker ten times slower gets less than a fifth of its peers' share, saturated or not",
        arguments: [1, 4, 64], [1000, 200_000])
    func slowWorker(_ concurrency: Int, _ microseconds: Int) {
        for peers in [1, 3] {
            let times = [10 * microseconds] + [Int](repeating: microseconds, count: peers)
            let shares = shares(times, concurrency: concurrency)
            let usual = shares[1...].reduce(0, +) / Double(peers)
            #expect(shares[0] < usual / 5 && shares[0] > 0)
        }
    }

    @Test("workers that are equally fast have equal shares")
    func equalWorkers() {
        for concurrency in [1, 8, 64] {
            let shares = shares([3000, 3000, 3000, 3000], concurrency: concurrency)
            #expect(shares.allSatisfy { abs($0 - 0.25) < 0.02 })
        }
    }
}
