/// Numbers in words: `twenty-five`, `a dozen`, `ten thousand`, `2.5k`.
enum NumberWords {
    private static let ones: [String: Double] = [
        "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
        "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13,
        "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
        "nineteen": 19,
    ]
    private static let tens: [String: Double] = [
        "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60,
        "seventy": 70, "eighty": 80, "ninety": 90,
    ]
    private static let scales: [String: Double] = [
        "hundred": 100, "thousand": 1000, "k": 1000, "million": 1e6, "billion": 1e9,
    ]

    /// The number that begins at a token, and where it ends; nil where none does.
    static func read(_ tokens: ArraySlice<Token>) -> (number: Double, end: Int)? {
        guard let first = tokens.first else { return nil }
        if let number = first.number {
            return scaled(number, tokens.startIndex + 1, tokens)
        }
        guard first.isWord else { return nil }
        switch first.lower {
        case "half": return half(tokens)
        case "single": return (1, tokens.startIndex + 1)
        case "a", "an": return article(tokens)
        case "dozen": return (12, tokens.startIndex + 1)
        case "couple": return (2, after("of", tokens.startIndex + 1, tokens))
        default: return plain(tokens)
        }
    }

    /// `three quarters of an hour`.
    private static func quarters(
        _ number: Double, _ end: Int, _ tokens: ArraySlice<Token>
    ) -> (number: Double, end: Int)? {
        guard end + 2 < tokens.endIndex, tokens[end].lower == "quarters",
            tokens[end + 1].lower == "of"
        else { return nil }
        let place = after("an", end + 2, tokens)
        return place < tokens.endIndex && Unit.named(tokens[place].lower) != nil
            ? (number / 4, place) : nil
    }

    /// `half an hour`, `half a minute`, `half a dozen`.
    private static func half(_ tokens: ArraySlice<Token>) -> (number: Double, end: Int)? {
        var end = tokens.startIndex + 1
        if end < tokens.endIndex, ["a", "an", "the"].contains(tokens[end].lower) { end += 1 }
        guard end < tokens.endIndex else { return nil }
        if tokens[end].lower == "dozen" { return (6, end + 1) }
        return Unit.named(tokens[end].lower) == nil ? nil : (0.5, end)
    }

    /// `a dozen`, `a couple of`, `a hundred`, `an hour`, `a day and a half` without its half.
    private static func article(_ tokens: ArraySlice<Token>) -> (number: Double, end: Int)? {
        let next = tokens.startIndex + 1
        guard next < tokens.endIndex, tokens[next].isWord else { return nil }
        let word = tokens[next].lower
        if word == "dozen" { return (12, after("of", next + 1, tokens)) }
        if word == "couple" { return (2, after("of", next + 1, tokens)) }
        if word == "half" { return half(tokens.dropFirst()) }
        if word == "quarter", next + 1 < tokens.endIndex {
            let end = after("an", after("of", next + 1, tokens), tokens)
            if end < tokens.endIndex, tokens[end].lower.hasPrefix("hour") { return (0.25, end) }
        }
        if scales[word] != nil, word != "k" { return scaled(1, next, tokens) }
        guard let unit = Unit.named(word), case .seconds = unit, word.utf8.count > 2 else {
            return nil
        }
        return (1, next)
    }

    private static func after(_ word: String, _ place: Int, _ tokens: ArraySlice<Token>) -> Int {
        place < tokens.endIndex && tokens[place].lower == word ? place + 1 : place
    }

    private static func plain(_ tokens: ArraySlice<Token>) -> (number: Double, end: Int)? {
        var end = tokens.startIndex
        var number = 0.0
        if let ten = tens[tokens[end].lower] {
            number = ten
            end += 1
            if end < tokens.endIndex, let one = ones[tokens[end].lower], one > 0, one < 10 {
                number += one
                end += 1
            }
        } else if let one = ones[tokens[end].lower] {
            number = one
            end += 1
        } else {
            return nil
        }
        return scaled(number, end, tokens)
    }

    /// `3 thousand`, `two and a half hours`, `two hundred and fifty`.
    private static func scaled(
        _ number: Double, _ end: Int, _ tokens: ArraySlice<Token>
    ) -> (number: Double, end: Int) {
        if let part = quarters(number, end, tokens) { return part }
        var (number, end) = (number, end)
        while end < tokens.endIndex, let scale = scales[tokens[end].lower],
            tokens[end].lower != "k" || tokens[end - 1].number != nil
        {
            number *= scale
            end += 1
        }
        if end + 2 < tokens.endIndex, tokens[end].lower == "and", tokens[end + 1].lower == "a",
            tokens[end + 2].lower == "half"
        {
            return (number + 0.5, end + 3)
        }
        if number >= 100, end < tokens.endIndex, tokens[end - 1].number == nil {
            let next = after("and", end, tokens)
            if next < tokens.endIndex,
                ones[tokens[next].lower] != nil
                    || tens[tokens[next].lower] != nil, let rest = plain(tokens[next...]),
                rest.number < number
            {
                return (number + rest.number, rest.end)
            }
        }
        return (number, end)
    }
}
