package import Document

/// What came of earlier choices: how often an agent did well, and badly, where a word or phrase had
/// led to it. It shifts scores within bounds that are stated here, and can be left out.
package struct RoutingExperience: Sendable, Equatable {
    package struct Tally: Sendable, Equatable {
        package var good: Int
        package var bad: Int

        package init(good: Int, bad: Int) {
            self.good = max(0, good)
            self.bad = max(0, bad)
        }
    }

    /// No experience shifts a score by more than this part of it.
    package static let bound = 0.25
    /// So many outcomes count as none: a few say little.
    private static let doubt = 8.0
    /// At most so many phrases are remembered of an agent.
    package static let mostPhrases = 200

    package var isOn = true
    package private(set) var tallies: [String: [String: Tally]] = [:]

    package init() {}

    package mutating func note(agent: String, phrases: [String], isGood: Bool) {
        for phrase in phrases.prefix(10) {
            let isNew = tallies[agent]?[phrase] == nil
            guard !isNew || tallies[agent, default: [:]].count < RoutingExperience.mostPhrases
            else {
                continue
            }
            var tally = tallies[agent]?[phrase] ?? Tally(good: 0, bad: 0)
            if isGood { tally.good += 1 } else { tally.bad += 1 }
            tallies[agent, default: [:]][phrase] = tally
        }
    }

    package mutating func set(agent: String, phrase: String, _ tally: Tally) {
        tallies[agent, default: [:]][phrase] = tally
    }

    /// What part of its score an agent gains or loses, by the phrases that led to it.
    package func shift(agent: String, phrases: [String]) -> Double {
        guard isOn, let known = tallies[agent] else { return 0 }
        var (sum, count) = (0.0, 0.0)
        for phrase in phrases {
            guard let tally = known[phrase] else { continue }
            let (good, bad) = (Double(tally.good), Double(tally.bad))
            sum += (good - bad) / (good + bad + RoutingExperience.doubt)
            count += 1
        }
        guard count > 0 else { return 0 }
        return max(-1, min(1, sum / count)) * RoutingExperience.bound
    }

    /// All that is known, for people and for the store.
    package var value: Value {
        let agents = tallies.sorted { $0.key < $1.key }.map { agent, phrases in
            let members = phrases.sorted { $0.key < $1.key }.map { phrase, tally in
                (
                    key: phrase,
                    value: ["good": Value(tally.good), "bad": Value(tally.bad)] as Value
                )
            }
            return (key: agent, value: Value.object(ObjectValue(members)))
        }
        return ["on": .bool(isOn), "agents": .object(ObjectValue(agents))]
    }
}
