import Testing
import TestKit
import Reactor

@Suite struct SimulationTests {
    @Test("lives", arguments: 0..<1)
    func lives(_ part: Int) async throws {
        try await BlockingPool(threads: 1, limit: 0).run {
            for seed in 0..<120 {
                let world = try World(seed: UInt64(seed))
                let fault = world.live(events: 300)
                print(seed, world.weather.name, world.events, world.clientBook.answered, world.clientBook.failed, world.now - World.beginning)
                if let fault {
                    Issue.record("seed \(seed) \(world.weather.name): \(fault)")
                    print(world.trace.last(1500))
                    break
                }
            }
        }
    }
}
