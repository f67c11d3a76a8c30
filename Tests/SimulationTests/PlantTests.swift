import Reactor
import TestKit
import Testing

/// Who guards the guards: a simulation that finds nothing must be shown to find what is there.
@Suite struct PlantTests {
    @Test("a bug that is planted is found before long", arguments: Plant.allCases)
    func isFound(_ plant: Plant) async throws {
        let found = try await BlockingPool(threads: 1, limit: 0).run {
            for seed in UInt64(0)..<120 {
                let report = try World.life(of: seed, actions: 60, plant: PlantedBug(plant))
                if let fault = report.fault { return "\(seed), \(report.weather): \(fault)" }
            }
            return ""
        }
        print(plant, found)
        #expect(!found.isEmpty, "\(plant) was not found")
    }
}
