import Reactor
import Telemetry
import Wire

/// What is refused because an agent is left alone, and who is told when that begins and ends.
extension Conductor {
    /// A breaker that opened or closed, and has not been told of.
    struct BreakerStory {
        let receiver: Address
        let change: Breaker.Change
    }

    func brokenOff(_ agent: Int, _ left: Duration) -> Fault {
        Fault(
            WireCode.circuitOpen,
            "Circuit breaker is OPEN: \(registry.agents[agent].name) failed too often; it is tried "
                + "again in \(max(1, (left.milliseconds + 999) / 1000)) s",
            retry: .after(left))
    }

    /// Remembers what breakers have become, to be told when the event is over.
    mutating func note(_ news: Registry.BreakerNews, of step: Int) {
        guard !news.isEmpty else { return }
        let agent = registry.agents[steps[step].agent].name
        if let change = news.agent {
            stories.append(BreakerStory(receiver: Address(agent: agent), change: change))
        }
        guard let change = news.instance else { return }
        let instance = registry.workers[steps[step].worker].instance
        stories.append(
            BreakerStory(receiver: Address(agent: agent, instance: instance), change: change))
    }

    /// Tells the log and the other orchestrators.
    mutating func tellStories(into outbox: inout Outbox) {
        guard !stories.isEmpty else { return }
        for story in stories {
            switch story.change {
            case .opened(let left):
                log.warning(
                    "a breaker opened",
                    [
                        "of": .text(story.receiver.description),
                        "retry_after_ms": .integer(Int(clamping: left.milliseconds)),
                    ])
                announceBreaker(story.receiver, isOpen: true, retryAfter: left, into: &outbox)
            case .closed:
                log.info("a breaker closed", ["of": .text(story.receiver.description)])
                announceBreaker(story.receiver, isOpen: false, retryAfter: .zero, into: &outbox)
            }
        }
        stories = []
    }
}
