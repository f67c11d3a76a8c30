import Document
package import Telemetry

/// What an operator says about routing: phrases and the agents they ask for, words that mean an
/// agent beside its own, words that say nothing, and whom to ask when nothing fits.
package struct RoutingRules: Sendable {
    /// How rules, models and words work together.
    package enum Strategy: String, Sendable, CaseIterable {
        /// By the rules alone.
        case simple
        /// By what the agents say of themselves, with rules as the strongest words.
        case lexical
        /// One rule decides; none or several ask the model, without which the rules decide, then
        /// the words.
        case hybrid
        /// The model, without which as hybrid.
        case llm
    }

    package struct Rule: Sendable {
        package var phrases: [String]
        package var agents: [String]

        package init(phrases: [String], agents: [String]) {
            self.phrases = phrases
            self.agents = agents
        }
    }

    package var strategy = Strategy.lexical
    package var mode = KeywordFinder.Mode.word
    package var overlap = PhraseBook.Overlap.all
    package var rules: [Rule] = []
    package var fallback: [String] = []
    package var plain: [String] = []
    package var vocabulary: [(agent: String, words: [String])] = []

    package init() {}

    /// Rules as an object from an agent to its words.
    package init(_ rules: [(agent: String, words: [String])], mode: KeywordFinder.Mode = .word) {
        self.mode = mode
        self.rules = rules.map { Rule(phrases: $0.words, agents: [$0.agent]) }
    }

    private static let keys = [
        "strategy", "match", "overlap", "rules", "default", "plain", "vocabulary",
    ]

    package static func read(_ bytes: [UInt8], source: String) throws(Fault) -> RoutingRules {
        let top = try YAML.parse(bytes, source: source)
        var read = RoutingRules()
        if top.isNull { return read }
        let mapping = try top.mapping(knownKeys: keys)
        read.strategy = try choice(mapping["strategy"], Strategy.lexical, Strategy.allCases)
        read.mode = try choice(mapping["match"], .word, [.word, .substring])
        read.overlap = try choice(mapping["overlap"], .all, [.all, .longest])
        if let rules = mapping["rules"] { read.rules = try self.rules(rules) }
        if let fallback = mapping["default"] { read.fallback = try texts(fallback) }
        if let plain = mapping["plain"] { read.plain = try texts(plain) }
        for (agent, words) in try mapping["vocabulary"]?.entries() ?? [] {
            read.vocabulary.append((agent, try texts(words)))
        }
        return read
    }

    private static func choice<Choice: RawRepresentable<String>>(
        _ node: Node?, _ standard: Choice, _ all: [Choice]
    ) throws(Fault) -> Choice {
        guard let node else { return standard }
        let text = try node.string()
        guard let choice = Choice(rawValue: text) else {
            let names = all.map(\.rawValue).joined(separator: ", ")
            throw node.fault(LanguageCode.invalid, "\"\(text)\" is none of \(names)")
        }
        return choice
    }

    private static func rules(_ node: Node) throws(Fault) -> [Rule] {
        var rules: [Rule] = []
        if node.kind == .mapping {
            for (agent, words) in try node.entries() {
                rules.append(Rule(phrases: try texts(words), agents: [agent]))
            }
            return rules
        }
        for element in try node.list() {
            let mapping = try element.mapping(knownKeys: ["words", "agents"])
            rules.append(
                Rule(
                    phrases: try texts(try mapping.required("words")),
                    agents: try texts(try mapping.required("agents"))))
        }
        return rules
    }

    private static func texts(_ node: Node) throws(Fault) -> [String] {
        guard node.kind == .list else { return [try node.string()] }
        var texts: [String] = []
        for element in try node.list() { texts.append(try element.string()) }
        return texts
    }

    /// The agents with the words that were given to them.
    func added(to profiles: [AgentProfile]) -> [AgentProfile] {
        profiles.map { profile in
            var profile = profile
            for (agent, words) in vocabulary where agent == profile.name {
                profile.keywords += words
            }
            if !fallback.isEmpty { profile.isFallback = fallback.contains(profile.name) }
            return profile
        }
    }
}
