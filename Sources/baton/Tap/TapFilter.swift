import Document
import Wire

/// What of the bus somebody wants to see, and what of it the orchestrators are asked for. Pure.
///
/// Values of one kind are alternatives, kinds are demands: all of them must be met. The most
/// selective kind is subscribed to; the rest is judged here, message by message.
struct TapFilter: Sendable {
    enum Direction: Sendable { case arriving, leaving }

    private enum Limits {
        /// Above it everything is subscribed to: an orchestrator takes 256 in all.
        static let topics = 64
    }

    let agents: [String]
    let requests: [String]
    let types: Set<MessageType>
    let sessions: [String]
    let failuresOnly: Bool
    let direction: Direction?

    private var ofRequests: RequestFamily
    private var ofSessions = RequestFamily()

    init(
        agents: [String] = [], requests: [String] = [], types: Set<MessageType> = [],
        sessions: [String] = [], failuresOnly: Bool = false, direction: Direction? = nil
    ) {
        self.agents = agents
        self.requests = requests
        self.types = types
        self.sessions = sessions
        self.failuresOnly = failuresOnly
        self.direction = direction
        ofRequests = RequestFamily(requests)
    }

    // MARK: - At the source

    /// What to subscribe to. None of them is the beginning of another, so that nothing comes twice
    /// under one of them.
    var topics: [String] {
        // Spans have a topic of their own; what else is heard of a request tells its children.
        var topics = sessions.map(TapTopic.session)
        if topics.isEmpty { topics = requests.map(TapTopic.request) }
        if topics.isEmpty, types != [.span] {
            topics = agents.map { TapTopic.agent(Self.name(of: $0)) }
        }
        if topics.isEmpty { topics = typeTopics }
        if topics.count > Limits.topics { topics = [] }
        if topics.isEmpty, types != [.span] { topics = [TapTopic.everything] }
        if types.contains(.span) { topics.append(TapTopic.spans) }
        let all = Set(topics).sorted()
        return all.filter { topic in !all.contains { $0 != topic && topic.hasPrefix($0) } }
    }

    private var typeTopics: [String] {
        let wanted =
            types.isEmpty && failuresOnly ? Set(MessageType.allCases.filter(\.isFailure)) : types
        return wanted.filter { $0 != .span }.map(TapTopic.type)
    }

    /// Whether nothing is asked of a message beyond the topic that brought it.
    private var isOpen: Bool {
        agents.isEmpty && requests.isEmpty && types.isEmpty && sessions.isEmpty && !failuresOnly
            && direction == nil
    }

    // MARK: - Here

    /// Whether the topic alone says that the event is wanted, so that it need not be read.
    func isWanted(byTopic topic: String) -> Bool {
        if isOpen { return true }
        guard direction == nil, !failuresOnly else { return false }
        let kinds = [agents.isEmpty, requests.isEmpty, types.isEmpty, sessions.isEmpty]
        guard kinds.count(where: { !$0 }) == 1 else { return false }
        if !agents.isEmpty { return says(topic, agentsOf: agents) }
        if !requests.isEmpty { return says(topic, requests: requests) }
        if !sessions.isEmpty { return sessions.contains { topic == TapTopic.session($0) } }
        return types.contains { topic == TapTopic.type($0) }
    }

    /// Whether the message is wanted; learns from it which others are.
    mutating func takes(_ message: TapMessage) -> Bool {
        // All are asked, even if one has refused: what they learn must not depend on it.
        let isOfRequests = requests.isEmpty || isOfRequests(message)
        let isOfSessions = sessions.isEmpty || isOfSessions(message)
        guard isOfRequests, isOfSessions else { return false }
        if !types.isEmpty, !types.contains(message.type) { return false }
        if failuresOnly, !message.type.isFailure { return false }
        if let direction, (direction == .leaving) != message.isOut { return false }
        return agents.isEmpty || isOfAgents(message)
    }

    private mutating func isOfRequests(_ message: TapMessage) -> Bool {
        if says(message.event.topic, requests: requests) { ofRequests.add(message.request) }
        return ofRequests.takes(message)
    }

    private mutating func isOfSessions(_ message: TapMessage) -> Bool {
        let isSaid = sessions.contains { message.event.topic == TapTopic.session($0) }
        let isNamed =
            message.type.isCall
            && message.envelope.headers["session"].map(sessions.contains) ?? false
        if isSaid || isNamed { ofSessions.add(message.request) }
        return ofSessions.takes(message) || isSaid
    }

    private func isOfAgents(_ message: TapMessage) -> Bool {
        if says(message.event.topic, agentsOf: agents) { return true }
        let ends = [message.envelope.sender, message.envelope.receiver] + Self.ends(message.span)
        return agents.contains { wanted in
            ends.contains { $0 == wanted || (!wanted.contains("#") && Self.name(of: $0) == wanted) }
        }
    }

    /// Whose work a span tells of.
    private static func ends(_ span: SpanRow?) -> [String] {
        guard let attributes = span?.attributes else { return [] }
        return ["gen_ai.agent.name", "baton.instance"].compactMap { attributes[$0]?.string }
    }

    /// A topic names agents, but no instances.
    private func says(_ topic: String, agentsOf wanted: [String]) -> Bool {
        wanted.contains { !$0.contains("#") && topic == TapTopic.agent($0) }
    }

    /// `r/REQUEST`, and `r/REQUEST/CHILD` for what was asked below it.
    private func says(_ topic: String, requests: [String]) -> Bool {
        requests.contains { request in
            let whole = TapTopic.request(request)
            return topic == whole || topic.hasPrefix(whole + "/")
        }
    }

    /// The agent of `agent#instance`.
    private static func name(of end: String) -> String { String(end.prefix { $0 != "#" }) }

    /// In words, for whoever waits: `messages of the types TASK and RESULT of agent echo`.
    var description: String {
        var parts: [String] = []
        if !types.isEmpty { parts.append(types.map(\.name).sorted().joined(separator: ", ")) }
        if failuresOnly { parts.append("failures") }
        if parts.isEmpty { parts.append(isOpen ? "everything" : "all messages") }
        let places = [
            ("of agent ", agents), ("of request ", requests), ("of session ", sessions),
        ].filter { !$0.1.isEmpty }.map { $0 + $1.joined(separator: " or ") }
        if let direction { parts.append(direction == .leaving ? "sent" : "received") }
        return (parts + places).joined(separator: " ")
    }
}
