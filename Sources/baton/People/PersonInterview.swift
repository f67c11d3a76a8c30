import Document
import Telemetry

/// A task that waits, shown to whoever sits at the terminal, and their answer asked for field by
/// field.
struct PersonInterview {
    let task: Value
    let prompt: Prompt

    private static let tries = 5

    private var ask: Value { task["ask"] ?? .null }
    private var isApproval: Bool {
        ask["approve"]?.bool == true || ask["approve"]?.object != nil
    }

    /// The answer; nil where the person would rather not say anything now.
    func answer() async throws -> Value? {
        try prompt.console.errors.lines(PersonView.lines(of: task))
        guard isApproval else { return try await filled() }
        guard let line = try await prompt.line("Approve? [y/n]") else { return nil }
        guard let approved = FormField.bool(line) else { return nil }
        var members: ObjectValue = ["approved": .bool(approved)]
        guard approved, ask["form"] != nil else { return .object(members) }
        guard let fields = try await filled()?.object else { return nil }
        for (name, value) in fields { members[name] = value }
        return .object(members)
    }

    private func filled() async throws -> Value? {
        let fields = FormField.all(of: ask["form"] ?? .null)
        guard !fields.isEmpty else {
            guard let line = try await prompt.line("Answer:"), !line.isEmpty else { return nil }
            return (try? JSON.parse(Array(line.utf8))) ?? .string(line)
        }
        var members: ObjectValue = [:]
        for field in fields {
            switch try await value(of: field) {
            case .value(let value): members[field.name] = value
            case .left: break
            case .over: return nil
            }
        }
        return .object(members)
    }

    private enum Reply {
        case value(Value)
        case left, over
    }

    private func value(of field: FormField) async throws -> Reply {
        for _ in 0..<Self.tries {
            guard let line = try await prompt.line(Text("\(field.question):")) else {
                return .over
            }
            if line.isEmpty {
                if field.isOptional { return .left }
                continue
            }
            let value = field.value(of: line)
            guard let problem = field.problem(with: value) else { return .value(value) }
            try prompt.console.errors.line(Text(problem, .red))
        }
        return .over
    }
}
