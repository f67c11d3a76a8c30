/// What the words around a number make of it.
extension MentionReader {
    func role(_ place: Range<Int>, _ content: Mention.Content) -> Mention.Role {
        let before = words(before: place.lowerBound, 4)
        let after = words(after: place.upperBound, 3)
        let isQuantity = if case .quantity = content { true } else { false }
        if isQuantity, let role = quantityRole(before, after) { return role }
        if let comparison = comparison(before) { return comparison }
        if !isQuantity {
            if after.first == "times" || after.first == "time" { return .times }
            if isTop(before, after) { return .top }
            if let near = before.first, Cue.past.contains(near) { return .top }
        }
        if after.first == "or", after.count > 1, ["more", "longer", "slower"].contains(after[1]) {
            return .least
        }
        if after.first == "or", after.count > 1, ["less", "fewer"].contains(after[1]) {
            return .most
        }
        if after.first == "+" { return .least }
        if isQuantity, before.first == "for" { return .span }
        return .plain
    }

    private func quantityRole(_ before: [String], _ after: [String]) -> Mention.Role? {
        if let near = before.first {
            if Cue.past.contains(near) { return .past }
            if Cue.future.contains(near) { return .future }
            if near == "in" || near == "within", !isPastTense { return .future }
        }
        if let next = after.first {
            if next == "ago" || next == "back" { return .past }
            if ["ahead", "out", "from", "time"].contains(next) { return .future }
        }
        if before.prefix(2).contains("since") { return .past }
        return nil
    }

    /// "In three hours" is ahead unless the question speaks of what has been.
    private var isPastTense: Bool { false }

    private func comparison(_ before: [String]) -> Mention.Role? {
        guard let near = before.first else { return nil }
        let two = before.count > 1 ? "\(before[1]) \(near)" : near
        if Cue.least.contains(near) || Cue.least.contains(two) { return .least }
        if Cue.most.contains(near) || Cue.most.contains(two) { return .most }
        return nil
    }

    private func isTop(_ before: [String], _ after: [String]) -> Bool {
        if let near = before.first, Cue.top.contains(near) { return true }
        if before.count > 1, Cue.top.contains(before[1]),
            ["the", "me", "only", "to", "at", "of"]
                .contains(before[0])
        {
            return true
        }
        return after.prefix(3).contains { Cue.isSuperlative($0) }
    }

    /// The nearest first; a sign ends them, except what may stand for a comparison.
    private func words(before position: Int, _ count: Int) -> [String] {
        var words: [String] = []
        for place in stride(from: position - 1, through: max(0, position - count), by: -1) {
            let token = tokens[place]
            if token.isSign {
                if token.text == ">" { words.append("over") }
                if token.text == "<" { words.append("under") }
                guard token.text == "=" else { break }
                continue
            }
            words.append(token.lower)
        }
        return words
    }

    private func words(after position: Int, _ count: Int) -> [String] {
        var words: [String] = []
        for token in tokens[min(position, tokens.count)...].prefix(count) {
            if token.isSign, token.text != "+" { break }
            words.append(token.lower)
        }
        return words
    }
}

/// The words that turn a number into a limit, a span of time or a rank.
enum Cue {
    static let past: Set<String> = ["last", "past", "previous", "preceding", "recent", "latest"]
    static let future: Set<String> = ["next", "coming", "following", "upcoming"]
    static let least: Set<String> = [
        "least", "over", "above", "exceeding", "exceeds", "exceed", "more than", "longer than",
        "older than", "greater than", "higher than", "beyond", "minimum", "min", "bigger than",
        "larger than", "slower than", "minimum of",
    ]
    static let most: Set<String> = [
        "most", "under", "below", "fewer than", "less than", "shorter than", "younger than",
        "newer than", "maximum", "max", "up to", "within", "no more", "maximum of", "older than",
    ]
    static let top: Set<String> = [
        "top", "first", "list", "show", "only", "limit", "just", "worst", "best", "biggest", "give",
        "display", "return", "name", "fetch", "which", "report", "focus", "exactly", "bottom",
        "slowest", "largest", "last",
    ]
    static let denying: Set<String> = [
        "except", "excluding", "exclude", "without", "ignoring", "ignore", "skip", "skipping",
        "not", "omit", "omitting", "but", "excludes",
    ]

    static func isSuperlative(_ word: String) -> Bool {
        ["most", "worst", "best", "top", "least"].contains(word)
            || (word.hasSuffix("est") && word.utf8.count > 5 && word != "request")
    }
}
