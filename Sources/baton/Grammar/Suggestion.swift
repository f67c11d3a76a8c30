/// The nearest known word to a misspelt one, by the number of single-letter edits (a swap counts once).
///
/// It must stay cheap for hostile words: beyond 40 characters nothing is offered.
enum Suggestion {
    private static let longest = 40

    /// The best candidate within a third of its length, or one that the word begins.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        guard !word.isEmpty, word.unicodeScalars.count <= longest else { return nil }
        let scored = candidates.map { (word: $0, edits: distance(word, $0)) }
        if let best = scored.min(by: { $0.edits < $1.edits }),
            best.edits <= max(1, min(word.count, best.word.count) / 3)
        {
            return best.word
        }
        guard word.count > 1 else { return nil }
        let begun = candidates.filter { $0.hasPrefix(word) }
        return begun.count == 1 ? begun.first : nil
    }

    /// Optimal string alignment, three rows at a time.
    static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.lowercased().unicodeScalars), Array(right.unicodeScalars))
        var before: [Int] = []
        var previous = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let same = left[row] == right[column]
                var edits = min(
                    previous[column + 1] + 1, current[column] + 1, previous[column] + (same ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1],
                    left[row - 1] == right[column]
                {
                    edits = min(edits, before[column - 1] + 1)
                }
                current.append(edits)
            }
            before = previous
            previous = current
        }
        return previous[right.count]
    }
}
