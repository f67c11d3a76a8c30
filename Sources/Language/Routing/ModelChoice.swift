import Document
package import Telemetry

/// Whom a model chose. Agents that are not there are never taken, whatever it says.
package struct ModelChoice: Sendable {
    package var primary: String
    package var secondary: [String]
    package var confidence: Double
    package var reasoning: String

    package init(_ reply: String, profiles: [AgentProfile]) throws(Fault) {
        let object = try ModelReply.object(reply)
        let names = Set(profiles.map(\.name))
        guard let primary = object["primary_agent"]?.string, names.contains(primary) else {
            let name = object["primary_agent"]?.string ?? "nothing"
            throw Fault(
                LanguageCode.badOutput, "\"primary_agent\" names \(name), which is no agent.")
        }
        self.primary = primary
        var seen: Set = [primary]
        secondary = (object["secondary_agents"]?.array ?? []).compactMap(\.string).filter {
            names.contains($0) && seen.insert($0).inserted
        }
        let confidence = object["confidence"]?.number ?? 0.5
        self.confidence = min(1, max(0, confidence))
        reasoning = String((object["reasoning"]?.string ?? "").prefix(2000))
    }

    package var agents: [String] { [primary] + secondary }
}
