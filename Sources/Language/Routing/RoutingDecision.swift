package import Document

/// Whom a question is given to, how sure that is, and why: what `baton explain` prints.
package struct RoutingDecision: Sendable {
    /// Who decided.
    package enum Maker: String, Sendable {
        case rule, rules, model, words, fallback, nobody
    }

    /// One agent, chosen or not, with what speaks for it.
    package struct Candidate: Sendable {
        package var agent: String
        package var score: Double
        package var words: [String]
        package var phrases: [String]
        /// What experience has added to its score or taken from it.
        package var learned: Double
        /// Why it was not chosen; nil where it was.
        package var lost: String?
    }

    package var agents: [String]
    package var confidence: Double
    package var maker: Maker
    package var reason: String
    package var candidates: [Candidate]
    package var complexity: RoutingComplexity

    package var value: Value {
        [
            "agents": .array(agents.map(Value.string)), "confidence": rounded(confidence),
            "by": .string(maker.rawValue), "reason": .string(reason),
            "complexity": .string(complexity.rawValue),
            "candidates": .array(candidates.map(value)),
        ]
    }

    private func value(_ candidate: Candidate) -> Value {
        var value: ObjectValue = [
            "agent": .string(candidate.agent), "score": rounded(candidate.score),
            "words": .array(candidate.words.map(Value.string)),
            "phrases": .array(candidate.phrases.map(Value.string)),
        ]
        if candidate.learned != 0 { value["learned"] = rounded(candidate.learned) }
        if let lost = candidate.lost { value["lost"] = .string(lost) }
        return .object(value)
    }

    private func rounded(_ number: Double) -> Value {
        .number((number * 1000).rounded() / 1000)
    }

    /// As lines for people: the choice, then each candidate.
    package var lines: [String] {
        let names = agents.isEmpty ? "nobody" : agents.joined(separator: ", ")
        let percent = Int((confidence * 100).rounded())
        return ["\(names) (by \(maker.rawValue), \(percent) % sure): \(reason)"]
            + candidates.map { candidate in
                let about = candidate.phrases.map { "\"\($0)\"" } + candidate.words
                let because = about.isEmpty ? "" : ": \(about.joined(separator: ", "))"
                let lost = candidate.lost.map { " — \($0)" } ?? ""
                let score = Double(Int(min(1e6, candidate.score * 100))) / 100
                return "  \(candidate.agent) \(score)\(because)\(lost)"
            }
    }
}
