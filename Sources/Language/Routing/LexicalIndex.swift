import Document

/// What agents say of themselves, as weights of stems and of pairs of them: built once, asked for
/// every question. It never decides; it says how much each word speaks for each agent.
package struct LexicalIndex: Sendable {
    struct Posting: Sendable {
        var agent: Int
        /// From 0 to 1: how much the term is this agent's.
        var weight: Double
    }

    package let profiles: [AgentProfile]
    let weights: Weights
    let lexicon: Lexicon
    private(set) var terms: [String: Int] = [:]
    /// Stems that say nothing where these agents are.
    let plain: Set<String>
    /// What the parameters of each agent are called and described with.
    private(set) var parameterStems: [Set<String>] = []
    /// The keywords of each agent that are one word, by their stems.
    private(set) var soleKeywords: [[String: String]] = []
    /// Stems that the agents write with a capital within a sentence: `Glue`, `Athena`.
    private(set) var capitals: Set<String> = []
    private(set) var postings: [[Posting]] = []
    /// How much a term parts the agents from one another, from 0 to 1.
    private(set) var worth: [Double] = []
    /// Terms that are at least five letters, by their first letter, for misspelt words.
    private(set) var spellings: [UInt8: [String]] = [:]
    /// By group of the lexicon: how much any word of it speaks for each agent.
    private(set) var groupPostings: [[Posting]] = []
    /// The stems of each agent's use cases.
    private(set) var useCases: [(agent: Int, terms: [(term: Int, worth: Double)], norm: Double)] =
        []

    package init(
        _ profiles: [AgentProfile], weights: Weights = Weights(), plain: [String] = [],
        lexicon: Lexicon = .english
    ) {
        self.plain = Set(plain.flatMap(LexicalIndex.stems))
        self.profiles = profiles
        self.weights = weights
        self.lexicon = lexicon
        var raw: [[Int: Double]] = []
        for (agent, profile) in profiles.enumerated() {
            for (text, weight) in fields(profile) {
                add(text, weight, agent, &raw)
                noteCapitals(text)
            }
        }
        settle(raw)
        soleKeywords = profiles.map { profile in
            let words = profile.keywords.filter { LexicalIndex.stems($0).count == 1 }
            return Dictionary(
                words.map { (Stemmer.stem($0.lowercased()), $0.lowercased()) }
            ) { first, _ in first }
        }
        groupPostings = (0..<lexicon.groupCount).map(posting)
        parameterStems = profiles.map { profile in
            (profile.parameters["properties"]?.object ?? [:]).reduce(into: []) { stems, member in
                let text = member.value["description"]?.string ?? ""
                stems.formUnion(LexicalIndex.stems("\(member.key) \(text)"))
            }
        }
        for (agent, profile) in profiles.enumerated() {
            for text in profile.useCases + profile.keywords { addUseCase(text, agent) }
        }
        for term in terms.keys where term.utf8.count >= 4 && !term.contains(" ") {
            if let first = term.utf8.first { spellings[first, default: []].append(term) }
        }
        for letter in spellings.keys { spellings[letter]?.sort() }
    }

    private func fields(_ profile: AgentProfile) -> [(String, Double)] {
        var fields = [
            (Tokenizer.parts(profile.name).joined(separator: " "), weights.name),
            (profile.description, weights.description),
        ]
        fields += profile.useCases.map { ($0, weights.useCase) }
        fields += profile.keywords.map { ($0, weights.keyword) }
        for (name, schema) in profile.parameters["properties"]?.object ?? [:] {
            fields.append((Tokenizer.parts(name).joined(separator: " "), weights.parameter))
            fields.append((schema["description"]?.string ?? "", weights.parameterText))
        }
        return fields
    }

    private mutating func term(_ stem: String, _ raw: inout [[Int: Double]]) -> Int {
        if let term = terms[stem] { return term }
        terms[stem] = raw.count
        raw.append([:])
        return raw.count - 1
    }

    private mutating func add(
        _ text: String, _ weight: Double, _ agent: Int, _ raw: inout [[Int: Double]]
    ) {
        var before: String?
        for stem in LexicalIndex.stems(text) {
            guard stem != "," else {
                before = nil
                continue
            }
            let isFunction = lexicon.isFunction(stem)
            if !isFunction { raw[term(stem, &raw)][agent, default: 0] += weight }
            if let before, !isFunction || stem == "not" {
                raw[term("\(before) \(stem)", &raw)][agent, default: 0] += weight
            }
            before = isFunction && stem != "not" ? nil : stem
        }
    }

    private mutating func noteCapitals(_ text: String) {
        for token in Tokenizer.tokens(text) where token.isWord && token.isCapital {
            capitals.insert(token.stem)
        }
    }

    /// The stems of a text; a comma stands where a clause ends.
    static func stems(_ text: String) -> [String] {
        Tokenizer.tokens(text).flatMap { token -> [String] in
            switch token.kind {
            case .word: [token.stem]
            case .name, .quoted: Tokenizer.parts(token.text).map(Stemmer.stem)
            case .sign: [","]
            case .number: []
            }
        }
    }

    /// A term that one agent alone has is worth most, one that all have nearly nothing; what an
    /// agent has only in passing counts as a part of an agent.
    private mutating func settle(_ raw: [[Int: Double]]) {
        let count = Double(profiles.count)
        for agents in raw {
            let most = agents.values.max() ?? 1
            let having = agents.values.reduce(0) { $0 + $1 / most }
            let rarity = Double.log(1 + (count - having + 0.5) / (having + 0.5))
            let rarest = Double.log(1 + (count - 0.5) / 1.5)
            worth.append(min(1, max(0.02, rarity / max(rarest, 0.1))))
            postings.append(
                agents.sorted { $0.key < $1.key }.map {
                    Posting(
                        agent: $0.key,
                        weight: $0.value / ($0.value + weights.half)
                            * ($0.value / most).squareRoot() * (1 + weights.half / 8))
                })
        }
    }

    private func posting(ofGroup group: Int) -> [Posting] {
        var best: [Int: Double] = [:]
        for term in lexicon.members(of: group).compactMap({ terms[$0] }) {
            for posting in postings[term] {
                best[posting.agent] = max(best[posting.agent] ?? 0, worth[term] * posting.weight)
            }
        }
        return best.sorted { $0.key < $1.key }.map { Posting(agent: $0.key, weight: $0.value) }
    }

    private mutating func addUseCase(_ text: String, _ agent: Int) {
        var seen: Set<Int> = []
        var list: [(term: Int, worth: Double)] = []
        for stem in LexicalIndex.stems(text) where !lexicon.isFunction(stem) {
            guard let term = terms[stem], seen.insert(term).inserted else { continue }
            list.append((term, worth[term] * (lexicon.isAsking(stem) ? weights.asking : 1)))
        }
        guard !list.isEmpty else { return }
        let norm = list.reduce(0) { $0 + $1.worth * $1.worth }.squareRoot()
        useCases.append((agent, list, norm))
    }
}
