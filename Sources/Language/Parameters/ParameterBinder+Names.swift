import Document

/// Which names are whose: by the word for the kind of thing that stands beside them.
extension ParameterBinder {
    /// Of several statements the one that is called what the parameter is called.
    func statementFit(_ spec: ParameterSpec, _ mention: Mention) -> Double {
        let own = spec.nameStems.filter { !["sql", "statement", "query"].contains($0) }
        let before = tokens[max(0, mention.place.lowerBound - 5)..<mention.place.lowerBound]
        let isCalled = before.contains { own.contains($0.stem) }
        if own.isEmpty {
            let isOthers = specs.contains { other in
                other.name != spec.name && !other.nameStems.isEmpty
                    && before.contains { token in
                        token.stem != "sql" && other.nameStems.contains(token.stem)
                    }
            }
            return isOthers ? 0 : 1
        }
        return isCalled ? 1.5 : 0
    }

    /// The kinds of things a parameter names: `the table, feed or bucket as written`.
    static func kinds(_ spec: ParameterSpec) -> Set<String> {
        let empty: Set = [
            "written", "write", "incident", "id", "name", "whether", "when", "fetch", "continu",
            "only", "read", "list", "many", "report", "data", "whos", "statement",
        ]
        var kinds = Set(spec.nameStems)
        for stem in spec.descriptionStems where !empty.contains(stem) || spec.nameStems.isEmpty {
            kinds.insert(stem)
        }
        return kinds.subtracting(["written", "writ", "incident", "id", "name", "as"])
    }

    /// Whether a parameter names whatever it is about.
    private func isGeneric(_ spec: ParameterSpec) -> Bool {
        let words: Set = ["resourc", "object", "target", "entit", "item", "subject"]
        return spec.nameStems.allSatisfy { words.contains($0) }
    }

    func nameFit(_ spec: ParameterSpec, _ mention: Mention, _ text: String) -> Double? {
        guard !mention.isDenied || spec.isExclusion, !isFault(text),
            text.utf8.contains(where: Tokenizer.isLetter)
        else { return nil }
        if ParameterBinder.isPath(text), !text.contains("."), text.hasPrefix("/") { return nil }
        let kinds = ParameterBinder.kinds(spec)
        switch beside(mention, kinds) {
        case .own: return 1.2
        case .behind: return 1.1
        case .other: return nil
        case .none:
            guard isGeneric(spec), isTelling(text, mention) else { return nil }
            return 0.6 + (isBehindLink(mention) ? 0.1 : 0)
        }
    }

    /// Whether a name is one without a word that says so: `S3` and `p95` are none.
    private func isTelling(_ text: String, _ mention: Mention) -> Bool {
        tokens[mention.place.lowerBound].kind == .quoted || text.utf8.count > 4
            || text.utf8.contains { "_-./".utf8.contains($0) }
    }

    /// `of CLAIMS_MERGE`, `in gl_balances`.
    private func isBehindLink(_ mention: Mention) -> Bool {
        let place = mention.place.lowerBound
        return place > 0 && ["of", "for", "in", "on", "from"].contains(tokens[place - 1].lower)
    }

    private enum Beside { case own, behind, other, none }

    /// Which kind of thing the word beside a name says it is.
    private func beside(_ mention: Mention, _ kinds: Set<String>) -> Beside {
        var place = mention.place.lowerBound - 1
        var links = 0
        while place >= 0, links < 3, !tokens[place].isSign || ":=\"`".contains(tokens[place].text) {
            let token = tokens[place]
            let isLink = ["named", "called", "id", "the", "with", "name", "is", ":", "="]
                .contains(token.lower)
            guard isLink else { break }
            place -= 1
            links += 1
        }
        let next = mention.place.upperBound
        if place >= 0, tokens[place].isWord {
            if kinds.contains(tokens[place].stem) || isPairKind(place, kinds) { return .own }
            if isContent(place), links == 0 || !tokens[place].isSign {
                if next < tokens.count, kinds.contains(tokens[next].stem) { return .behind }
                let isApart = place + 1 < tokens.count && tokens[place + 1].text == ":"
                return isThing(place) && !isApart ? .other : .none
            }
        }
        return next < tokens.count && kinds.contains(tokens[next].stem) ? .behind : .none
    }

    /// `data set` is `dataset`.
    private func isPairKind(_ place: Int, _ kinds: Set<String>) -> Bool {
        place > 0 && kinds.contains(Stemmer.stem(tokens[place - 1].lower + tokens[place].lower))
    }

    private func isContent(_ place: Int) -> Bool {
        !Lexicon.english.isFunction(tokens[place].stem)
    }

    /// Whether the word before a name says what kind of thing it is: no verb, no adverb.
    private func isThing(_ place: Int) -> Bool {
        let word = tokens[place].lower
        return !word.hasSuffix("ing") && !word.hasSuffix("ed") && !word.hasSuffix("ly")
            && !Lexicon.english.isVerb(tokens[place].stem)
            && !Lexicon.english.isAsking(tokens[place].stem)
    }

    /// An error's name is no resource's.
    private func isFault(_ text: String) -> Bool {
        let words: Set = [
            "error", "bad", "exception", "fail", "invalid", "denied", "timeout", "exceeded",
            "fault", "errno",
        ]
        return Tokenizer.parts(text).contains {
            words.contains($0) || words.contains(Stemmer.stem($0))
        }
            || text.hasPrefix("0x")
    }
}
