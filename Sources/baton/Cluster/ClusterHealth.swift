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

    static func asked(
        _ invocation: Invocation, within limit: Duration? = nil
    ) async throws -> [ClusterHealth] {
        let survey = Survey(questions: ["health", "orchestrators"])
        return try await survey.asked(invocation, within: limit).compactMap { answer in
            let name = answer[1]?["orchestrator"]?.string ?? answer.orchestrator
            return answer[0].map { ClusterHealth(orchestrator: name, $0) }
        }
    }

    /// `o1 is warning: cost is unhealthy (no instance)`.
    var line: Text {
        let status = answer.shown(answer["status"] == nil ? "orchestrator_status" : "status")
        let line: Text = "\(orchestrator, .bold) is " + Text(status, Self.colour(of: status))
        return reasons.isEmpty ? line : line + ": \(reasons.joined(separator: "; "))"
    }

    /// What it needs and the agents that are not healthy, and why.
    private var reasons: [String] {
        let parts = ["external_dependencies", "agent_health"].flatMap { part in
            Array(answer[part]?.object ?? [:])
        }
        return parts.filter { $0.value.shown("status") != "healthy" }.map { member in
            let error = member.value.shown("error")
            let name = "\(member.key) is \(member.value.shown("status"))"
            return error.isEmpty ? name : "\(name) (\(error))"
        }
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
