/// Which of the scored agents were meant: the best, whoever has words of its own beside it, all of
/// them where everything is asked for, or nobody.
struct Selection {
    let reading: QueryReading
    let scores: [AgentScore]
    let said: [PhraseBook.Hit]
    let base: [Int]
    let phrases: [String]
    let weights: Weights
    let index: LexicalIndex

    func choice() -> LexicalChoice {
        let ranked = scores.indices.sorted { scores[$0].total > scores[$1].total }
        guard let best = ranked.first else {
            return LexicalChoice(agents: [], scores: [], confidence: 0, reason: "no agents")
        }
        if !base.isEmpty { return based(base, phrases, ranked) }
        if let shared = sharedPhrase() { return based(shared.agents, [shared.phrase], ranked) }
        if asksForAll { return made(Array(scores.indices), 0.7, "everything was asked for") }
        guard scores[best].total >= weights.least + weights.uncovered * (1 - coverage) else {
            return nobody()
        }
        var chosen = [best]
        var stems = phraseStems(best)
        for agent in ranked.dropFirst() where scores[agent].total >= weights.ownClause {
            guard isMeantBeside(chosen, agent, leavingOut: stems) else { continue }
            chosen.append(agent)
            stems.formUnion(phraseStems(agent))
        }
        return made(chosen, confidence(chosen, ranked), "its words are those of the agents")
    }

    private func phraseStems(_ agent: Int) -> Set<String> {
        Set(scores[agent].phrases.flatMap(LexicalIndex.stems))
    }

    /// The agents that a phrase asks for, and whoever has words of its own beside that phrase.
    private func based(_ base: [Int], _ phrases: [String], _ ranked: [Int]) -> LexicalChoice {
        let stems = Set(phrases.flatMap(LexicalIndex.stems))
        var chosen = base
        for agent in ranked
        where !base.contains(agent) && scores[agent].total >= weights.ownClause {
            if isMeantBeside(chosen, agent, leavingOut: stems) { chosen.append(agent) }
        }
        let said = phrases.map { "\"\($0)\"" }.joined(separator: ", ")
        return made(chosen, 0.9, "the phrase \(said)")
    }

    /// How much of what the question is about some agent knows.
    private var coverage: Double {
        var (all, known) = (0.0, 0.0)
        for spot in reading.spots where spot.isContent && !spot.isDenied {
            all += 1
            if spot.affinity.contains(where: { $0 > 0.1 }) { known += 1 }
        }
        return all == 0 ? 1 : known / all
    }

    /// A phrase that several agents claim as theirs asks for all of them.
    private func sharedPhrase() -> (agents: [Int], phrase: String)? {
        let phrases = Dictionary(grouping: said.filter { $0.words > 1 }, by: \.phrase)
        let shared = phrases.filter { $0.value.count > 1 }.max { left, right in
            (left.key.utf8.count, left.key) < (right.key.utf8.count, right.key)
        }
        guard let shared else { return nil }
        return (shared.value.map(\.rule).sorted(), shared.key)
    }

    /// What an agent has of its own: words that those chosen before do not explain.
    private func isMeantBeside(
        _ chosen: [Int], _ agent: Int, leavingOut stems: Set<String> = []
    ) -> Bool {
        let score = scores[agent]
        guard let first = chosen.first else { return true }
        if score.isUseCase, scores[first].isUseCase { return true }
        if stems.isEmpty, score.likeness > 0.85, score.likeness >= scores[first].likeness - 0.05 {
            return true
        }
        guard !index.profiles[agent].isFallback else { return false }
        var own = [Double](repeating: 0, count: reading.clauseCount)
        var isStrong = false
        for (position, spot) in reading.spots.enumerated() where spot.affinity[agent] > 0 {
            if isParameter(position, chosen) || stems.contains(spot.stem) { continue }
            let explained = chosen.map { spot.affinity[$0] }.max() ?? 0
            let rest = spot.affinity[agent] - explained
            own[spot.clause] += max(0, rest)
            if isKeyword(spot, agent), explained < 0.15 * spot.affinity[agent] { isStrong = true }
            if rest >= weights.strong, explained < 0.3 * spot.affinity[agent] { isStrong = true }
        }
        if isStrong { return true }
        let all = own.reduce(0, +)
        if all >= weights.own, all >= weights.share * scores[first].total { return true }
        return own.indices.contains { clause in
            own[clause] >= weights.ownClause && leads(agent, clause, chosen, by: weights.lead)
                || own[clause] >= weights.ownTop && reading.clauseCount > 1
                    && areAtHome(chosen, without: clause)
        }
    }

    /// Whether a word as it stands is a keyword of an agent's.
    private func isKeyword(_ spot: QueryReading.Spot, _ agent: Int) -> Bool {
        guard spot.isContent, let keyword = index.soleKeywords[agent][spot.stem] else {
            return false
        }
        return KeywordFinder.isForm(spot.word, of: keyword)
            || KeywordFinder.isForm(keyword, of: spot.word)
    }

    /// Whether those chosen have words enough outside of a clause.
    private func areAtHome(_ chosen: [Int], without clause: Int) -> Bool {
        chosen.allSatisfy { agent in
            let sum = reading.spots.reduce(0) { sum, spot in
                spot.clause == clause ? sum : sum + spot.affinity[agent]
            }
            return sum >= weights.home
        }
    }

    /// Two words in a row that a chosen agent describes its parameters with belong to these.
    private func isParameter(_ position: Int, _ chosen: [Int]) -> Bool {
        chosen.contains { agent in
            let stems = index.parameterStems[agent]
            guard stems.contains(reading.spots[position].stem) else { return false }
            return [position - 1, position + 1].contains { near in
                reading.spots.indices.contains(near)
                    && !index.lexicon.isFunction(reading.spots[near].stem)
                    && stems.contains(reading.spots[near].stem)
            }
        }
    }

    /// Whether an agent is the best one for a clause, and clearly better than those chosen.
    private func leads(_ agent: Int, _ clause: Int, _ chosen: [Int], by lead: Double) -> Bool {
        var sums = [Double](repeating: 0, count: scores.count)
        for spot in reading.spots where spot.clause == clause {
            for other in sums.indices { sums[other] += spot.affinity[other] }
        }
        return sums[agent] >= (sums.max() ?? 0)
            && chosen.allSatisfy { sums[agent] >= lead * sums[$0] }
    }

    private static let everything: Set<String> = [
        "overview", "everything", "overall", "comprehens", "health",
    ]

    /// Nothing but words of completeness and words that all agents share.
    private var asksForAll: Bool {
        guard index.profiles.count > 1, !index.profiles.contains(where: \.isFallback),
            !reading.spots.contains(where: { spot in
                spot.affinity.contains { $0 > 0.7 }
                    && !Selection.everything.contains(spot.stem)
            }), scores.allSatisfy({ $0.total < 0.8 || $0.phrases.isEmpty && $0.total < 0.9 })
        else { return false }
        return reading.spots.contains { Selection.everything.contains($0.stem) && !$0.isDenied }
    }

    private func nobody() -> LexicalChoice {
        let fallback = index.profiles.indices.filter { index.profiles[$0].isFallback }
        var choice = made(
            fallback, fallback.isEmpty ? 0.6 : 0.55, "it has no words of any agent")
        choice.isFallback = !fallback.isEmpty
        return choice
    }

    private func made(_ agents: [Int], _ confidence: Double, _ reason: String) -> LexicalChoice {
        let best = scores.map(\.total).max() ?? 0
        return LexicalChoice(
            agents: agents, scores: scores, confidence: confidence, reason: reason,
            complexity: RoutingComplexity(
                clauses: reading.clauseCount,
                contenders: scores.count { $0.total > 0 && $0.total >= 0.6 * best },
                confidence: confidence, words: reading.spots.count))
    }

    /// How sure a choice by words is: by what speaks for it, how far the next one lags behind, and
    /// how much of the question is understood. Fitted to what was right on labelled questions.
    private func confidence(_ chosen: [Int], _ ranked: [Int]) -> Double {
        let evidence = evidence(chosen, ranked)
        return .logistic(
            Certainty.base + Certainty.best * evidence[0] + Certainty.margin * evidence[1]
                + Certainty.coverage * evidence[2] + Certainty.several * evidence[3])
    }

    private func evidence(_ chosen: [Int], _ ranked: [Int]) -> [Double] {
        let best = scores[chosen[0]].total
        let worst = chosen.map { scores[$0].total }.min() ?? best
        let next = ranked.first { !chosen.contains($0) }.map { scores[$0].total } ?? 0
        return [
            min(best, 4), (worst - next) / max(best, 0.1), coverage, chosen.count > 1 ? 1 : 0,
        ]
    }
}

/// How what speaks for a choice makes it sure.
enum Certainty {
    static let base = 0.25
    static let best = 0.8
    static let margin = 1.4
    static let coverage = 0.1
    static let several = -1.5
}
