package import Telemetry

/// A feature file as the conformance kit writes them: the part of Gherkin it uses, which is
/// scenarios, steps, comments and texts between `"""`.
package struct Feature: Sendable {
    package var name: String
    package var scenarios: [Scenario]

    package struct Scenario: Sendable {
        package var name: String
        package var line: Int
        package var steps: [Step]
    }

    package struct Step: Sendable {
        /// `given`, `when` or `then`; an `and` is what came before it.
        package var kind: Kind
        /// The sentence without its keyword, and without a colon at its end.
        package var text: String
        package var line: Int
        /// What stands between the quotes below, without its indentation.
        package var document: String?

        package enum Kind: String, Sendable { case given, when, then }
    }

    /// Reads a feature; `source` names it in faults.
    package init(_ text: String, source: String) throws(Fault) {
        var reader = FeatureReader(text, source)
        self = try reader.feature()
    }

    init(name: String, scenarios: [Scenario]) {
        self.name = name
        self.scenarios = scenarios
    }
}

package enum ConformanceCode: String, FaultCode {
    /// The feature file is not as Gherkin is.
    case feature
    /// A step that nobody knows.
    case step
    /// What a scenario expects is not so.
    case unmet
}

private struct FeatureReader {
    private let lines: [Substring]
    private let source: String
    private var next = 0
    private var name = ""
    private var scenarios: [Feature.Scenario] = []
    private var kind = Feature.Step.Kind.given

    init(_ text: String, _ source: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.last == "\r" ? line.dropLast() : line
        }
        self.source = source
    }

    mutating func feature() throws(Fault) -> Feature {
        while next < lines.count {
            let line = lines[next].trimmed
            next += 1
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix("@") { continue }
            if let rest = line.after("Feature:") {
                name = rest
            } else if let rest = line.after("Scenario:") ?? line.after("Example:") {
                scenarios.append(Feature.Scenario(name: rest, line: next, steps: []))
                kind = .given
            } else if !scenarios.isEmpty {
                try step(line)
            }
        }
        return Feature(name: name, scenarios: scenarios)
    }

    private mutating func step(_ line: String) throws(Fault) {
        guard let space = line.firstIndex(of: " ") else { throw fault("no step: \(line)") }
        switch line[..<space].lowercased() {
        case "given": kind = .given
        case "when": kind = .when
        case "then": kind = .then
        case "and", "but", "*": break
        default: throw fault("a step begins with Given, When, Then or And, not \(line[..<space])")
        }
        var text = String(line[space...]).trimmed
        // The kit writes "And given the workflow input is:".
        if let rest = text.after("given ") {
            text = rest
            kind = .given
        }
        if text.hasSuffix(":") { text.removeLast() }
        var step = Feature.Step(kind: kind, text: text, line: next, document: nil)
        step.document = try document()
        scenarios[scenarios.count - 1].steps.append(step)
    }

    /// The text between `"""` below a step, if there is one.
    private mutating func document() throws(Fault) -> String? {
        guard next < lines.count, lines[next].trimmed.hasPrefix("\"\"\"") else { return nil }
        let indent = lines[next].prefix { $0 == " " }.count
        let first = next
        next += 1
        var text = ""
        while next < lines.count, lines[next].trimmed != "\"\"\"" {
            let blanks = lines[next].prefix { $0 == " " }.count
            text += lines[next].dropFirst(min(blanks, indent)) + "\n"
            next += 1
        }
        guard next < lines.count else {
            throw fault("the text that begins in line \(first + 1) has no end")
        }
        next += 1
        return text
    }

    private func fault(_ message: String) -> Fault {
        Fault(ConformanceCode.feature, message, at: "\(source):\(next)")
    }
}

extension StringProtocol {
    var trimmed: String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = firstIndex(where: { !blank($0) }),
            let last = lastIndex(where: { !blank($0) })
        else { return "" }
        return String(self[first...last])
    }

    /// What follows a prefix, without blanks around it.
    func after(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)).trimmed : nil
    }
}
