import Document
package import Telemetry

/// Decides whom a question is given to: by rules, by a model's choice where one is at hand, and by
/// what the agents say of themselves. It is pure; whoever calls a model hands its reply in.
package struct Router: Sendable {
    package let profiles: [AgentProfile]
    package let rules: RoutingRules
    private let book: RuleBook
    private let words: LexicalRouter
    private let positions: [String: Int]

    /// Below this a model's choice is not taken.
    package static let leastConfidence = 0.5

    /// Throws where a rule names an agent that is not there.
    package init(_ profiles: [AgentProfile], rules: RoutingRules = RoutingRules()) throws(Fault) {
        let names = profiles.map(\.name)
        let named =
            rules.rules.flatMap(\.agents) + rules.fallback + rules.vocabulary.map(\.agent)
        for name in named where !names.contains(name) {
            let offer = Suggestion.question(for: name, in: names)
            throw Fault(LanguageCode.invalid, "a rule names \(name), which is no agent\(offer)")
        }
        self.profiles = rules.added(to: profiles)
        self.rules = rules
        book = RuleBook(rules)
        words = LexicalRouter(self.profiles, plain: rules.plain)
        positions = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
    }

    /// Whether a model has to be asked before `decision`.
    package func needsModel(_ text: String) -> Bool {
        switch rules.strategy {
        case .simple, .lexical: false
        case .llm: true
        case .hybrid: book.matches(text).count != 1
        }
    }

    /// So many of those that were not chosen are told of; the others had less.
    private static let mostCandidates = 12

    package func decision(
        _ text: String, model: ModelChoice? = nil, experience: RoutingExperience? = nil
    ) -> RoutingDecision {
        let matches = book.matches(text)
        let based = rules.strategy == .lexical ? matches : []
        let base = book.agents(based).compactMap { positions[$0] }
        let choice = words.choice(
            text, base: base, phrases: based.flatMap(\.phrases), experience: experience)
        let (agents, maker, confidence, reason) = outcome(matches, model, choice)
        return RoutingDecision(
            agents: agents, confidence: confidence, maker: maker, reason: reason,
            candidates: candidates(choice, agents, matches), complexity: choice.complexity)
    }

    private typealias Outcome = ([String], RoutingDecision.Maker, Double, String)

    private func outcome(
        _ matches: [RuleBook.Match], _ model: ModelChoice?, _ choice: LexicalChoice
    ) -> Outcome {
        let named = book.agents(matches)
        let phrases = matches.flatMap(\.phrases).map { "\"\($0)\"" }.joined(separator: ", ")
        switch rules.strategy {
        case .lexical: return byWords(choice, matches.isEmpty ? nil : phrases)
        case .simple:
            guard named.isEmpty else { return (named, .rules, 0.9, "the words \(phrases)") }
            return nobody("no rule's words are in it")
        case .hybrid where matches.count == 1:
            return (named, .rule, 0.9, "the one rule with \(phrases)")
        case .hybrid, .llm:
            if let model, model.confidence >= Router.leastConfidence {
                return (model.agents, .model, model.confidence, model.reasoning)
            }
            if !named.isEmpty { return (named, .rules, 0.5, "the words \(phrases)") }
            return byWords(choice, nil)
        }
    }

    private func byWords(_ choice: LexicalChoice, _ phrases: String?) -> Outcome {
        let names = choice.agents.map { profiles[$0].name }
        let isFallback = choice.isFallback
        let maker: RoutingDecision.Maker =
            names.isEmpty ? .nobody : isFallback ? .fallback : phrases == nil ? .words : .rule
        return (names, maker, choice.confidence, phrases.map { "the rule \($0)" } ?? choice.reason)
    }

    private func nobody(_ reason: String) -> Outcome {
        let fallback = profiles.filter(\.isFallback).map(\.name)
        return (fallback, fallback.isEmpty ? .nobody : .fallback, 0.5, reason)
    }

    private func candidates(
        _ choice: LexicalChoice, _ agents: [String], _ matches: [RuleBook.Match]
    ) -> [RoutingDecision.Candidate] {
        let best = choice.scores.map(\.total).max() ?? 0
        let ranked = choice.scores.sorted { $0.total > $1.total }
        return ranked.enumerated().compactMap { rank, score in
            let name = profiles[score.agent].name
            let isChosen = agents.contains(name)
            guard isChosen || (score.total > 0 && rank < Router.mostCandidates) else { return nil }
            let said = matches.filter { book.rules[$0.rule].agents.contains(name) }
            let words = score.words.filter { $0.weight > 0.05 }.map(\.word)
            return RoutingDecision.Candidate(
                agent: name, score: score.total, words: words,
                phrases: said.flatMap(\.phrases) + score.phrases, learned: score.learned,
                lost: isChosen ? nil : lost(score, best))
        }
    }

    private func lost(_ score: AgentScore, _ best: Double) -> String {
        if score.total < 0.3 * best { return "little speaks for it" }
        return score.words.isEmpty
            ? "no words of its own" : "its words are said of those that were chosen"
    }
}
