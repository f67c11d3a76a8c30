import Document
import Language

/// Which rules' words occur in a text. In `word` mode whole words count, with their plain English
/// inflections; in `substring` mode any part of the text does. With `overlap: longest` a phrase
/// hides the shorter ones within it, and of equally long ones the rule that stands first wins.
///
/// Rules are an object from a label to its words, or a list of `{label, words}` in which `label`
/// may be called `name` and other members are handed through.
struct KeywordMatch {
    private var rules: [Rule] = []
    private let fallback: Value

    private struct Rule {
        var label: String
        var words: [String]
        var members: Value
        var found: [String] = []
    }

    init(_ with: Value) throws(FlowError) {
        guard let text = (with["text"] ?? with["query"])?.string else {
            throw FlowError(.validation, "\"text\" says what is looked through; it is missing")
        }
        let match = with["match"]?.string ?? "word"
        guard let mode = KeywordFinder.Mode(rawValue: match) else {
            throw FlowError(.validation, "match is \"word\" or \"substring\", not \"\(match)\"")
        }
        fallback = with["default"] ?? .null
        rules = try KeywordMatch.rules(with["rules"] ?? with["labels"] ?? with["routes"] ?? .null)
        let finder = KeywordFinder(text, mode: mode)
        if with["overlap"]?.string == "longest" {
            findLongest(finder, mode)
        } else {
            for position in rules.indices {
                rules[position].found = rules[position].words.filter {
                    finder.place(of: KeywordFinder.Phrase($0)) != nil
                }
            }
        }
    }

    private static func rules(_ value: Value) throws(FlowError) -> [Rule] {
        var rules: [Rule] = []
        switch value {
        case .object(let members):
            for (label, words) in members {
                rules.append(Rule(label: label, words: texts(words), members: .null))
            }
        case .array(let list):
            for rule in list {
                let label = (rule["label"] ?? rule["name"])?.string ?? ""
                let words = texts(rule["words"] ?? rule["any"] ?? .null)
                rules.append(Rule(label: label, words: words, members: rule))
            }
        default: throw FlowError(.validation, "\"rules\" are an object or a list; they are missing")
        }
        return rules
    }

    private static func texts(_ value: Value) -> [String] {
        (value.array ?? [value]).compactMap(\.string).filter { !$0.isEmpty }
    }

    private mutating func findLongest(_ finder: KeywordFinder, _ mode: KeywordFinder.Mode) {
        var candidates: [(length: Int, rule: Int, word: String)] = []
        for (rule, words) in rules.map(\.words).enumerated() {
            for word in words {
                candidates.append((KeywordFinder.Phrase(word).length(mode), rule, word))
            }
        }
        candidates.sort { ($1.length, $0.rule) < ($0.length, $1.rule) }
        var taken: [Range<Int>] = []
        for candidate in candidates {
            let place = finder.place(of: KeywordFinder.Phrase(candidate.word)) { place in
                !taken.contains { $0.overlaps(place) }
            }
            guard let place else { continue }
            taken.append(place)
            rules[candidate.rule].found.append(candidate.word)
        }
    }

    private var hits: [Rule] { rules.filter { !$0.found.isEmpty } }

    /// The rule with the most words found; of equals the first.
    private var best: Rule? {
        hits.reduce(nil) { best, rule in
            guard let best, best.found.count >= rule.found.count else { return rule }
            return best
        }
    }

    /// `keyword-match`: labels in the order of the rules, their words and how many.
    var value: Value {
        let members = best?.members ?? .null
        return [
            "matches": .array(hits.map { .string($0.label) }),
            "words": .object(
                ObjectValue(hits.map { ($0.label, .array($0.found.map(Value.string))) })),
            "scores": .object(ObjectValue(hits.map { ($0.label, Value($0.found.count)) })),
            "best": best.map { .string($0.label) } ?? fallback,
            "rule": members,
        ]
    }

    /// `classify`: the best label and how much of what was found speaks for it.
    var classification: Value {
        let all = hits.reduce(0) { $0 + $1.found.count }
        let count = best?.found.count ?? 0
        return [
            "label": best.map { .string($0.label) } ?? fallback,
            "confidence": .number(all == 0 ? 0 : Double(count) / Double(all)),
            "scores": value["scores"] ?? [:], "mode": "embedded",
        ]
    }

    /// `route`: every label that was found, or the default.
    var routing: Value {
        let labels = hits.map { Value.string($0.label) }
        let otherwise: [Value] = fallback.array ?? (fallback.isNull ? [] : [fallback])
        return [
            "routes": .array(labels.isEmpty ? otherwise : labels), "words": value["words"] ?? [:],
            "isDefault": .bool(labels.isEmpty), "mode": "embedded",
        ]
    }
}
