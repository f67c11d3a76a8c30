/// One question as the index understands it: each of its words with how much it speaks for each
/// agent, and the clauses it is made of.
struct QueryReading: Sendable {
    struct Spot: Sendable {
        var word: String
        var stem: String
        /// How much it counts: a name that is only mentioned less than a word.
        var mass: Double
        /// Whether it says something about whom to ask.
        var isContent: Bool
        /// Whether it belongs to a name or stands between quotes.
        var isMentioned = false
        /// Whether it is said of what is not wanted.
        var isDenied = false
        var clause: Int
        /// By the position of each agent.
        var affinity: [Double] = []
    }

    private(set) var spots: [Spot] = []
    private(set) var clauseCount = 1
    /// A statement of a query language that stands in the text, by its bytes.
    let statements: [Statement]
    let tokens: [Token]

    private let index: LexicalIndex

    init(_ text: String, _ index: LexicalIndex) {
        self.index = index
        tokens = Tokenizer.tokens(text)
        statements = Statement.all(text, tokens)
        split()
        deny()
        focus()
        weaken()
        for position in spots.indices { spots[position].affinity = affinity(at: position) }
        addPhrases()
        addPairs()
    }

    private mutating func split() {
        var clause = 0
        var isEmpty = true
        var isComparing = false
        let words = tokens.filter(\.isWord)
        let isTitle = words.count(where: \.isCapital) * 2 > words.count
        for token in tokens.prefix(400) {
            let isInStatement = statements.contains { $0.place.contains(token.place.lowerBound) }
            switch token.kind {
            case .sign:
                guard !isEmpty, !isInStatement, ",;?!.:".contains(token.text) else { continue }
                clause += 1
                isEmpty = true
            case .number: continue
            case .word:
                if token.lower == "compare" { isComparing = true }
                let joins = isComparing ? Clause.comparing : Clause.joins
                if !isEmpty, !isInStatement, joins.contains(token.lower) {
                    clause += 1
                    isEmpty = true
                    continue
                }
                append(token.lower, token.stem, clause, isMentioned: isInStatement)
                if !isEmpty, !isTitle, token.isCapital, !index.capitals.contains(token.stem) {
                    spots[spots.count - 1].mass *= index.weights.capital
                    spots[spots.count - 1].isMentioned = true
                    spots[spots.count - 1].isContent = false
                }
                isEmpty = false
            case .name, .quoted:
                for part in Tokenizer.parts(token.text).prefix(12) {
                    append(part, Stemmer.stem(part), clause, isMentioned: true)
                }
                if token.kind == .name, isFileName(token.text) { spots[spots.count - 1].mass = 0.8 }
            }
        }
        clauseCount = clause + 1
    }

    /// `my.cnf`, `backup.sh`: what kind of file it is says much.
    private func isFileName(_ text: String) -> Bool {
        guard let dot = text.lastIndex(of: "."), !spots.isEmpty else { return false }
        let ending = text[dot...].dropFirst()
        return (1...5).contains(ending.utf8.count) && ending.utf8.allSatisfy(Tokenizer.isLetter)
            && !text.contains("@")
    }

    private mutating func append(
        _ word: String, _ stem: String, _ clause: Int, isMentioned: Bool
    ) {
        let weights = index.weights
        let isPlain = index.lexicon.isFunction(stem) || index.lexicon.isAsking(stem)
        let mass = isMentioned ? weights.mention : isPlain ? weights.asking : 1
        spots.append(
            Spot(
                word: word, stem: stem, mass: mass, isContent: !isPlain && !isMentioned,
                isMentioned: isMentioned, clause: clause))
    }

    /// What comes after `except`, `other than` or `instead of` is not what is asked for.
    private mutating func deny() {
        for range in Clause.denied(spots) {
            for position in range { spots[position].isDenied = true }
        }
    }

    /// What stands after `which` or `how many` is what the question is about.
    private mutating func focus() {
        var clause = -1
        for position in spots.indices {
            if spots[position].clause != clause, spots[position].stem.utf8.count > 1,
                !Clause.polite.contains(spots[position].word)
            {
                clause = spots[position].clause
                if spots[position].isContent { spots[position].mass *= index.weights.opening }
            }
            guard Clause.focusing.contains(spots[position].word) else { continue }
            let isHow = spots[position].word == "how"
            let next = position + (isHow ? 2 : 1)
            guard next < spots.count, spots[next].isContent,
                !isHow || spots[position + 1].word == "many"
            else { continue }
            spots[next].mass *= index.weights.focus
        }
    }

    /// Words that say nothing in this system, and what is said not to be.
    private mutating func weaken() {
        for position in spots.indices {
            if index.plain.contains(spots[position].stem) {
                spots[position].mass *= index.weights.plain
            }
            guard position > 0, spots[position].isContent,
                ["not", "never"].contains(spots[position - 1].word),
                index.terms["not \(spots[position].stem)"] == nil
            else { continue }
            spots[position].mass *= index.weights.negated
        }
    }

    private func affinity(at position: Int) -> [Double] {
        let spot = spots[position]
        let weights = index.weights
        var affinity = [Double](repeating: 0, count: index.profiles.count)
        guard !spot.isDenied, !index.lexicon.isFunction(spot.stem) else { return affinity }
        let isKnown = add(spot.stem, spot.mass, to: &affinity)
        addSynonyms(spot.stem, spot.mass * weights.synonym, to: &affinity)
        if isKnown || !spot.isContent || spot.word.utf8.count < 5
            || index.lexicon.knows(spot.stem)
        {
            return affinity
        }
        for near in Spelling.near(spot.stem, in: index) {
            add(near, spot.mass * weights.typo, to: &affinity)
            addSynonyms(near, spot.mass * weights.typo * weights.synonym, to: &affinity)
        }
        return affinity
    }

    /// Whether the term is known; each agent keeps the best reason it has for one word.
    @discardableResult
    private func add(_ stem: String, _ weight: Double, to affinity: inout [Double]) -> Bool {
        guard let term = index.terms[stem] else { return false }
        let worth = index.worth[term]
        for posting in index.postings[term] {
            affinity[posting.agent] = max(
                affinity[posting.agent], weight * worth * posting.weight)
        }
        return true
    }

    private func addSynonyms(_ stem: String, _ weight: Double, to affinity: inout [Double]) {
        for group in index.lexicon.groups(of: stem) {
            for posting in index.groupPostings[group] {
                affinity[posting.agent] = max(affinity[posting.agent], weight * posting.weight)
            }
        }
    }

    /// Phrases of several words that stand for others: `out of date`, `root cause`.
    private mutating func addPhrases() {
        for start in spots.indices where !spots[start].isDenied {
            var phrase = spots[start].stem
            let last = min(spots.count, start + index.lexicon.longestPhrase)
            guard start + 1 < last else { continue }
            for end in start + 1..<last where spots[end].clause == spots[start].clause {
                phrase += " " + spots[end].stem
                guard !index.lexicon.groups(of: phrase).isEmpty else { continue }
                var affinity = spots[start].affinity
                let mass = spots[start].isMentioned ? index.weights.mention : 1
                addSynonyms(phrase, mass * index.weights.idiom, to: &affinity)
                swallow(start...end, &affinity)
                spots[start].affinity = affinity
            }
        }
    }

    /// In `run out` and `look up` the verb alone means something else.
    private mutating func swallow(_ phrase: ClosedRange<Int>, _ affinity: inout [Double]) {
        guard phrase.contains(where: { Clause.particles.contains(spots[$0].word) }) else { return }
        for position in phrase {
            let alone = spots[position].affinity
            for agent in alone.indices where alone[agent] > 0 {
                let rest = alone[agent] * index.weights.swallowed
                if position == phrase.lowerBound {
                    if affinity[agent] <= alone[agent] { affinity[agent] = rest }
                } else {
                    spots[position].affinity[agent] = rest
                }
            }
        }
    }

    /// Two neighbours that an agent has as neighbours too speak for it together. A name between
    /// them parts nothing: `DAG daily_load failed`.
    private mutating func addPairs() {
        var before: Int?
        for position in spots.indices where !spots[position].isMentioned {
            guard !spots[position].isDenied else {
                before = nil
                continue
            }
            if let before, spots[before].clause == spots[position].clause,
                let term = index.terms["\(spots[before].stem) \(spots[position].stem)"]
            {
                let worth = index.worth[term] * index.weights.pair
                for posting in index.postings[term] {
                    spots[position].affinity[posting.agent] += worth * posting.weight
                }
            }
            let stem = spots[position].stem
            before = index.lexicon.isFunction(stem) && stem != "not" ? nil : position
        }
    }
}
