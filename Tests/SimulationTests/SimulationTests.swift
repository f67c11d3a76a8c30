import Reactor
import TestKit
import Testing

/// Thousands of lives of a small cluster on virtual time: real orchestrator, real workers and real
/// clients, between them a network that is slow, breaks, stands still and is hostile, under them
/// processes that are stopped and killed.
///
/// How to read a failing seed: the issue names the seed, its weather and what was wrong, and a
/// command that has that one life again, event by event: with `BATON_SEED` the whole trace is
/// printed. Each line is a moment in milliseconds, a word or the direction of a message (`→` to the
/// orchestrator, `←` from it), the process with the number of its life (`w.2/3` is the third
/// process called `w.2`), and behind `#` the connection or the call. Follow the call's number to
/// its request id, and that through the messages; the last line with FAULT is where a book in this
/// folder found that a promise was broken. `Plant` lists bugs that the books are known to find.
@Suite struct SimulationTests {
    private static let parts = 8
    private static let short = 2_000
    private static let long = 16

    @Test(
        "F66 G11 G12 whatever happens, every call ends once, rightly, in time, and nothing stays",
        arguments: 0..<parts)
    func lives(_ part: Int) async throws {
        try await Self.live(Seeds.share(part, of: Self.parts, count: Self.short), actions: 20)
    }

    @Test("what goes well for a moment goes well for long", arguments: 0..<parts)
    func longLives(_ part: Int) async throws {
        // Other seeds than those of the short lives.
        let seeds = Seeds.share(part, of: Self.parts, count: Self.long).map { $0 + 1_000_000 }
        try await Self.live(Seeds.only == nil ? seeds : [], actions: 400)
    }

    /// Each life on a thread of its own: it never waits, so it would hold one of the pool's.
    private static func live(_ seeds: [UInt64], actions: Int) async throws {
        try await BlockingPool(threads: 1, limit: 0).run {
            for seed in seeds {
                // A long life is a short one that went on.
                let count = seed >= 1_000_000 ? 400 : actions
                let report = try World.life(of: seed, actions: count)
                if Seeds.only != nil { print(report.trace) }
                guard let fault = report.fault else { continue }
                Issue.record(
                    """
                    seed \(seed), \(report.weather): \(fault)
                    \(Seeds.replay(seed, "SimulationTests.SimulationTests"))
                    """)
                return
            }
        }
    }
}
