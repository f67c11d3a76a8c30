import Reactor
import TestKit
import Testing

@Suite struct SimulationTests {
    private static let parts = 4
    private static let seeds = 160

    @Test("whatever the weather does", arguments: 0..<parts)
    func lives(_ part: Int) async throws {
        try await BlockingPool(threads: 1, limit: 0).run {
            let seeds = Seeds.only.map { [$0] } ?? (0..<UInt64(Self.seeds)).filter { $0 % UInt64(Self.parts) == part }
            for seed in seeds {
                let world = try World(seed: seed)
                guard let fault = world.live(events: 300) else { continue }
                Issue.record(
                    """
                    seed \(seed), \(world.weather.name): \(fault)
                    \(Seeds.replay(seed, "SimulationTests"))
                    """)
                if Seeds.only != nil { print(world.trace.last(20_000)) }
                if Seeds.only != nil { return }
            }
        }
    }
}
