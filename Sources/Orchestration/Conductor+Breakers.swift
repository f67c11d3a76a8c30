import Reactor
import Telemetry
import Wire

/// What is refused because an agent is left alone, and who is told when that begins and ends.
extension Conductor {
    /// A breaker that opened or closed, and has not been told of.
    struct BreakerStory {
        let receiver: Address
        let change: Breaker.Change
        /// The log of the request whose attempt did it: it may be gone when the story is told.
        let log: Log
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
        let log = log(step: step)
        let agent = registry.agents[steps[step].agent].name
        if let change = news.agent {
            stories.append(BreakerStory(receiver: Address(agent: agent), change: change, log: log))
        }
        guard let change = news.instance else { return }
        let instance = instanceName(step)
        stories.append(
            BreakerStory(
                receiver: Address(agent: agent, instance: instance), change: change, log: log))
    }

    /// Tells the log and the other orchestrators.
    mutating func tellStories(into outbox: inout Outbox) {
        guard !stories.isEmpty else { return }
        for story in stories {
            story.tell()
            switch story.change {
            case .opened(let left):
                announceBreaker(story.receiver, isOpen: true, retryAfter: left, into: &outbox)
            case .closed:
                announceBreaker(story.receiver, isOpen: false, retryAfter: .zero, into: &outbox)
            }
        }
        stories = []
    }
}
