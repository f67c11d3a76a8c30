import Document

/// Values that are said by words alone: flags, choices, lists, names without a sign of being one,
/// and parameters that are called by their own name.
extension ParameterBinder {
    typealias Found = (value: Value, words: String)

    /// `max_patterns=5`, `limit: 10`, `max patterns 5`: the parameter's own name and a value.
    func explicit(_ spec: ParameterSpec) -> (value: Value, place: Range<Int>)? {
        for position in tokens.indices {
            guard let end = nameEnd(spec, position) else { continue }
            var place = end
            while place < tokens.count, ["=", ":", "to", "is", "of"].contains(tokens[place].lower) {
                place += 1
            }
            guard place < tokens.count,
                place > end || tokens[place].number != nil || isOption(position),
                let value = explicitValue(spec, place)
            else { continue }
            return (value.value, position..<value.end)
        }
        return nil
    }

    /// Where the name ends that begins at a token; single plain words need a sign after them.
    private func nameEnd(_ spec: ParameterSpec, _ position: Int) -> Int? {
        let lower = tokens[position].lower
        let bare = lower.hasPrefix("--") ? String(lower.dropFirst(2)) : lower
        let parts = Tokenizer.parts(spec.name)
        if Tokenizer.parts(bare) == parts, parts.count > 1 || lower.hasPrefix("--") {
            return position + 1
        }
        if parts.count == 1, lower == parts[0] {
            let next = position + 1
            guard next < tokens.count,
                isOption(position) || "=:".contains(tokens[next].text)
                    || spec.name == "limit"
            else { return nil }
            return next
        }
        guard parts.count > 1, position + parts.count <= tokens.count else { return nil }
        let isSpelled = parts.indices.allSatisfy { tokens[position + $0].lower == parts[$0] }
        return isSpelled ? position + parts.count : nil
    }

    /// `--hours 5`.
    private func isOption(_ position: Int) -> Bool {
        let start = tokens[position].place.lowerBound
        let bytes = Array(text.utf8.prefix(start))
        return bytes.suffix(2).elementsEqual([0x2D, 0x2D])
    }

    private func explicitValue(_ spec: ParameterSpec, _ place: Int) -> (value: Value, end: Int)? {
        switch spec.kind {
        case .number(let isInteger):
            guard let read = NumberWords.read(tokens[place...]) else { return nil }
            var number = read.number
            var end = read.end
            if end < tokens.count, let unit = Unit.named(tokens[end].lower), let own = spec.unit,
                own.isSameKind(as: unit)
            {
                number = number * unit.factor / own.factor
                end += 1
            }
            if isInteger, let integer = Int(exactly: number) { return (Value(integer), end) }
            return (.number(number), end)
        case .flag:
            let yes: Set = ["true", "yes", "on"]
            let no: Set = ["false", "no", "off"]
            let word = tokens[place].lower
            guard yes.contains(word) || no.contains(word) else { return nil }
            return (.bool(yes.contains(word)), place + 1)
        case .choice(let choices):
            let word = tokens[place].lower
            return choices.first { $0.lowercased() == word }.map { (.string($0), place + 1) }
        case .name, .path:
            guard !tokens[place].isSign, place > 0, tokens[place - 1].isSign else { return nil }
            return (.string(tokens[place].text), place + 1)
        default: return nil
        }
    }

    func byWords(_ spec: ParameterSpec, _ used: Set<Int>) -> Found? {
        switch spec.kind {
        case .flag: flag(spec)
        case .choice(let choices): choice(spec, choices)
        case .name: plainName(spec)
        case .names(let isNumeric): isNumeric ? nil : list(spec)
        case .number(let isInteger): isInteger ? times(spec) : nil
        default: nil
        }
    }

    private static let switching: Set<String> = [
        "includ", "show", "with", "list", "enabl", "us", "use", "exclud", "allow", "is", "has",
        "only", "skip", "ignor", "ignore", "verbos",
    ]

    /// A flag is said by the words of its name; what stands before them says which way.
    private func flag(_ spec: ParameterSpec) -> Found? {
        let things = spec.nameStems.filter { !ParameterBinder.switching.contains($0) }
        let wanted = (things.isEmpty ? spec.nameStems : things).map(likewise)
        guard
            let place = tokens.indices.first(where: { at in
                wanted.contains { $0.contains(tokens[at].stem) }
            }), wanted.allSatisfy({ stems in tokens.contains { stems.contains($0.stem) } })
        else { return nil }
        let before = tokens[max(0, place - 4)..<place].map(\.lower)
        let after = tokens[min(tokens.count, place + 1)...].prefix(4).map(\.lower)
        let negative: Set = [
            "without", "no", "not", "exclude", "excluding", "except", "ignore", "ignoring", "skip",
            "hide", "omit", "leave", "never", "minus",
        ]
        let positive: Set = [
            "include", "including", "included", "with", "also", "and", "plus", "show", "even",
            "list", "enable", "incl", "as", "too", "count", "counting",
        ]
        let isNamedOut = spec.isExclusion
        if before.contains(where: negative.contains) || after.prefix(2).contains("excluded") {
            return (.bool(isNamedOut), tokens[place].text)
        }
        if before.contains(where: positive.contains)
            || after.contains(where: { ["too", "included", "also", "well"].contains($0) })
            || things.isEmpty
        {
            return (.bool(!isNamedOut), tokens[place].text)
        }
        return nil
    }

    /// A stem and those that often stand for it.
    private func likewise(_ stem: String) -> Set<String> {
        let lexicon = Lexicon.english
        return lexicon.groups(of: stem).reduce(into: [stem]) { stems, group in
            stems.formUnion(lexicon.members(of: group))
        }
    }

    /// One of the choices, or an inflection of it. The default needs to be named with the
    /// parameter's own name: its word may be there for other reasons.
    private func choice(_ spec: ParameterSpec, _ choices: [String]) -> Found? {
        for (place, token) in tokens.enumerated() where token.isWord || token.kind == .name {
            for choice in choices {
                let isSaid =
                    token.lower == choice.lowercased()
                    || (choice.utf8.count > 3 && token.isWord
                        && token.stem == Stemmer.stem(choice.lowercased()))
                guard isSaid, !isDenied(place) else { continue }
                let isNamed = tokens[max(0, place - 2)..<min(tokens.count, place + 3)].contains {
                    spec.nameStems.contains($0.stem)
                }
                if isNamed || spec.fallback?.string != choice {
                    return (.string(choice), token.text)
                }
            }
        }
        return nil
    }

    private func isDenied(_ place: Int) -> Bool {
        tokens[max(0, place - 3)..<place].contains {
            ["not", "no", "without", "never"].contains($0.lower)
        }
    }

    /// `do not retry` is none, `retry once` is one.
    private func times(_ spec: ParameterSpec) -> Found? {
        guard spec.unit == nil, spec.purpose == .measure else { return nil }
        guard let place = tokens.indices.first(where: { spec.nameStems.contains(tokens[$0].stem) })
        else { return nil }
        let near = tokens[max(0, place - 3)..<min(tokens.count, place + 5)]
        let counts = ["once": 1, "twice": 2, "thrice": 3]
        if let word = near.first(where: { counts[$0.lower] != nil }), let count = counts[word.lower]
        {
            return (Value(count), word.text)
        }
        let before = tokens[max(0, place - 3)..<place].map(\.lower)
        let denials: Set = ["not", "no", "never", "without"]
        return before.contains(where: denials.contains) ? (0, tokens[place].text) : nil
    }

    /// A plain word right after the word for its kind: `table positions`, `service checkout`.
    private func plainName(_ spec: ParameterSpec) -> Found? {
        let kinds = ParameterBinder.kinds(spec)
        for place in tokens.indices.dropLast() where kinds.contains(tokens[place].stem) {
            guard tokens[place].isWord, let name = nameAfter(place) else { continue }
            return (.string(name), name)
        }
        return nil
    }

    /// The plain name after a word for its kind, with what hyphens join to it.
    private func nameAfter(_ place: Int) -> String? {
        var start = place + 1
        while start + 1 < tokens.count,
            ["named", "called", "id", "name", ":", "="].contains(tokens[start].lower)
        {
            start += 1
        }
        guard start < tokens.count, tokens[start].isWord, !tokens[start].isJoined else {
            return nil
        }
        var end = start + 1
        while end < tokens.count, tokens[end].isJoined, tokens[end].isWord { end += 1 }
        if end > start + 1 {
            let isPlain = tokens[start..<end].contains {
                $0.lower.hasSuffix("ing") || $0.lower.hasSuffix("ed")
            }
            let bytes = Array(text.utf8)
            let place = tokens[start].place.lowerBound..<tokens[end - 1].place.upperBound
            guard !isPlain, place.upperBound <= bytes.count else { return nil }
            return String(decoding: bytes[place], as: UTF8.self)
        }
        return mayBeName(start) ? tokens[start].text : nil
    }

    /// Whether a plain word may be somebody's name for something.
    private func mayBeName(_ place: Int) -> Bool {
        let token = tokens[place]
        let lexicon = Lexicon.english
        let isLoud =
            token.text.utf8.count > 2
            && (token.text.utf8.allSatisfy { $0 < 0x61 } || isCamel(token.text))
        if isLoud { return !lexicon.isFunction(token.stem) }
        guard token.text.utf8.count > 2, !lexicon.isFunction(token.stem),
            !lexicon.isAsking(token.stem), !lexicon.isVerb(token.stem),
            !token.lower.hasSuffix("ing"), !token.lower.hasSuffix("ed"),
            Unit.named(token.lower) == nil
        else { return false }
        return lexicon.isEntity(token.stem) || lexicon.groups(of: token.stem).isEmpty
    }

    /// `DailyLoad`, `dailyLoad`.
    private func isCamel(_ text: String) -> Bool {
        zip(text.utf8, text.utf8.dropFirst()).contains { left, right in
            left >= 0x61 && left <= 0x7A && right >= 0x41 && right <= 0x5A
        }
    }

    /// `databases shop and crm`, `excluding database archive`, `only shop and crm`.
    private func list(_ spec: ParameterSpec) -> Found? {
        let kinds = Set(
            spec.nameStems.filter { !["exclud", "skip", "ignor", "only", "includ"].contains($0) })
        var names: [String] = []
        for place in tokens.indices where kinds.contains(tokens[place].stem) {
            var next = place + 1
            var isOut = isLeftOut(place)
            while next < tokens.count,
                Cue.denying.contains(tokens[next].lower)
                    || ["other", "than", "for", "named", "called"].contains(tokens[next].lower)
            {
                isOut =
                    isOut || Cue.denying.contains(tokens[next].lower)
                    || tokens[next].lower == "other"
                next += 1
            }
            guard isOut == spec.isExclusion else { continue }
            while next < tokens.count {
                let token = tokens[next]
                if [",", "and", "or", ":"].contains(token.lower), next + 1 < tokens.count {
                    next += 1
                    continue
                }
                guard
                    token.kind == .name || token.kind == .quoted
                        || (token.isWord && mayBeName(next))
                else { break }
                names.append(token.text)
                next += 1
            }
            if names.isEmpty, let before = nameBefore(place) { names = [before] }
        }
        guard !names.isEmpty else { return nil }
        return (.array(names.map(Value.string)), names.joined(separator: ", "))
    }

    /// `the shop database`.
    private func nameBefore(_ place: Int) -> String? {
        guard place > 0 else { return nil }
        let token = tokens[place - 1]
        if token.kind == .name || token.kind == .quoted { return token.text }
        guard place > 1, token.isWord, mayBeName(place - 1), tokens[place - 2].isWord,
            Lexicon.english.isFunction(tokens[place - 2].stem)
        else { return nil }
        return token.text
    }

    private func isLeftOut(_ place: Int) -> Bool {
        for before in stride(from: place - 1, through: max(0, place - 4), by: -1) {
            let word = tokens[before].lower
            if Cue.denying.contains(word) || word == "than" { return true }
            if word == "only" { return false }
        }
        return false
    }
}
