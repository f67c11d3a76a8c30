public import Document
public import Wire

/// A named ability that a worker offers: what callers and routing need to know of it, and the
/// handler that does it.
public struct Agent: Sendable {
    typealias Direct = @Sendable (RawContent, TaskContext) throws -> RawContent
    typealias Asynchronous = @Sendable (RawContent, TaskContext) async throws -> RawContent

    enum Handler: Sendable {
        /// Runs at once where the message arrives, without a Swift task.
        case direct(Direct)
        /// Runs as a Swift task on the loop.
        case task(Asynchronous)
        /// Runs on a thread that may block.
        case blocking(Direct)
    }

    let description: AgentDescription
    let effect: Effect
    let handler: Handler

    /// What the agent is called.
    public var name: String { description.name }

    /// An agent with a typed handler, which runs as a Swift task on the worker's loop and must not
    /// block it.
    ///
    /// - Parameters:
    ///   - name: 1 to 64 characters of `[a-z0-9._-]`.
    ///   - parameters: JSON Schema of the input, with defaults.
    ///   - effect: what running it twice may do to the world.
    ///   - progress: the longest it works without a sign of progress, if it reports any.
    ///   - cost: a hint for routing; 1 is ordinary.
    ///   - handler: takes the decoded input; what it returns is encoded as JSON.
    public init<Input: Decodable & Sendable, Output: Encodable & Sendable>(
        _ name: String, version: String = "1.0.0", description: String = "",
        capabilities: [String] = [], useCases: [String] = [], keywords: [String] = [],
        parameters: Value? = nil, effect: Effect = .idempotent, progress: Duration? = nil,
        cost: Double? = nil,
        handler: @escaping @Sendable (Input, TaskContext) async throws -> Output
    ) {
        let card = Self.card(
            name, version, description, capabilities, useCases, keywords, parameters, effect,
            progress, cost)
        self.init(
            card, effect,
            .task { content, task in
                try await Self.encode(handler(Self.input(content), task))
            })
    }

    /// An agent with a typed handler that may block: a thread of its own pool runs it.
    ///
    /// Cancellation cannot interrupt it; look at ``TaskContext/isCancelled`` in between.
    public init<Input: Decodable & Sendable, Output: Encodable & Sendable>(
        blocking name: String, version: String = "1.0.0", description: String = "",
        capabilities: [String] = [], useCases: [String] = [], keywords: [String] = [],
        parameters: Value? = nil, effect: Effect = .idempotent, progress: Duration? = nil,
        cost: Double? = nil, handler: @escaping @Sendable (Input, TaskContext) throws -> Output
    ) {
        var card = Self.card(
            name, version, description, capabilities, useCases, keywords, parameters, effect,
            progress, cost)
        card.blocking = true
        self.init(
            card, effect,
            .blocking { content, task in
                try Self.encode(handler(Self.input(content), task))
            })
    }

    /// An agent that takes and gives contents as they are, in a Swift task.
    public init(
        raw name: String, version: String = "1.0.0", description: String = "",
        capabilities: [String] = [], useCases: [String] = [], keywords: [String] = [],
        parameters: Value? = nil, effect: Effect = .idempotent, progress: Duration? = nil,
        cost: Double? = nil,
        handler: @escaping @Sendable (RawContent, TaskContext) async throws -> RawContent
    ) {
        let card = Self.card(
            name, version, description, capabilities, useCases, keywords, parameters, effect,
            progress, cost)
        self.init(card, effect, .task(handler))
    }

    /// An agent that takes and gives contents as they are and answers at once: the handler runs
    /// where the message arrives, so it must be done within microseconds.
    public init(
        raw name: String, version: String = "1.0.0", description: String = "",
        capabilities: [String] = [], useCases: [String] = [], keywords: [String] = [],
        parameters: Value? = nil, effect: Effect = .idempotent, progress: Duration? = nil,
        cost: Double? = nil,
        handler: @escaping @Sendable (RawContent, TaskContext) throws -> RawContent
    ) {
        let card = Self.card(
            name, version, description, capabilities, useCases, keywords, parameters, effect,
            progress, cost)
        self.init(card, effect, .direct(handler))
    }

    private init(_ description: AgentDescription, _ effect: Effect, _ handler: Handler) {
        self.description = description
        self.effect = effect
        self.handler = handler
    }

    private static func card(
        _ name: String, _ version: String, _ description: String, _ capabilities: [String],
        _ useCases: [String], _ keywords: [String], _ parameters: Value?, _ effect: Effect,
        _ progress: Duration?, _ cost: Double?
    ) -> AgentDescription {
        var card = AgentDescription(name: name)
        card.version = version
        card.description = description.isEmpty ? nil : description
        card.capabilities = capabilities.isEmpty ? nil : capabilities
        card.useCases = useCases.isEmpty ? nil : useCases
        card.keywords = keywords.isEmpty ? nil : keywords
        card.parameters = parameters
        card.effect = effect.name
        card.progress = progress?.milliseconds
        card.cost = cost
        return card
    }

    private static func input<Input: Decodable>(_ content: RawContent) throws -> Input {
        do throws(Fault) {
            return try content.decode()
        } catch {
            throw TaskFailure(code: WireCode.invalid.rawValue, message: error.description)
        }
    }

    private static func encode(_ output: some Encodable) throws(Fault) -> RawContent {
        RawContent(try JSON.encode(output))
    }
}

/// Lists the agents of a worker; conditions and loops are allowed.
@resultBuilder
public enum AgentBuilder {
    public static func buildExpression(_ agent: Agent) -> [Agent] { [agent] }
    public static func buildExpression(_ agents: [Agent]) -> [Agent] { agents }
    public static func buildBlock(_ agents: [Agent]...) -> [Agent] { agents.flatMap(\.self) }
    public static func buildOptional(_ agents: [Agent]?) -> [Agent] { agents ?? [] }
    public static func buildEither(first agents: [Agent]) -> [Agent] { agents }
    public static func buildEither(second agents: [Agent]) -> [Agent] { agents }
    public static func buildArray(_ agents: [[Agent]]) -> [Agent] { agents.flatMap(\.self) }
}
