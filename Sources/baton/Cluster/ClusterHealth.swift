import Document

/// How an orchestrator judges its own health and that of its agents. One that does not know the
/// question yet says nothing, and nothing is shown.
struct ClusterHealth: Sendable {
    let orchestrator: String
    private let answer: Value

    init(orchestrator: String, _ answer: Value) {
        self.orchestrator = orchestrator
        self.answer = answer
    }

    static func asked(_ invocation: Invocation) async throws -> [ClusterHealth] {
        try await Survey(questions: ["health"]).asked(invocation).compactMap { answer in
            answer[0].map { ClusterHealth(orchestrator: answer.orchestrator, $0) }
        }
    }

    /// `o1 is degraded: cost has no healthy instance`.
    var line: Text {
        let status = answer.shown("status")
        let line: Text = "\(orchestrator, .bold) is " + Text(status, Self.colour(of: status))
        let reasons = (answer["issues"] ?? answer["reasons"])?.array?.compactMap(\.string) ?? []
        return reasons.isEmpty ? line : line + ": \(reasons.joined(separator: "; "))"
    }

    var value: Value {
        var object = answer.object ?? [:]
        object["orchestrator"] = .string(orchestrator)
        return .object(object)
    }

    private static func colour(of status: String) -> Text.Style {
        switch status {
        case "healthy": .green
        case "warning": .yellow
        default: .red
        }
    }
}
