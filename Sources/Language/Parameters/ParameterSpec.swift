import Document

/// One parameter of an agent, as its schema describes it: what may be its value, in which unit, and
/// by which words people speak of it.
struct ParameterSpec: Sendable {
    enum Kind: Sendable {
        case number(isInteger: Bool)
        case flag
        case choice([String])
        case date
        case statement
        case path
        case name
        case names(isNumeric: Bool)
        /// What no question can say: an object, free text.
        case other
    }

    /// What a number of it means.
    enum Purpose: Sendable {
        /// How far back.
        case window
        /// How far ahead.
        case horizon
        /// Above or below which something counts.
        case threshold
        /// For how long, how often, how many: as such.
        case measure
        /// How many entries at most.
        case limit
    }

    let name: String
    let schema: Value
    let kind: Kind
    let unit: Unit?
    let purpose: Purpose
    /// The stems of the name that say what it is of.
    let nameStems: [String]
    /// Those of the description.
    let descriptionStems: Set<String>
    /// Whether it names what is left out.
    let isExclusion: Bool
    let isRequired: Bool
    let fallback: Value?

    init(name: String, schema: Value, isRequired: Bool) {
        self.name = name
        self.schema = schema
        self.isRequired = isRequired
        fallback = schema["default"]
        let parts = Tokenizer.parts(name)
        let description = schema["description"]?.string ?? ""
        let tokens = Tokenizer.tokens(description)
        unit = ParameterSpec.unit(parts, tokens)
        nameStems = parts.filter { !ParameterSpec.isGeneric($0) }.map(Stemmer.stem)
        descriptionStems = ParameterSpec.stems(tokens)
        isExclusion = !Set(parts).isDisjoint(with: [
            "exclude", "excluded", "except", "skip", "ignore", "ignored", "without", "omit",
        ])
        kind = ParameterSpec.kind(schema, parts, description.lowercased())
        purpose = ParameterSpec.purpose(parts, tokens, unit)
    }

    static func all(_ schema: Value) -> [ParameterSpec] {
        let required = Set((schema["required"]?.array ?? []).compactMap(\.string))
        return (schema["properties"]?.object ?? [:]).map { name, schema in
            ParameterSpec(name: name, schema: schema, isRequired: required.contains(name))
        }
    }

    /// Words of a name that say nothing of what it is of.
    private static func isGeneric(_ part: String) -> Bool {
        let words: Set = [
            "max", "min", "maximum", "minimum", "num", "count", "id", "name", "path", "of", "the",
            "ids", "names", "limit", "number", "is", "no", "n", "list", "value", "key",
        ]
        return words.contains(part) || Unit.named(part) != nil
    }

    private static func stems(_ tokens: [Token]) -> Set<String> {
        let lexicon = Lexicon.english
        var stems = Set(
            tokens.filter { $0.isWord && !lexicon.isFunction($0.stem) }.map(\.stem))
        for (left, right) in zip(tokens, tokens.dropFirst()) where left.isWord && right.isWord {
            stems.insert(Stemmer.stem(left.lower + right.lower))
        }
        return stems
    }

    private static func unit(_ parts: [String], _ tokens: [Token]) -> Unit? {
        for (position, part) in parts.enumerated().reversed() {
            guard let unit = Unit.named(part), part != "min" || position > 0, part != "b" else {
                continue
            }
            return unit
        }
        for (left, right) in zip(tokens, tokens.dropFirst()) where left.lower == "in" {
            if let unit = Unit.named(right.lower), right.lower != "a" { return unit }
        }
        return nil
    }

    private static func kind(_ schema: Value, _ parts: [String], _ description: String) -> Kind {
        if let choices = schema["enum"]?.array {
            return .choice(choices.compactMap(\.string))
        }
        let types = (schema["type"]?.array ?? [schema["type"] ?? .null]).compactMap(\.string)
        switch types.first(where: { $0 != "null" }) {
        case "integer": return .number(isInteger: true)
        case "number": return .number(isInteger: false)
        case "boolean": return .flag
        case "string": return text(schema, parts, description)
        case "array":
            let item = schema["items"]?["type"]?.string
            if item == "string" { return .names(isNumeric: false) }
            return item == "integer" || item == "number" ? .names(isNumeric: true) : .other
        default: return .other
        }
    }

    private static func text(
        _ schema: Value, _ parts: [String], _ description: String
    ) -> Kind {
        if let format = schema["format"]?.string, format.hasPrefix("date") { return .date }
        let last = parts.last ?? ""
        if parts.contains("sql") || parts.contains("statement")
            || description.contains("sql statement")
        {
            return .statement
        }
        if ["path", "file", "directory", "folder"].contains(last) { return .path }
        if last == "date" || last == "day" { return .date }
        let free: Set = ["query", "question", "text", "message", "prompt", "content", "body"]
        return free.contains(last) ? .other : .name
    }

    private static func purpose(_ parts: [String], _ tokens: [Token], _ unit: Unit?) -> Purpose {
        let words = Set(tokens.map(\.lower)).union(parts)
        func says(_ list: Set<String>) -> Bool { !words.isDisjoint(with: list) }
        let isBound = !Set(parts).isDisjoint(with: ["max", "min", "maximum", "minimum", "warn"])
        guard unit != nil else {
            if says(["often", "retries", "attempts", "times"]) { return .measure }
            return .limit
        }
        if isBound || says(["threshold", "above", "below", "least"]) { return .threshold }
        if says(["ahead", "horizon", "forecast", "future", "predict"]) { return .horizon }
        if says(["back", "last", "past", "window", "lookback", "since", "history", "previous"]) {
            return .window
        }
        return .measure
    }
}
