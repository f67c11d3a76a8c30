/// Chooses agents by what they say of themselves. It is pure: the same question and the same
/// agents give the same choice, everywhere.
package struct LexicalRouter: Sendable {
    package let index: LexicalIndex
    private let weights: Weights
    private let book: PhraseBook

    package init(
        _ profiles: [AgentProfile], plain: [String] = [], weights: Weights = Weights()
    ) {
        index = LexicalIndex(profiles, weights: weights, plain: plain)
        self.weights = weights
        var entries: [PhraseBook.Entry] = []
        for (agent, profile) in profiles.enumerated() {
            for keyword in profile.keywords {
                entries.append(PhraseBook.Entry(rule: agent, phrase: keyword))
            }
        }
        book = PhraseBook(entries, mode: .word)
    }

    /// `base` are the agents that are meant in any case, by the phrases that say so.
    package func choice(
        _ text: String, base: [Int] = [], phrases: [String] = [],
        experience: RoutingExperience? = nil
    ) -> LexicalChoice {
        let reading = QueryReading(text, index)
        var scores = scored(reading)
        let said = saidPhrases(text, reading, &scores)
        addLikeness(reading, &scores)
        if let experience { learn(experience, &scores) }
        return Selection(
            reading: reading, scores: scores, said: said, base: base, phrases: phrases,
            weights: weights, index: index
        ).choice()
    }

    private func scored(_ reading: QueryReading) -> [AgentScore] {
        index.profiles.indices.map { agent in
            var score = AgentScore(agent: agent)
            for spot in reading.spots where spot.affinity[agent] > 0 {
                score.total += spot.affinity[agent]
                score.words.append((spot.word, spot.affinity[agent]))
            }
            return score
        }
    }

    /// Keywords that stand in the question as they are, the longest first.
    private func saidPhrases(
        _ text: String, _ reading: QueryReading, _ scores: inout [AgentScore]
    ) -> [PhraseBook.Hit] {
        let hits = book.hits(text, overlap: .longest)
        for hit in hits where hit.words > 1 && !isDescribing(hit, text) {
            let isPlain = LexicalIndex.stems(hit.phrase).allSatisfy(index.lexicon.isFunction)
            scores[hit.rule].total += isPlain ? weights.plainPhrase : weights.phrase
            scores[hit.rule].phrases.append(hit.phrase)
        }
        return hits
    }

    /// The terms of all that is asked about; none where some of it is unknown.
    private func asked(_ reading: QueryReading) -> Set<Int> {
        var asked: Set<Int> = []
        for spot in reading.spots where spot.isContent && !spot.isDenied {
            guard let term = index.terms[spot.stem] else { return [] }
            asked.insert(term)
        }
        return asked
    }

    private func learn(_ experience: RoutingExperience, _ scores: inout [AgentScore]) {
        for position in scores.indices {
            let score = scores[position]
            let phrases = score.phrases + score.words.map(\.word)
            let name = index.profiles[score.agent].name
            scores[position].learned = experience.shift(agent: name, phrases: phrases)
            scores[position].total *= 1 + scores[position].learned
        }
    }

    /// `the generated SQL` is no wish to generate SQL.
    private func isDescribing(_ hit: PhraseBook.Hit, _ text: String) -> Bool {
        guard hit.place.lowerBound > 0 else { return false }
        let words = KeywordFinder.split(text)
        guard hit.place.upperBound <= words.count else { return false }
        let word = words[hit.place.lowerBound]
        let isForm = word.hasSuffix("ed") && !hit.phrase.lowercased().hasPrefix(word)
        let determiners: Set = ["the", "a", "an", "my", "our", "this", "that", "last"]
        return isForm && determiners.contains(words[hit.place.lowerBound - 1])
    }

    /// How alike the question is to what an agent says it is used for.
    private func addLikeness(_ reading: QueryReading, _ scores: inout [AgentScore]) {
        var terms: [Int: Double] = [:]
        var norm = 0.0
        for spot in reading.spots where !spot.isDenied && !index.lexicon.isFunction(spot.stem) {
            let plain = spot.isMentioned ? 0.6 : min(1, spot.mass)
            let term = index.terms[spot.stem]
            let worth = term.map { max(0.1, index.worth[$0]) } ?? weights.unknown
            norm += worth * worth * plain * plain
            if let term { terms[term] = max(terms[term] ?? 0, worth * plain) }
        }
        guard norm > 0 else { return }
        let asked = asked(reading)
        let root = norm.squareRoot()
        for useCase in index.useCases {
            let dot = useCase.terms.reduce(0) { $0 + $1.worth * (terms[$1.term] ?? 0) }
            if asked.count > 1,
                asked.allSatisfy({ term in
                    useCase.terms.contains { $0.term == term }
                })
            {
                scores[useCase.agent].isUseCase = true
            }
            let likeness = dot / (root * useCase.norm)
            if likeness > scores[useCase.agent].likeness {
                scores[useCase.agent].likeness = likeness
            }
        }
        for agent in scores.indices {
            scores[agent].total += weights.likeness * scores[agent].likeness
        }
    }
}

/// How much speaks for one agent, and what.
package struct AgentScore: Sendable {
    package var agent: Int
    package var total = 0.0
    package var words: [(word: String, weight: Double)] = []
    package var phrases: [String] = []
    package var likeness = 0.0
    /// Whether one of its use cases has every word of the question.
    var isUseCase = false
    /// What experience added, as a part of the score.
    package var learned = 0.0
}

/// What the words of a question say about whom to ask.
package struct LexicalChoice: Sendable {
    /// Positions of agents, the best first; empty where nobody fits.
    package var agents: [Int]
    package var scores: [AgentScore]
    package var confidence: Double
    /// Why it is these: in words, for people.
    package var reason: String
    /// Whether they are those who answer what nobody else does.
    package var isFallback = false
    package var complexity = RoutingComplexity.simple
}
