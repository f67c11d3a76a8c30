import Orchestration
import Telemetry
import Wire

/// Who takes part in a replay, and by which rules: read off the recording, because neither the
/// workers nor the configuration of then are there.
struct ReplayCast: Sendable {
    struct Role: Sendable, Hashable {
        let agent: String
        let instance: String
        var effect: Effect?
        /// It is known, and was not asked: left alone after failures, or gone.
        var isAbsent = false
    }

    /// One worker an instance, in the order in which they were given work: an acknowledged
    /// broadcast asks them in this order.
    private(set) var roles: [Role] = []

    init(_ story: RecordedStory) {
        for attempt in story.attempts.sorted(by: { $0.step < $1.step }) {
            add(
                attempt.instance.agentName, attempt.instance.instanceName ?? "1",
                attempt.task?.envelope.effect)
        }
        let steps = Set(story.attempts.map(\.step))
        for (index, name) in story.named.enumerated() {
            let step = story.named.count == 1 ? steps.first ?? 1 : UInt32(index + 1)
            let isKnown = roles.contains { $0.agent == name.agentName }
            guard !isKnown else { continue }
            // Where somebody else did its step, it must not be asked now either.
            add(name.agentName, name.instanceName ?? "1", nil, isAbsent: steps.contains(step))
        }
    }

    private mutating func add(
        _ agent: String, _ instance: String, _ effect: Effect?, isAbsent: Bool = false
    ) {
        guard !roles.contains(where: { $0.agent == agent && $0.instance == instance }) else {
            return
        }
        roles.append(
            Role(agent: agent, instance: instance, effect: effect, isAbsent: isAbsent))
    }

    /// The rules of the recording, as far as it shows them: as many retries as were made, those who
    /// took over, and no wait that is drawn.
    static func configuration(for story: RecordedStory) -> Configuration {
        var configuration = Configuration()
        configuration.policies.common.retries.backoff = .fixed
        configuration.policies.common.retries.delay = .milliseconds(1)
        let agents = story.attempts.map(\.instance.agentName) + story.named.map(\.agentName)
        for agent in Set(agents) {
            var policy = configuration.policies.common
            policy.retries.limit = retries(of: agent, in: story)
            policy.fallback = standIns(for: agent, in: story)
            configuration.policies.named[agent] = policy
        }
        return configuration.forReplay
    }

    /// How often a failure of the agent was followed by another attempt of its own.
    private static func retries(of agent: String, in story: RecordedStory) -> Int {
        Dictionary(grouping: story.attempts, by: \.step).values.map { attempts in
            zip(attempts, attempts.dropFirst()).count { failed, next in
                failed.answer?.type == .fail && failed.instance.agentName == agent
                    && next.instance.agentName == agent
            }
        }.max() ?? 0
    }

    /// Who worked at the steps that the request wanted the agent for.
    private static func standIns(for agent: String, in story: RecordedStory) -> [String] {
        var others: [String] = []
        for (index, name) in story.named.enumerated() where name.agentName == agent {
            let step = story.named.count == 1 ? nil : UInt32(index + 1)
            for attempt in story.attempts where step == nil || attempt.step == step {
                let other = attempt.instance.agentName
                if other != agent, !others.contains(other) { others.append(other) }
            }
        }
        return others
    }
}

extension Configuration {
    /// Without what depends on the traffic of others: breakers, second copies, shares of retries.
    var forReplay: Configuration {
        var configuration = self
        configuration.policies.common.standAlone()
        for name in policies.named.keys {
            configuration.policies.named[name]?.standAlone()
        }
        return configuration
    }
}

extension Policy {
    fileprivate mutating func standAlone() {
        breaker.enabled = false
        hedging.enabled = false
        if retries.limit > 0 { retries.budget = max(1, retries.budget) }
        concurrency = nil
        queue = nil
    }
}
