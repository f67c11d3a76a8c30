package import Document
package import Telemetry

/// What an agent says of itself: all that is known when somebody has to be chosen.
package struct AgentProfile: Sendable {
    package var name: String
    package var description = ""
    package var useCases: [String] = []
    package var keywords: [String] = []
    /// The JSON Schema of what it takes; an object without members where it says nothing.
    package var parameters: Value = [:]
    /// Whether it answers what nobody else does.
    package var isFallback = false

    package init(_ name: String) { self.name = name }

    /// From what an agent declares as a value: `description`, `use_cases`, `keywords`,
    /// `parameters`, `fallback`.
    package init(_ name: String, _ value: Value) {
        self.name = name
        description = value["description"]?.string ?? ""
        useCases = AgentProfile.texts(value["use_cases"] ?? value["useCases"])
        keywords = AgentProfile.texts(value["keywords"])
        parameters = value["parameters"] ?? [:]
        isFallback = value["fallback"]?.bool ?? AgentProfile.saysDefault(description)
    }

    /// "The default when no other agent fits": said in the description, it need not be said again.
    private static func saysDefault(_ description: String) -> Bool {
        let stems = Set(Tokenizer.tokens(description).map(\.stem))
        return !stems.isDisjoint(with: ["default", "fallback"])
            && !stems.isDisjoint(with: ["no", "none", "nobody", "other", "else"])
    }

    private static func texts(_ value: Value?) -> [String] {
        guard let value else { return [] }
        return (value.array ?? [value]).compactMap(\.string)
    }

    /// Reads `agents:` as a list of agents with their names, or as names with what they say.
    package static func read(_ bytes: [UInt8], source: String) throws(Fault) -> [AgentProfile] {
        let top = try YAML.parse(bytes, source: source)
        let agents = top["agents"] ?? top
        var profiles: [AgentProfile] = []
        for (name, node) in try members(agents) {
            profiles.append(AgentProfile(name, try node.value()))
        }
        var seen: Set<String> = []
        for profile in profiles where !seen.insert(profile.name).inserted {
            throw agents.fault(LanguageCode.invalid, "the agent \(profile.name) stands here twice")
        }
        guard !profiles.isEmpty else {
            throw agents.fault(LanguageCode.invalid, "there are no agents; name at least one")
        }
        return profiles
    }

    private static func members(_ agents: Node) throws(Fault) -> [(String, Node)] {
        if agents.kind == .mapping { return try agents.entries().map { ($0.key, $0.node) } }
        var members: [(String, Node)] = []
        for node in try agents.list() {
            guard let name = node["name"] else {
                throw node.fault(LanguageCode.invalid, "the agent has no \"name\"")
            }
            members.append((try name.string(), node))
        }
        return members
    }
}
