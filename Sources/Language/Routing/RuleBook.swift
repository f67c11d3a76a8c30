/// An operator's rules, ready to be looked for in questions.
struct RuleBook: Sendable {
    /// A rule whose words were found.
    struct Match: Sendable, Hashable {
        var rule: Int
        var phrases: [String]
    }

    let rules: [RoutingRules.Rule]
    private let overlap: PhraseBook.Overlap
    private let book: PhraseBook

    init(_ rules: RoutingRules) {
        self.rules = rules.rules
        overlap = rules.overlap
        var entries: [PhraseBook.Entry] = []
        for (position, rule) in rules.rules.enumerated() {
            entries += rule.phrases.map { PhraseBook.Entry(rule: position, phrase: $0) }
        }
        book = PhraseBook(entries, mode: rules.mode)
    }

    /// The rules that match, in their order. Where the longest phrase counts, rules of several
    /// agents come before those of one.
    func matches(_ text: String) -> [Match] {
        var matches: [Match] = []
        for hit in book.hits(text, overlap: overlap) {
            if let last = matches.indices.last, matches[last].rule == hit.rule {
                matches[last].phrases.append(hit.phrase)
            } else {
                matches.append(Match(rule: hit.rule, phrases: [hit.phrase]))
            }
        }
        guard overlap == .longest else { return matches }
        let several = matches.filter { rules[$0.rule].agents.count > 1 }
        return several.isEmpty ? matches : several
    }

    /// The agents of matches, each once, in the order of the rules.
    func agents(_ matches: [Match]) -> [String] {
        var seen: Set<String> = []
        return matches.flatMap { rules[$0.rule].agents }.filter { seen.insert($0).inserted }
    }
}
