package import Document
package import Telemetry

/// Runs labelled questions through routing and parameters, without a model and without a cluster,
/// and counts what is right.
package struct Evaluation: Sendable {
    /// One question, what was expected and what came.
    package struct Outcome: Sendable {
        package var question: LabelledQuery
        package var decision: RoutingDecision
        package var isRight: Bool
        /// By agent: what came, and whether it is what was expected.
        package var parameters: [ParameterOutcome]
    }

    package struct ParameterOutcome: Sendable {
        package var agent: String
        package var expected: ObjectValue
        package var found: ObjectValue
        package var isExact: Bool
    }

    /// How often an agent was chosen and was meant.
    package struct Tally: Sendable {
        package var both = 0
        package var chosenOnly = 0
        package var meantOnly = 0

        package var precision: Double { ratio(both, both + chosenOnly) }
        package var recall: Double { ratio(both, both + meantOnly) }

        private func ratio(_ part: Int, _ whole: Int) -> Double {
            whole == 0 ? 1 : Double(part) / Double(whole)
        }
    }

    /// Choices of about the same confidence, and how many of them were right.
    package struct Bin: Sendable {
        package var from: Double
        package var count = 0
        package var right = 0
        package var confidence = 0.0
    }

    package private(set) var outcomes: [Outcome] = []
    package private(set) var tallies: [(agent: String, tally: Tally)] = []
    package private(set) var bins = (0..<10).map { Bin(from: Double($0) / 10) }
    /// Who was chosen in whose place, and how often; `nobody` where nobody was meant.
    package private(set) var confusions: [(meant: String, chosen: String, count: Int)] = []

    package init(_ questions: [LabelledQuery], router: Router) throws(Fault) {
        var readers: [String: ParameterReader] = [:]
        for profile in router.profiles {
            readers[profile.name] = try ParameterReader(profile.parameters)
        }
        let names = Set(router.profiles.map(\.name))
        for question in questions {
            for agent in question.agents where !names.contains(agent) {
                throw Fault(
                    LanguageCode.invalid,
                    "line \(question.line) expects \(agent), which is no agent")
            }
            outcomes.append(Evaluation.outcome(question, router, readers))
        }
        count(router.profiles.map(\.name))
    }

    private static func outcome(
        _ question: LabelledQuery, _ router: Router, _ readers: [String: ParameterReader]
    ) -> Outcome {
        let decision = router.decision(question.query)
        let parameters = question.agents.compactMap { agent -> ParameterOutcome? in
            guard let found = readers[agent]?.read(question.query).values else { return nil }
            let expected = question.parameters[agent]?.object ?? [:]
            return ParameterOutcome(
                agent: agent, expected: expected, found: found,
                isExact: isExact(found, expected))
        }
        return Outcome(
            question: question, decision: decision,
            isRight: Set(decision.agents) == Set(question.agents), parameters: parameters)
    }

    /// The same names with the same values; a number is the same as an integer or not.
    static func isExact(_ found: ObjectValue, _ expected: ObjectValue) -> Bool {
        let areThere = expected.allSatisfy { name, value in
            if value["any"] == .bool(true) { return true }
            guard let came = found[name] else { return false }
            if let number = value.number { return came.number == number }
            return came == value
        }
        return areThere && found.allSatisfy { name, _ in expected[name] != nil }
    }

    private mutating func count(_ names: [String]) {
        var byAgent: [String: Tally] = [:]
        var pairs: [String: [String: Int]] = [:]
        for outcome in outcomes {
            let meant = Set(outcome.question.agents)
            let chosen = Set(outcome.decision.agents)
            for name in meant.intersection(chosen) { byAgent[name, default: Tally()].both += 1 }
            for name in chosen.subtracting(meant) {
                byAgent[name, default: Tally()].chosenOnly += 1
            }
            for name in meant.subtracting(chosen) {
                byAgent[name, default: Tally()].meantOnly += 1
            }
            confuse(meant, chosen, &pairs)
            let bin = min(9, max(0, Int(outcome.decision.confidence * 10)))
            bins[bin].count += 1
            bins[bin].confidence += outcome.decision.confidence
            if outcome.isRight { bins[bin].right += 1 }
        }
        tallies = names.compactMap { name in byAgent[name].map { (name, $0) } }
        confusions = pairs.flatMap { meant, others in
            others.map { (meant: meant, chosen: $0.key, count: $0.value) }
        }.sorted { ($1.count, $0.meant, $0.chosen) < ($0.count, $1.meant, $1.chosen) }
    }

    private func confuse(
        _ meant: Set<String>, _ chosen: Set<String>, _ pairs: inout [String: [String: Int]]
    ) {
        guard meant != chosen else { return }
        let lost = meant.subtracting(chosen)
        let extra = chosen.subtracting(meant)
        for one in lost.isEmpty ? ["nobody"] : lost {
            for other in extra.isEmpty ? ["nobody"] : extra {
                pairs[one, default: [:]][other, default: 0] += 1
            }
        }
    }

    /// The part of the questions whose agents were exactly those expected.
    package var accuracy: Double {
        outcomes.isEmpty ? 1 : Double(outcomes.count(where: \.isRight)) / Double(outcomes.count)
    }

    private var parameterOutcomes: [ParameterOutcome] { outcomes.flatMap(\.parameters) }

    /// How many calls there were to read parameters for, and how many were read exactly.
    package var parameterCounts: (exact: Int, all: Int) {
        (parameterOutcomes.count(where: \.isExact), parameterOutcomes.count)
    }

    /// The same, of those alone where something was to be read.
    package var labelledCounts: (exact: Int, all: Int) {
        let labelled = parameterOutcomes.filter { !$0.expected.isEmpty }
        return (labelled.count(where: \.isExact), labelled.count)
    }
}
