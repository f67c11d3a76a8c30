import Document

/// Gives what a question mentions to the parameters it was meant for: the surest pair first, each
/// mention and each parameter once.
struct ParameterBinder {
    let specs: [ParameterSpec]
    let tokens: [Token]
    let mentions: [Mention]
    let text: String

    struct Pair {
        var parameter: Int
        var mention: Int
        var score: Double
        var value: Value
    }

    mutating func bound() -> [Extraction.Binding] {
        var values: [Int: (value: Value, words: String)] = [:]
        var used: Set<Int> = []
        for (position, spec) in specs.enumerated() {
            if let explicit = explicit(spec) {
                values[position] = (explicit.value, words(explicit.place))
                for (mention, about) in mentions.enumerated()
                where about.place.overlaps(explicit.place) {
                    used.insert(mention)
                }
            }
        }
        for pair in pairs() where values[pair.parameter] == nil && !used.contains(pair.mention) {
            values[pair.parameter] = (pair.value, words(mentions[pair.mention].place))
            used.insert(pair.mention)
        }
        for (position, spec) in specs.enumerated() where values[position] == nil {
            if let found = byWords(spec, used) { values[position] = found }
        }
        return specs.indices.compactMap { position in
            values[position].map {
                Extraction.Binding(
                    parameter: specs[position].name, value: $0.value, origin: .said,
                    words: $0.words)
            }
        }
    }

    /// All pairs that may be meant, the surest first.
    private func pairs() -> [Pair] {
        var pairs: [Pair] = []
        for (parameter, spec) in specs.enumerated() {
            for (mention, about) in mentions.enumerated() {
                guard let fit = fit(spec, about) else { continue }
                pairs.append(
                    Pair(parameter: parameter, mention: mention, score: fit.score, value: fit.value)
                )
            }
        }
        return pairs.enumerated().sorted { left, right in
            (right.element.score, left.offset) < (left.element.score, right.offset)
        }.map(\.element)
    }

    private func fit(_ spec: ParameterSpec, _ mention: Mention) -> (score: Double, value: Value)? {
        switch (spec.kind, mention.content) {
        case (.number(let isInteger), .number(let number)):
            return numberFit(spec, mention, number).map { ($0, value(number, isInteger)) }
        case (.number(let isInteger), .quantity(let base, let unit)):
            return quantityFit(spec, mention, base, unit).map { score, number in
                (score, value(number, isInteger))
            }
        case (.date, .date(let text)): return (1, .string(text))
        case (.statement, .statement(let text)):
            return (statementFit(spec, mention), .string(text))
        case (.path, .name(let text)):
            return ParameterBinder.isPath(text) ? (1, .string(text)) : nil
        case (.name, .name(let text)):
            return nameFit(spec, mention, text).map { ($0, .string(text)) }
        case (.name, .number):
            let text = words(mention.place)
            guard let score = nameFit(spec, mention, "#\(text)x"), score > 1 else { return nil }
            return (score, .string(text))
        case (.date, .number(let number)):
            return CalendarDate.compact(number).map { (0.9, .string($0)) }
        default: return nil
        }
    }

    static func isPath(_ text: String) -> Bool {
        text.hasPrefix("/") || text.hasPrefix("./") || text.hasPrefix("~/")
            || text.hasPrefix("../") || (text.contains("/") && !text.contains("://"))
            || text.contains("\\")
    }

    /// An integer stays one; of a fraction that is none the schema will say so.
    private func value(_ number: Double, _ isInteger: Bool) -> Value {
        let rounded = (number * 1e6).rounded() / 1e6
        if isInteger, let integer = Int(exactly: rounded) { return Value(integer) }
        return .number(rounded)
    }

    func words(_ place: Range<Int>) -> String {
        tokens[place].map(\.text).joined(separator: " ")
    }
}
