/// The nearest known names to a misspelt one.
package enum Suggestion {
    private static let longest = 64
    /// How many names are offered at once.
    private static let most = 3

    /// The nearest name, if it is near enough to be what was meant: a third of its letters may
    /// differ, at most 3. Case counts for nothing; of equally near names the first one is taken.
    package static func nearest(to word: String, in names: some Sequence<String>) -> String? {
        near(word, in: names).first?.name
    }

    /// `; did you mean cost, cast or coat?`, or nothing when no name is near: the nearest, and
    /// those that are hardly farther.
    package static func question(for word: String, in names: some Sequence<String>) -> String {
        let near = near(word, in: names)
        let offered = near.filter { $0.distance <= near[0].distance + 1 }.prefix(most).map(\.name)
        guard let last = offered.last else { return "" }
        let others = offered.dropLast().joined(separator: ", ")
        return "; did you mean \(others.isEmpty ? "" : "\(others) or ")\(last)?"
    }

    private struct Candidate {
        let name: String
        let distance: Int
    }

    /// All names that are near enough, the nearest first, equals in the order they came.
    private static func near(_ word: String, in names: some Sequence<String>) -> [Candidate] {
        let letters = Array(word.lowercased().unicodeScalars.prefix(longest + 1))
        guard !letters.isEmpty, letters.count <= longest else { return [] }
        var near: [Candidate] = []
        for name in names {
            let candidate = Array(name.lowercased().unicodeScalars.prefix(longest + 1))
            let allowed = min(3, max(1, max(letters.count, candidate.count) / 3))
            guard candidate.count <= longest, abs(candidate.count - letters.count) <= allowed
            else { continue }
            let distance = distance(letters, candidate)
            if distance <= allowed { near.append(Candidate(name: name, distance: distance)) }
        }
        return near.enumerated()
            .sorted { ($0.element.distance, $0.offset) < ($1.element.distance, $1.offset) }
            .map(\.element)
    }

    /// `, did you mean "retries"?`, or nothing when no name is near.
    package static func phrase(for word: String, in names: some Sequence<String>) -> String {
        nearest(to: word, in: names).map { ", did you mean \(Excerpt.quoted($0))?" } ?? ""
    }

    /// Damerau-Levenshtein: insertions, deletions, replacements, and swaps of neighbours cost one
    /// each.
    static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var before: [Int] = []
        var above = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var row = [i + 1]
            for (j, b) in right.enumerated() {
                var cost = min(above[j] + (a == b ? 0 : 1), above[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a == right[j - 1], b == left[i - 1] {
                    cost = min(cost, before[j - 1] + 1)
                }
                row.append(cost)
            }
            (before, above) = (above, row)
        }
        return above[right.count]
    }
}
