import Reactor
import TestKit
import Testing

@Suite struct SimulationTests {
    private static let parts = 4
    private static let seeds = 800

    @Test("whatever the weather does", arguments: 0..<parts)
    func lives(_ part: Int) async throws {
        try await BlockingPool(threads: 1, limit: 0).run {
            let seeds =
                Seeds.only.map { [$0] }
                ?? (0..<UInt64(Self.seeds)).filter { $0 % UInt64(Self.parts) == part }
            var events = 0
            for seed in seeds {
                let report = try World.life(of: seed, actions: 30)
                events += report.events
                if Seeds.only != nil { print(report.trace) }
                guard let fault = report.fault else { continue }
                Issue.record(
                    """
                    seed \(seed), \(report.weather): \(fault)
                    \(Seeds.replay(seed, "SimulationTests"))
                    """)
                if Seeds.only != nil { return }
            }
            print("events", events)
        }
    }
}
