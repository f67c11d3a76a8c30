/// Finds the known words that a misspelt one may have been meant for.
enum Spelling {
    /// At most three terms that differ by one letter, or by two in long words.
    static func near(_ stem: String, in index: LexicalIndex) -> [String] {
        guard let first = stem.utf8.first, let candidates = index.spellings[first] else {
            return []
        }
        let word = Array(stem.utf8)
        guard word.count >= 4, word.count <= 30 else { return [] }
        let allowed = word.count >= 8 ? 2 : 1
        var near: [String] = []
        for candidate in candidates {
            let count = candidate.utf8.count
            guard abs(count - word.count) <= allowed, count >= 4,
                isNear(word, Array(candidate.utf8), allowed)
            else { continue }
            near.append(candidate)
            if near.count == 3 { break }
        }
        return near
    }

    /// Whether insertions, deletions, replacements and swaps of neighbours within the limit lead
    /// from one to the other.
    static func isNear(_ left: [UInt8], _ right: [UInt8], _ limit: Int) -> Bool {
        var before = [Int](repeating: 0, count: right.count + 1)
        var above = Array(0...right.count)
        var row = above
        for i in left.indices {
            row[0] = i + 1
            var least = row[0]
            for j in right.indices {
                let isSame = left[i] == right[j]
                var cost = min(above[j] + (isSame ? 0 : 1), above[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    cost = min(cost, before[j - 1] + 1)
                }
                row[j + 1] = cost
                least = min(least, cost)
            }
            if least > limit { return false }
            (before, above, row) = (above, row, before)
        }
        return above[right.count] <= limit
    }
}
