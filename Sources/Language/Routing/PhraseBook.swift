/// Many phrases, looked for in one text at a time: made once, so that a text costs what its own
/// words cost and not what the book holds.
package struct PhraseBook: Sendable {
    /// A phrase and the rule it belongs to.
    package struct Entry: Sendable {
        package var rule: Int
        package var phrase: String

        package init(rule: Int, phrase: String) {
            self.rule = rule
            self.phrase = phrase
        }
    }

    package struct Hit: Sendable, Hashable {
        package var rule: Int
        package var phrase: String
        /// How many words it has.
        package var words: Int
        /// Where it stands: among the words of the text, or its bytes in the literal mode.
        package var place: Range<Int>
    }

    /// Whether a phrase hides shorter ones within it.
    package enum Overlap: String, Sendable {
        case all, longest
    }

    private struct Prepared: Sendable {
        var entry: Entry
        var phrase: KeywordFinder.Phrase
    }

    package let mode: KeywordFinder.Mode
    private let entries: [Prepared]
    private let byFirstWord: [String: [Int]]

    package init(_ entries: [Entry], mode: KeywordFinder.Mode) {
        self.mode = mode
        self.entries = entries.map {
            Prepared(entry: $0, phrase: KeywordFinder.Phrase($0.phrase))
        }
        var first: [String: [Int]] = [:]
        for (position, prepared) in self.entries.enumerated() {
            if let word = prepared.phrase.words.first { first[word, default: []].append(position) }
        }
        byFirstWord = first
    }

    /// The phrases that stand in a text, in the order of the book.
    package func hits(_ text: String, overlap: Overlap = .all) -> [Hit] {
        let finder = KeywordFinder(text, mode: mode)
        let candidates = mode == .word ? begun(finder) : Array(entries.indices)
        let found: [(Int, Range<Int>)] =
            overlap == .longest
            ? longest(candidates, finder)
            : candidates.compactMap { at in
                finder.place(of: entries[at].phrase).map { (at, $0) }
            }
        return found.map { position, place in
            let prepared = entries[position]
            return Hit(
                rule: prepared.entry.rule, phrase: prepared.entry.phrase,
                words: prepared.phrase.words.count, place: place)
        }
    }

    /// Those whose first word, or an inflection of it, is in the text.
    private func begun(_ finder: KeywordFinder) -> [Int] {
        var found: Set<Int> = []
        for word in Set(finder.words) {
            found.formUnion(byFirstWord[word] ?? [])
            for base in KeywordFinder.bases(of: word) {
                found.formUnion(byFirstWord[base.word] ?? [])
            }
        }
        return found.sorted()
    }

    /// The longest first; the same phrase of several rules is no overlap of itself.
    private func longest(_ candidates: [Int], _ finder: KeywordFinder) -> [(Int, Range<Int>)] {
        let sorted = candidates.sorted { left, right in
            let (a, b) = (entries[left].phrase.length(mode), entries[right].phrase.length(mode))
            return (b, left) < (a, right)
        }
        var taken: [Range<Int>] = []
        var kept: [[UInt8]: Range<Int>] = [:]
        var found: [(Int, Range<Int>)] = []
        for position in sorted {
            let phrase = entries[position].phrase
            if let place = kept[phrase.bytes] {
                found.append((position, place))
                continue
            }
            let place = finder.place(of: phrase) { place in
                !taken.contains { $0.overlaps(place) }
            }
            guard let place else { continue }
            taken.append(place)
            kept[phrase.bytes] = place
            found.append((position, place))
        }
        return found.sorted { $0.0 < $1.0 }
    }
}
