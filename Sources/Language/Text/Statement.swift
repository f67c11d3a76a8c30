/// A statement of SQL that somebody put into a question: between quotes, after a colon, or as it
/// is.
package struct Statement: Sendable, Hashable {
    package var text: String
    /// The bytes of the question it takes up.
    package var place: Range<Int>

    private static let verbs: Set<String> = [
        "select", "insert", "update", "delete", "with", "create", "alter", "drop", "replace",
        "truncate", "merge", "explain",
    ]
    private static let followers: [String: Set<String>] = [
        "insert": ["into"], "delete": ["from"], "drop": ["table", "view", "index", "database"],
        "create": ["table", "view", "index", "database", "or", "unique", "temporary"],
        "alter": ["table"], "truncate": ["table"], "merge": ["into"], "replace": ["into"],
        "explain": ["select"],
    ]

    /// The statements of a text, in their order.
    package static func all(_ text: String, _ tokens: [Token]) -> [Statement] {
        var found: [Statement] = []
        var position = 0
        while position < tokens.count {
            let token = tokens[position]
            if token.kind == .quoted {
                let inner = Tokenizer.tokens(token.text)
                if begins(inner, 0, isQuoted: true) {
                    found.append(Statement(text: token.text, place: token.place))
                }
            } else if begins(tokens, position, isQuoted: false) {
                let last = end(tokens, position)
                let place = token.place.lowerBound..<tokens[last].place.upperBound
                let bytes = Array(text.utf8)
                guard place.upperBound <= bytes.count else { return found }
                found.append(
                    Statement(text: String(decoding: bytes[place], as: UTF8.self), place: place))
                position = last
            }
            position += 1
        }
        return found
    }

    /// Outside of quotes a statement shows itself by its capitals or by what follows its verb.
    private static func begins(_ tokens: [Token], _ position: Int, isQuoted: Bool) -> Bool {
        guard position < tokens.count, tokens[position].isWord,
            verbs.contains(tokens[position].lower)
        else { return false }
        let verb = tokens[position].lower
        let rest = tokens[(position + 1)...].map(\.lower)
        if let follower = followers[verb] { return rest.first.map(follower.contains) ?? false }
        switch verb {
        case "select":
            let isLoud = tokens[position].text == "SELECT"
            return rest.prefix(60).contains("from")
                && (isLoud || isQuoted || follows(tokens, position))
                || isLoud
        case "update": return rest.prefix(6).contains("set")
        case "with": return tokens[position].text == "WITH" && rest.contains("as")
        default: return false
        }
    }

    /// The last token of a statement that stands without quotes: before what can only be said about
    /// it, or the end.
    private static func end(_ tokens: [Token], _ start: Int) -> Int {
        let about: Set = [
            "expected", "against", "versus", "vs", "compared", "reference", "valid", "correct",
            "please", "ok", "okay", "fine", "right",
        ]
        let begins: Set = [
            "is", "tell", "which", "what", "score", "check", "give", "explain", "does", "how",
            "then", "compare", "validate", "rate", "will", "the",
        ]
        var end = tokens.count
        for place in tokens.indices.dropFirst(start + 1) {
            let token = tokens[place]
            let isJoin = token.lower == "and" || token.text == ","
            let next = place + 1 < tokens.count ? tokens[place + 1] : nil
            let isTurn =
                isJoin
                && (next.map { begins.contains($0.lower) && $0.text != $0.text.uppercased() }
                    ?? false)
            let isAbout = token.isWord && about.contains(token.lower) && token.text == token.lower
            let isOver = token.text == ";" || (token.text == "?" && place == tokens.count - 1)
            if isTurn || isAbout || isOver {
                end = place
                break
            }
        }
        while end > start + 1,
            [",", ".", "is", "the", "and", "with", ":"].contains(tokens[end - 1].text)
        {
            end -= 1
        }
        return end - 1
    }

    /// After a colon everything is a statement that looks like one.
    private static func follows(_ tokens: [Token], _ position: Int) -> Bool {
        position > 0 && tokens[position - 1].text == ":"
    }
}
