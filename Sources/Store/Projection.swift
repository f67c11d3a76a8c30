import Document

/// A request as JSON for readers of the old kind, under keys that a user chose. Nothing is ever
/// decided by it; it lives for a while and is not made up for where it was missed.
struct Projection {
    static let secondsOfRequest = 3600
    static let secondsOfFigures = 86_400

    let prefix: String
    let id: String
    let agent: String
    private let tenant: String
    private let accepted: UInt64
    private var state = StoredState.running
    private var ended: UInt64 = 0
    private var took: UInt64 = 0
    private var code = ""
    private var agents: [String] = []

    init(_ item: StateCommand.Acceptance, at now: UInt64, prefix: String) {
        self.prefix = prefix
        id = item.id
        agent = item.agent
        tenant = item.tenant
        accepted = item.accepted > 0 ? item.accepted : now
        state = item.waits ? .ready : .running
    }

    init(_ request: StoredRequest, prefix: String) {
        self.prefix = prefix
        id = request.id
        agent = request.agent
        tenant = request.tenant
        accepted = request.accepted
        state = request.state
        ended = request.ended
        took = request.took
        code = request.code
        let done = request.events.filter { $0.kind == "done" && !$0.agent.isEmpty }.map(\.agent)
        agents = Set(done).sorted()
    }

    private var hasSucceeded: Bool { state == .succeeded }

    var request: Value {
        var members: ObjectValue = [
            "request_id": .string(id), "agent_id": .string(agent), "tenant": .string(tenant),
            "status": .string(state.word), "created_at": Value(accepted),
        ]
        if state.isTerminal { members["completed_at"] = Value(ended) }
        if !code.isEmpty { members["error"] = .string(code) }
        return .object(members)
    }

    /// Nobody here knows how satisfied a user was, or what a cache has saved.
    var figures: Value {
        let whole = ended - min(ended, accepted)
        return [
            "request_id": .string(id), "agent_id": .string(agent), "timestamp": Value(ended),
            "routing_time_ms": Value(whole - min(whole, took)), "execution_time_ms": Value(took),
            "agents_used": .array(agents.map(Value.string)), "success": .bool(hasSucceeded),
            "user_satisfaction": .null, "cache_hit_rate": .null,
            "response_time": .number(Double(took) / 1000),
        ]
    }

    /// What the script takes.
    var arguments: RedisArguments {
        var arguments = RedisArguments()
        for text in [prefix, id, agent, JSON.text(request)] { arguments.text(text) }
        arguments.number(Self.secondsOfRequest)
        arguments.text(state.isTerminal ? JSON.text(figures) : "")
        arguments.number(Self.secondsOfFigures)
        arguments.text(hasSucceeded ? "1" : "0")
        arguments.number(took)
        return arguments
    }
}
