import Telemetry

/// Days as people write them: `2026-02-15`, `3 March 2026`, `March 3rd, 2026`, `yesterday`.
enum CalendarDate {
    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september",
        "october", "november", "december",
    ]
    private static let weekdays = [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    ]

    /// The date that begins at a token, as ISO 8601, and where it ends.
    static func read(_ tokens: ArraySlice<Token>, now: AskedAt?) -> (text: String, end: Int)? {
        guard let first = tokens.first else { return nil }
        if case .name = first.kind, let date = numeric(first.text) {
            return (date, tokens.startIndex + 1)
        }
        if let written = written(tokens, now: now) { return written }
        guard let now, first.isWord else { return nil }
        switch first.lower {
        case "yesterday": return (iso(now.day - 1), tokens.startIndex + 1)
        case "today": return (iso(now.day), tokens.startIndex + 1)
        default: return nil
        }
    }

    /// `2026-02-15`, also with a time behind it; `15.02.2026`; `2026/02/15`.
    private static func numeric(_ text: String) -> String? {
        let head = text.prefix { $0 != "T" && $0 != " " }
        for separator in ["-", "/", "."] {
            let parts = head.split(separator: Character(separator)).map(String.init)
            guard parts.count == 3, parts.allSatisfy({ $0.utf8.allSatisfy(Tokenizer.isDigit) })
            else { continue }
            if parts[0].utf8.count == 4 { return iso(parts[0], parts[1], parts[2]) }
            guard parts[2].utf8.count == 4 else { continue }
            // With slashes the month comes first, unless it can be none.
            let isMonthFirst = separator == "/" && (Int(parts[0]) ?? 13) <= 12
            return isMonthFirst
                ? iso(parts[2], parts[0], parts[1]) : iso(parts[2], parts[1], parts[0])
        }
        return nil
    }

    /// `20260215`.
    static func compact(_ number: Double) -> String? {
        guard let digits = Int(exactly: number), (19_000_101...21_001_231).contains(digits) else {
            return nil
        }
        return iso(digits / 10_000, digits / 100 % 100, digits % 100)
    }

    private static func month(_ token: Token) -> Int? {
        guard token.isWord, token.lower.utf8.count >= 3 else { return nil }
        // "May" is a month with its capital only.
        if token.lower == "may", token.text == "may" { return nil }
        let word = token.lower == "sept" ? "sep" : token.lower
        return months.firstIndex { $0 == word || (word.utf8.count == 3 && $0.hasPrefix(word)) }
            .map { $0 + 1 }
    }

    private static func written(
        _ tokens: ArraySlice<Token>, now: AskedAt?
    ) -> (text: String, end: Int)? {
        var place = tokens.startIndex
        var day: Int?
        if let number = tokens[place].number { day = Int(exactly: number) }
        if day != nil {
            place += 1
            if place < tokens.endIndex, tokens[place].lower == "of" { place += 1 }
        }
        guard place < tokens.endIndex, let month = month(tokens[place]) else { return nil }
        place += 1
        if day == nil {
            guard place < tokens.endIndex, let number = tokens[place].number else { return nil }
            day = Int(exactly: number)
            place += 1
        }
        guard let day, (1...31).contains(day) else { return nil }
        var next = place
        if next < tokens.endIndex, tokens[next].text == "," { next += 1 }
        if next < tokens.endIndex, let number = tokens[next].number,
            let year = Int(exactly: number),
            (1900...2200).contains(year)
        {
            return iso(year, month, day).map { ($0, next + 1) }
        }
        guard let now else { return nil }
        return iso(Int(CivilDate(dayOfEpoch: Int64(now.day)).year), month, day).map { ($0, place) }
    }

    /// How long ago it is that `since Monday`, `since yesterday` or `since 10:30` say.
    static func ago(
        _ tokens: ArraySlice<Token>, now: AskedAt
    ) -> (seconds: Double, end: Int)? {
        guard let first = tokens.first, first.isWord else { return nil }
        var place = tokens.startIndex
        if first.lower == "since" { place += 1 }
        guard place < tokens.endIndex else { return nil }
        if tokens[place].lower == "last", place > tokens.startIndex { place += 1 }
        guard place < tokens.endIndex else { return nil }
        let isSince = place > tokens.startIndex
        switch tokens[place].lower {
        case "yesterday": return (now.inDay + 86_400, place + 1)
        case "today", "midnight":
            return isSince || tokens[place].lower == "today"
                ? (now.inDay, place + 1) : nil
        default:
            guard isSince, let weekday = weekdays.firstIndex(of: tokens[place].lower) else {
                return nil
            }
            let days = ((now.weekday - weekday) % 7 + 7) % 7
            return (now.inDay + Double(days == 0 ? 7 : days) * 86_400, place + 1)
        }
    }

    private static func iso(_ year: String, _ month: String, _ day: String) -> String? {
        guard let year = Int(year), let month = Int(month), let day = Int(day) else { return nil }
        return iso(year, month, day)
    }

    /// Nil for a day that no calendar has.
    private static func iso(_ year: Int, _ month: Int, _ day: Int) -> String? {
        guard (1...12).contains(month), day >= 1, (1...9999).contains(year) else { return nil }
        let isLeap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
        let longest = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
        guard day <= longest else { return nil }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    private static func iso(_ day: Int) -> String {
        let date = CivilDate(dayOfEpoch: Int64(day))
        let (year, month) = (padded(Int(date.year), 4), padded(Int(date.month), 2))
        return "\(year)-\(month)-\(padded(Int(date.day), 2))"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
