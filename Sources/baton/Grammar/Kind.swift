import Document
import Wire

/// What a value on the command line may be. It checks the text and says in one sentence what it
/// wants instead; it never converts with rounding and never traps.
enum Kind: Sendable {
    case flag
    case text
    case name
    case agent
    /// Names of agents with commas between them.
    case agents
    /// One agent, several, or everybody (`*`).
    case receiver
    case number(ClosedRange<Int>)
    case duration
    case choice([String])
    /// Types of messages, with commas between several.
    case messageTypes
    case file
    case directory

    /// Why the text is not such a value, or nil when it is.
    func problem(with text: String) -> String? {
        if text.isEmpty { return "needs a value that is not empty" }
        if text.utf8.contains(0) { return "must not contain a NUL byte" }
        switch self {
        case .flag: return "takes no value"
        case .text, .file, .directory: return nil
        case .name, .agent: return nameProblem(text)
        case .agents: return listProblem(text)
        case .receiver:
            if text == "*" { return nil }
            return text.contains(",") ? listProblem(text) : Kind.agent.nameProblem(text)
        case .number(let range): return numberProblem(text, range)
        case .duration:
            return DurationText.parse(text) == nil
                ? "needs a duration such as 250ms, 30s or 5m, at most 24h" : nil
        case .choice(let words):
            return words.contains(text) ? nil : choiceProblem(words)
        case .messageTypes: return typeProblem(text)
        }
    }

    private func nameProblem(_ text: String) -> String? {
        if case .agent = self, text.hasPrefix(WorkflowAddress.prefix) {
            return (try? WorkflowAddress(receiver: text)) == nil
                ? "must be workflow/NAME, workflow/NAMESPACE/NAME, either with :VERSION" : nil
        }
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let mayHaveInstance = if case .agent = self { true } else { false }
        let isValid = parts.allSatisfy { Name.isValid($0) } && (mayHaveInstance || parts.count == 1)
        return isValid ? nil : "must be 1 to 64 characters of a-z, 0-9, dot, underscore and hyphen"
    }

    private func listProblem(_ text: String) -> String? {
        let names = text.split(separator: ",", omittingEmptySubsequences: false)
        return names.allSatisfy { Name.isValid($0) }
            ? nil : "must be names of agents with commas between them: a,b,c"
    }

    private func numberProblem(_ text: String, _ range: ClosedRange<Int>) -> String? {
        guard let value = Int(text), range.contains(value) else {
            return "needs a whole number from \(range.lowerBound) to \(range.upperBound)"
        }
        return nil
    }

    private func typeProblem(_ text: String) -> String? {
        let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard let wrong = words.first(where: { MessageType(written: $0) == nil }) else {
            return nil
        }
        let offer = Suggestion.question(for: wrong, in: MessageType.shown.map(\.name))
        let hint = offer.isEmpty ? "" : " (\(offer.dropFirst(2)))"
        return "must be a type of message such as TASK or RESULT\(hint)"
    }

    private func choiceProblem(_ words: [String]) -> String {
        "must be one of \(words.joined(separator: ", "))"
    }
}
