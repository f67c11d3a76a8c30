import Reactor
import TestKit
import Testing

@testable import Orchestration

/// The five algorithms over fields of candidates that are plain arrays.
@Suite struct BalancerTests {
    typealias Algorithm = BalancingPolicy.Algorithm

    /// Candidates as a test sets them.
    struct Field: Candidates {
        var open = OpenSet()
        var loads: [Int]
        var scores: [Double]
        var weights: [Double]
        var refused: Set<Int> = []
        /// Places that look open and are not.
        var stale: Set<Int> = []

        init(_ size: Int) {
            for _ in 0..<size { open.append(true) }
            loads = [Int](repeating: 0, count: size)
            scores = [Double](repeating: 1, count: size)
            weights = [Double](repeating: 1, count: size)
        }

        var openCount: Int { open.count }
        func next(from place: Int) -> Int? { open.next(from: place) }
        func place(ranked rank: Int) -> Int? { open.place(ranked: rank) }
        func load(_ place: Int) -> Int { loads[place] }
        func score(_ place: Int) -> Double { scores[place] }
        func weight(_ place: Int) -> Double { weights[place] }

        mutating func admits(_ place: Int) -> Bool {
            if stale.contains(place) { open[place] = false }
            return open[place] && !refused.contains(place)
        }
    }

    private func balancer(_ size: Int) -> Balancer {
        var balancer = Balancer(seed: 7)
        for _ in 0..<size { balancer.append() }
        return balancer
    }

    private func choices(
        _ algorithm: Algorithm, _ field: Field, _ count: Int
    ) -> [Int?] {
        var (field, balancer) = (field, balancer(field.loads.count))
        return (0..<count).map { _ in balancer.choose(algorithm, from: &field) }
    }

    private func shares(_ algorithm: Algorithm, _ field: Field, _ count: Int) -> [Double] {
        var counts = [Double](repeating: 0, count: field.loads.count)
        for case let place? in choices(algorithm, field, count) { counts[place] += 1 }
        return counts.map { $0 / Double(count) }
    }

    @Test("E12 there are five algorithms, and turns weighted by the score are the default")
    func names() {
        let names = Set(Algorithm.allCases.map(\.rawValue))
        #expect(
            names == [
                "round_robin", "weighted_round_robin", "least_connections", "weighted",
                "power_of_two",
            ])
        #expect(BalancingPolicy().algorithm == .weightedRoundRobin)
    }

    @Test(
        "S2-49 nobody is chosen among none, among closed ones, among refused ones",
        arguments: Algorithm.allCases)
    func nobody(_ algorithm: Algorithm) {
        let choice = choices(algorithm, Field(0), 1)[0]
        #expect(choice == nil)
        var closed = Field(3)
        for place in 0..<3 { closed.open[place] = false }
        let among = choices(algorithm, closed, 1)[0]
        #expect(among == nil)
        var refused = Field(70)
        refused.refused = Set(0..<70)
        let amongRefused = choices(algorithm, refused, 1)[0]
        #expect(amongRefused == nil)
    }

    @Test("the only one that can be had is found wherever it is", arguments: Algorithm.allCases)
    func onlyOne(_ algorithm: Algorithm) {
        for place in [0, 1, 63, 64, 199] {
            var field = Field(200)
            field.refused = Set(0..<150).subtracting([place])
            field.stale = Set(150..<200).subtracting([place])
            let choice = choices(algorithm, field, 1)[0]
            #expect(choice == place)
        }
    }

    @Test("round_robin takes turns and passes over those that are closed")
    func turns() {
        var field = Field(4)
        field.open[2] = false
        #expect(choices(.roundRobin, field, 7) == [0, 1, 3, 0, 1, 3, 0])
    }

    @Test("equal weights take turns, whatever the weight is")
    func equalWeights() {
        for weight in [1, 0.97, 0.62, 0.5, 0.1] {
            var field = Field(5)
            field.weights = [Double](repeating: weight, count: 5)
            let shares = shares(.weightedRoundRobin, field, 1000)
            #expect(shares.allSatisfy { abs($0 - 0.2) < 0.005 })
        }
    }

    @Test("weighted_round_robin gives turns in proportion to the weights")
    func proportions() {
        var field = Field(4)
        field.weights = [1, 0.5, 0.25, 0.1]
        let shares = shares(.weightedRoundRobin, field, 10_000)
        for (share, weight) in zip(shares, field.weights) {
            #expect(abs(share - weight / 1.85) < 0.001)
        }
    }

    @Test("the proportions hold among hundreds, the least of them so light that a window is short")
    func lightOnes() {
        var field = Field(300)
        field.weights = (0..<300).map { $0 % 100 == 0 ? 1 : 1.0 / 64 }
        let shares = shares(.weightedRoundRobin, field, 60_000)
        let heavy = stride(from: 0, to: 300, by: 100).map { shares[$0] }
        let light = shares.enumerated().filter { $0.offset % 100 != 0 }.map(\.element)
        let total = 3 + 297.0 / 64
        #expect(heavy.allSatisfy { abs($0 * total - 1) < 0.1 })
        #expect(light.allSatisfy { abs($0 * total * 64 - 1) < 0.25 })
    }

    @Test("least_connections takes the least loaded, in turns on a tie")
    func leastLoaded() {
        var field = Field(5)
        field.loads = [3, 1, 2, 1, 4]
        #expect(choices(.leastConnections, field, 3) == [1, 3, 1])
    }

    @Test("S2-51 weighted takes the highest score, the first one on a tie")
    func highestScore() {
        var field = Field(5)
        field.scores = [0.3, 0.9, 0.2, 0.9, 0.8]
        #expect(choices(.weighted, field, 3) == [1, 1, 1])
    }

    @Test("power_of_two never takes the most loaded one of all, and takes all others")
    func betterOfTwo() {
        var field = Field(6)
        field.loads = [1, 1, 9, 1, 1, 1]
        let shares = shares(.powerOfTwo, field, 2000)
        #expect(shares[2] == 0)
        #expect(shares.enumerated().allSatisfy { $0.offset == 2 || abs($0.element - 0.2) < 0.05 })
        #expect(choices(.powerOfTwo, field, 50) == choices(.powerOfTwo, field, 50))
    }

    @Test(
        "a choice costs the same from 1 to 1,000 instances, also when nearly all are full",
        arguments: Algorithm.allCases)
    func flatCost(_ algorithm: Algorithm) {
        for size in [1, 10, 64, 100, 1000] {
            for isFull in [false, true] {
                var field = Field(size)
                field.weights = (0..<size).map { $0 % 2 == 0 ? 1 : 0.5 }
                if isFull { for place in 1..<max(1, size - 1) { field.open[place] = false } }
                var balancer = balancer(size)
                for _ in 0..<1000 { _ = balancer.choose(algorithm, from: &field) }
                #expect(balancer.looks <= 1000 * min(size, Balancer.window) * 2)
                if algorithm == .weightedRoundRobin { #expect(balancer.looks <= 3000) }
            }
        }
    }

    @Test("even the lightest weights never cost more than a window of looks")
    func worstCost() {
        var field = Field(1000)
        field.weights = [Double](repeating: Pace.least, count: 1000)
        var balancer = balancer(1000)
        for _ in 0..<100 {
            let before = balancer.looks
            let choice = balancer.choose(.weightedRoundRobin, from: &field)
            #expect(choice != nil && balancer.looks - before <= Balancer.window)
        }
    }

    @Test("what looks open and is not costs one look once")
    func staleOnes() {
        var field = Field(1000)
        field.stale = Set(0..<999)
        var balancer = balancer(1000)
        for _ in 0..<100 { _ = balancer.choose(.weightedRoundRobin, from: &field) }
        #expect(balancer.looks == 999 + 100)
    }

    @Test("places come and go without mixing up their credits")
    func comings() {
        var random = SplitMix64(seed: 3)
        var field = Field(3)
        var balancer = balancer(3)
        for _ in 0..<2000 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                field.open.append(true)
                field.weights.append(0.5)
                balancer.append()
            case 1 where field.weights.count > 1:
                let place = Int.random(in: 0..<field.weights.count, using: &random)
                field.open.removeBySwap(place)
                field.weights.swapAt(place, field.weights.count - 1)
                field.weights.removeLast()
                balancer.removeBySwap(place)
            default:
                let place = balancer.choose(.weightedRoundRobin, from: &field)
                #expect(place.map { $0 < field.weights.count } == true)
            }
        }
    }

    @Test("the pace follows the fastest, up and down, and the newcomer counts as fast")
    func pace() {
        var pace = Pace()
        #expect(pace.share(of: 0.5) == 1 && pace.share(of: nil) == 1)
        var times: [Double?] = [0.010, 0.100, nil]
        for _ in 0..<8 { pace.looked(times[pace.next(among: 3)]) }
        #expect(pace.fastest == 0.010)
        #expect(abs(pace.share(of: 0.100) - 0.1) < 1e-12 && pace.share(of: 0.010) == 1)
        times = [0.200, 0.100, nil]
        for _ in 0..<8 { pace.looked(times[pace.next(among: 3)]) }
        #expect(pace.fastest == 0.100)
        pace.answered(in: 0.050)
        #expect(pace.fastest == 0.050)
        #expect(pace.share(of: 1e-9) == 1)
    }
}
