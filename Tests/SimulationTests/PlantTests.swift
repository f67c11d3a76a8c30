import Reactor
import TestKit
import Testing

/// Who guards the guards: a simulation that finds nothing must be shown to find what is there.
@Suite struct PlantTests {
    @Test("a bug that is planted is found before long", arguments: Plant.allCases)
    func isFound(_ plant: Plant) async throws {
        let found = try await BlockingPool(threads: 1, limit: 0).run {
            for seed in UInt64(0)..<400 {
                let report = try World.life(of: seed, actions: 60, plant: PlantedBug(plant))
                if let fault = report.fault { return "\(seed), \(report.weather): \(fault)" }
            }
            return ""
        }
        #expect(!found.isEmpty, "\(plant) was not found")
    }

    @Test("a seed lives the same life each time", arguments: [9, 10, 11, 2, 7])
    func isTheSame(_ seed: UInt64) async throws {
        try await BlockingPool(threads: 1, limit: 0).run {
            let digests = try (0..<3).map { _ in try World.life(of: seed, actions: 120).digest }
            #expect(Set(digests).count == 1)
        }
    }
}
