import Document

/// Which numbers are whose: by unit, by the words around, and by what is counted.
extension ParameterBinder {
    /// A number without a unit.
    func numberFit(_ spec: ParameterSpec, _ mention: Mention, _ number: Double) -> Double? {
        let counted = counted(spec, mention)
        if mention.role == .times {
            return spec.purpose == .measure && spec.unit == nil
                ? 0.5 + namedNear(spec, mention) : nil
        }
        guard spec.unit == nil else {
            return nil
        }
        switch spec.purpose {
        case .limit:
            if counted > 0 { return 1 + counted }
            guard mention.role == .top || isComparedLimit(mention), countsEntries(spec) else {
                return nil
            }
            return 0.6 + (spec.name.hasPrefix("max") || spec.name == "limit" ? 0.1 : 0)
        default:
            return counted > 0 ? 0.8 + counted : nil
        }
    }

    private func isComparedLimit(_ mention: Mention) -> Bool { mention.role == .most }

    /// Whether it limits how many entries come back, whatever they are.
    private func countsEntries(_ spec: ParameterSpec) -> Bool {
        let parts = Tokenizer.parts(spec.name)
        let says: Set = ["limit", "top", "max", "count", "num", "maximum", "first", "n", "size"]
        return !Set(parts).isDisjoint(with: says)
            || !spec.descriptionStems.isDisjoint(with: ["list", "report", "entr", "most", "show"])
                && spec.descriptionStems.contains("many")
    }

    /// How surely what is counted is what the parameter counts: `top three patterns`.
    private func counted(_ spec: ParameterSpec, _ mention: Mention) -> Double {
        var best = 0.0
        for (distance, position) in following(mention).enumerated() {
            let near = 1 - 0.15 * Double(distance)
            if tokens[position].stem == spec.nameStems.last { best = max(best, near) }
        }
        return best
    }

    /// The words after a number up to the end of what it counts.
    private func following(_ mention: Mention) -> [Int] {
        var positions: [Int] = []
        var place = mention.place.upperBound
        while place < tokens.count, positions.count < 5 {
            let token = tokens[place]
            let isLink = token.lower == "of" || token.lower == "the" || token.lower == "more"
            if token.isSign || token.number != nil { break }
            if !isLink, Lexicon.english.isFunction(token.stem), positions.isEmpty == false { break }
            if !isLink { positions.append(place) }
            place += 1
        }
        return positions
    }

    /// How near the words of a parameter's name stand.
    func namedNear(_ spec: ParameterSpec, _ mention: Mention) -> Double {
        let range =
            max(0, mention.place.lowerBound - 6)..<min(tokens.count, mention.place.upperBound + 4)
        return tokens[range].contains { spec.nameStems.contains($0.stem) } ? 0.4 : 0
    }

    /// A number with a unit, in the unit of the parameter.
    func quantityFit(
        _ spec: ParameterSpec, _ mention: Mention, _ base: Double, _ unit: Unit
    ) -> (Double, Double)? {
        guard let own = spec.unit, own.isSameKind(as: unit) else { return nil }
        guard let score = roleFit(spec, mention) else { return nil }
        return (score + namedNear(spec, mention) / 4, base / own.factor)
    }

    private func roleFit(_ spec: ParameterSpec, _ mention: Mention) -> Double? {
        switch (spec.purpose, mention.role) {
        case (.window, .past): 1
        case (.window, .span), (.window, .plain): isBare(mention) ? nil : 0.5
        case (.horizon, .future): 1
        case (.horizon, .span), (.horizon, .plain): 0.6
        case (.threshold, .least), (.threshold, .most): 1
        case (.threshold, .plain):
            namedNear(spec, mention) > 0 || spec.unit == .percent ? 0.4 : nil
        case (.threshold, .past): isAge(spec) ? 0.8 : nil
        case (.measure, .span): 1
        case (.measure, .plain), (.measure, .past), (.measure, .top): 0.7
        case (.measure, .future): 0.5
        case (.measure, .least), (.measure, .most): 0.4
        default: nil
        }
    }

    private func isAge(_ spec: ParameterSpec) -> Bool {
        !spec.descriptionStems.union(spec.nameStems).isDisjoint(with: ["age", "old", "older"])
    }

    /// `a day`, `an hour` without a word before it that says which.
    private func isBare(_ mention: Mention) -> Bool {
        ["a", "an"].contains(tokens[mention.place.lowerBound].lower) && mention.role == .plain
    }
}
