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
            // An agent that nobody served stays away, or its stand-in would not be asked.
            let isReached =
                story.named.count == 1 ? !steps.isEmpty : steps.contains(UInt32(index + 1))
            let isKnown = roles.contains { $0.agent == name.agentName }
            if !isKnown, !isReached { add(name.agentName, name.instanceName ?? "1", nil) }
        }
    }

    private mutating func add(_ agent: String, _ instance: String, _ effect: Effect?) {
        guard !roles.contains(where: { $0.agent == agent && $0.instance == instance }) else {
            return
        }
        roles.append(Role(agent: agent, instance: instance, effect: effect))
    }

    /// The rules of the recording, as far as it shows them: as many attempts as were made, those
    /// who took over, and no wait that is drawn.
    static func configuration(for story: RecordedStory) -> Configuration {
        var configuration = Configuration()
        let most = Dictionary(grouping: story.attempts, by: \.step).values.map(\.count).max() ?? 1
        configuration.policies.common.retries.limit = max(3, most)
        configuration.policies.common.retries.backoff = .fixed
        configuration.policies.common.retries.delay = .milliseconds(1)
        for (index, name) in story.named.enumerated() {
            let step = story.named.count == 1 ? nil : UInt32(index + 1)
            var others: [String] = []
            for attempt in story.attempts where step == nil || attempt.step == step {
                let agent = attempt.instance.agentName
                if agent != name.agentName, !others.contains(agent) { others.append(agent) }
            }
            guard !others.isEmpty else { continue }
            var policy = configuration.policies.common
            policy.fallback = others
            configuration.policies.named[name.agentName] = policy
        }
        return configuration.forReplay
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
