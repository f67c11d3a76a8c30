import Reactor
import Telemetry

/// Pictures of a cluster, one an interval.
struct TopWatch: Sendable {
    private enum Limits {
        /// How long an orchestrator may take to answer: an interval, within these.
        static let least = Duration.milliseconds(500)
        static let longest = Duration.seconds(2)
    }

    private let invocation: Invocation
    private let agent: String?
    private let interval: Duration

    init(_ invocation: Invocation, agent: String?, interval: Duration) {
        self.invocation = invocation
        self.agent = agent
        self.interval = interval
    }

    /// Hands out one picture after the other, until somebody has had enough. Throws if nobody
    /// answers from the beginning, or nobody knows the agent.
    ///
    /// - Parameter body: is given a picture and how many there were with it that show rates, which
    ///   the first does not; says whether another is wanted.
    func frames(_ body: (TopFrame, Int) throws -> Bool) async throws {
        var watch = ClusterWatch(
            invocation, agent: agent, patience: min(Limits.longest, max(Limits.least, interval)))
        do {
            try await look(&watch, body)
            await watch.close()
        } catch {
            await watch.close()
            throw error
        }
    }

    private func look(
        _ watch: inout ClusterWatch, _ body: (TopFrame, Int) throws -> Bool
    ) async throws {
        let loop = invocation.console.loop
        var before: [OrchestratorSample] = []
        var earlier: TopFrame?
        var number = 0
        while true {
            let began = loop.now
            let samples = try await watch.samples()
            try Task.checkCancellation()
            if earlier == nil { try check(samples) }
            let frame = TopFrame(watch.cluster, samples, before: before, earlier: earlier)
            // Where all are gone there is nothing to compare with, and still something to show.
            if earlier != nil { number += 1 }
            guard try body(frame, number) else { return }
            before = samples
            earlier = frame
            try await loop.sleep(until: max(loop.now, began + interval))
        }
    }

    private func check(_ samples: [OrchestratorSample]) throws {
        guard samples.contains(where: \.answers) else {
            throw Fault(
                Exit.unavailable,
                "No answer from \(samples.map(\.name).joined(separator: ", "));"
                    + " look with: baton doctor.", retry: .now)
        }
        guard let agent, samples.allSatisfy({ $0.agents.isEmpty }) else { return }
        throw Fault(
            Exit.failed, "No agent \(agent) is known; those that are: baton agents.")
    }
}
