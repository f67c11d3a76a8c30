/// Finds what may be a value in the tokens of one question. It knows nothing of parameters.
struct MentionReader {
    let tokens: [Token]
    let statements: [Statement]
    let now: AskedAt?
    var mentions: [Mention] = []

    static func mentions(
        _ text: String, _ tokens: [Token], now: AskedAt?
    ) -> [Mention] {
        var reader = MentionReader(
            tokens: tokens, statements: Statement.all(text, tokens), now: now)
        reader.run()
        return reader.mentions
    }

    private mutating func run() {
        var position = 0
        while position < tokens.count {
            position = step(position)
        }
    }

    /// Reads what begins at a token; answers where to go on.
    private mutating func step(_ position: Int) -> Int {
        let token = tokens[position]
        if let statement = statements.first(where: { $0.place.contains(token.place.lowerBound) }) {
            let end = tokens[position...].firstIndex {
                $0.place.lowerBound >= statement.place.upperBound
            }
            let place = position..<(end ?? tokens.count)
            mentions.append(Mention(content: .statement(statement.text), place: place))
            return place.upperBound
        }
        let ago = sinceNow(position)
        if let date = CalendarDate.read(tokens[position...], now: now) {
            let place = position..<date.end
            mentions.append(
                Mention(content: .date(date.text), place: place, isDenied: isDenied(position)))
            return date.end
        }
        if let ago { return ago }
        if let bare = bareSpan(position) { return bare }
        if let row = inARow(position) { return row }
        if let number = NumberWords.read(tokens[position...]) { return count(position, number) }
        if token.kind == .quoted || token.kind == .name {
            mentions.append(
                Mention(
                    content: .name(token.text), place: position..<position + 1,
                    isDenied: isDenied(position)))
        }
        return position + 1
    }

    private mutating func count(_ position: Int, _ read: (number: Double, end: Int)) -> Int {
        var end = read.end
        var content = Mention.Content.number(read.number)
        let adjectives: Set = [
            "consecutive", "full", "whole", "straight", "successive", "calendar", "business",
            "working", "more", "solid",
        ]
        if end + 1 < tokens.count, adjectives.contains(tokens[end].lower),
            Unit.named(tokens[end + 1].lower) != nil
        {
            end += 1
        }
        if end < tokens.count, let unit = Unit.named(tokens[end].lower), tokens[end].isWord {
            content = .quantity(read.number * unit.factor, unit)
            end += 1
            addHalf(&content, unit, &end)
        }
        let place = position..<end
        mentions.append(
            Mention(
                content: content, role: role(place, content), place: place,
                isDenied: isDenied(position)))
        return end
    }

    /// `1 hour 30 minutes`, `a day and a half`.
    private func addHalf(_ content: inout Mention.Content, _ unit: Unit, _ end: inout Int) {
        guard case .quantity(let first, _) = content, case .seconds(let factor) = unit else {
            return
        }
        if end + 2 < tokens.count, tokens[end].lower == "and", tokens[end + 1].lower == "a",
            tokens[end + 2].lower == "half"
        {
            content = .quantity(first + factor / 2, unit)
            end += 3
            return
        }
        let next = end < tokens.count && tokens[end].lower == "and" ? end + 1 : end
        guard next < tokens.count, let more = NumberWords.read(tokens[next...]),
            more.end < tokens.count,
            case .seconds(let smaller)? = Unit.named(tokens[more.end].lower),
            smaller < factor
        else { return }
        content = .quantity(first + more.number * smaller, unit)
        end = more.end + 1
    }

    /// `the third day in a row`.
    private mutating func inARow(_ position: Int) -> Int? {
        let ordinals = [
            "second": 2.0, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
        ]
        guard position + 2 < tokens.count, let number = ordinals[tokens[position].lower],
            case .seconds(let factor)? = Unit.named(tokens[position + 1].lower),
            ["in", "running", "straight"].contains(tokens[position + 2].lower)
        else { return nil }
        mentions.append(
            Mention(
                content: .quantity(number * factor, .seconds(factor)), role: .span,
                place: position..<position + 2))
        return position + 2
    }

    /// `the last hour`, `past week`: a unit that stands alone is one of it.
    private mutating func bareSpan(_ position: Int) -> Int? {
        let word = tokens[position].lower
        let isPast = Cue.past.contains(word)
        guard isPast || Cue.future.contains(word), position + 1 < tokens.count,
            case .seconds(let factor)? = Unit.named(tokens[position + 1].lower),
            tokens[position + 1].lower.utf8.count > 2
        else { return nil }
        var content = Mention.Content.quantity(factor, .seconds(factor))
        var end = position + 2
        addHalf(&content, .seconds(factor), &end)
        mentions.append(
            Mention(content: content, role: isPast ? .past : .future, place: position..<end))
        return end
    }

    /// `since Monday`, `since yesterday`, `today`: as long as it is ago, where the time is known.
    private mutating func sinceNow(_ position: Int) -> Int? {
        guard let now, let ago = CalendarDate.ago(tokens[position...], now: now) else { return nil }
        mentions.append(
            Mention(
                content: .quantity(ago.seconds, .seconds(3600)), role: .past,
                place: position..<ago.end))
        return ago.end
    }

    private func isDenied(_ position: Int) -> Bool {
        for before in stride(from: position - 1, through: max(0, position - 4), by: -1) {
            let word = tokens[before].lower
            if Cue.denying.contains(word) { return true }
            if tokens[before].isSign, word != "," { return false }
        }
        return false
    }
}
