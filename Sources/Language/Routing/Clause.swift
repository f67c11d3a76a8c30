/// The words that part clauses, turn them, and point at what a question is about.
enum Clause {
    static let joins: Set<String> = [
        "and", "then", "also", "plus", "but", "while", "whereas", "because", "before", "after",
        "so", "without",
    ]
    static let comparing = joins.union(["with", "to", "against", "versus", "vs"])

    static let focusing: Set<String> = ["which", "what", "whose", "how"]

    static let polite: Set<String> = ["please", "can", "could", "would", "you", "kindly", "just"]

    static let particles: Set<String> = ["out", "up", "in", "into", "off", "down", "from", "over"]

    /// The spots that say what is not wanted.
    static func denied(_ spots: [QueryReading.Spot]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for start in spots.indices {
            let clause = spots[start].clause
            let words = spots[start...].prefix(4).filter { $0.clause == clause }.map(\.word)
            let end = spots[start...].firstIndex { $0.clause != clause } ?? spots.count
            let begins = start == 0 || spots[start - 1].clause != clause
            if let length = denial(words) {
                ranges.append(start..<max(end, min(spots.count, start + length + 1)))
            } else if begins, words.first == "not", start == 0 || end < spots.count {
                ranges.append(start..<end)
            } else if begins, words.first == "no", end < spots.count, turns(spots[end...]) {
                ranges.append(start..<end)
            } else if words.first == "leave",
                let out = spots[start..<end].lastIndex(where: {
                    $0.word == "out" || $0.word == "aside" || $0.word == "alone"
                })
            {
                ranges.append(start..<out + 1)
            }
        }
        return ranges
    }

    /// Whether what follows says what is wanted instead.
    private static func turns(_ spots: ArraySlice<QueryReading.Spot>) -> Bool {
        let words: Set = ["just", "only", "instead", "rather", "want"]
        return spots.prefix(3).contains { words.contains($0.word) }
    }

    /// How many words deny what comes after them; nil where none does.
    private static func denial(_ words: [String]) -> Int? {
        guard let first = words.first else { return nil }
        let singles: Set = [
            "except", "excluding", "exclude", "excludes", "ignore", "ignoring", "skip", "skipping",
            "omit", "omitting",
        ]
        if singles.contains(first) { return 1 }
        guard words.count > 1 else { return nil }
        let pairs: Set = [
            "other than", "apart from", "aside from", "rather than", "instead of", "leave out",
            "leaving out", "not about", "but not", "not interested", "not the", "no need",
        ]
        if pairs.contains("\(first) \(words[1])") { return 2 }
        let verbs: Set = [
            "check", "look", "include", "show", "need", "want", "care", "bother", "touch", "mind",
            "reboot", "restart", "run", "search", "use",
        ]
        guard words.count > 2, ["do", "does"].contains(first), words[1] == "not" else { return nil }
        return verbs.contains(words[2]) ? 3 : nil
    }
}
