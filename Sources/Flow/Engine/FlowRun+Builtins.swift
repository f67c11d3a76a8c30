import Document

/// The functions of the default catalog that are built in. `agent`, `fan-out`, `cached-agent` and
/// `keyword-match` are all they will be; of the others this is the least that is true without a
/// model and without a store:
///
/// - `route` and `classify` count keywords, `synthesize` joins answers under their names, `policy`
///   takes the first rule that holds;
/// - `memory-load` and `memory-save` remember for as long as the run;
/// - `ask-human` is a call of the agent of that name, whoever answers it; when it is due, its
///   `default` counts.
extension FlowRun {
    mutating func beginBuiltin(
        _ strand: Int, _ depth: Int, _ name: String, _ with: Value
    ) throws(FlowError) {
        switch name {
        case "agent": try callAgent(strand, depth, with, isCached: false)
        case "cached-agent": try callAgent(strand, depth, with, isCached: true)
        case "fan-out": try beginFan(strand, depth, with)
        case "keyword-match": give(strand, try KeywordMatch(with).value)
        case "classify": give(strand, try KeywordMatch(with).classification)
        case "route": give(strand, try KeywordMatch(with).routing)
        case "synthesize": give(strand, Builtin.synthesize(with))
        case "policy": give(strand, try Builtin.policy(with))
        case "memory-load": give(strand, recall(with))
        case "memory-save": give(strand, remember(with))
        case "ask-human": try ask(strand, depth, with)
        default: throw FlowError(.configuration, "there is no built-in function \"\(name)\"")
        }
    }

    private mutating func callAgent(
        _ strand: Int, _ depth: Int, _ with: Value, isCached: Bool
    ) throws(FlowError) {
        guard let name = with["name"]?.string, !name.isEmpty else {
            throw FlowError(.validation, "\"name\" says which agent is called; it is missing")
        }
        let agent = AgentReference(parsing: name, version: with["version"]?.string)
        let input = with["input"] ?? with["parameters"] ?? strands[strand].levels[depth].input
        try setDue(strand, depth, with["timeout"])
        var cache: CallRequest.Cache?
        if isCached {
            cache = try Builtin.cache(agent, input, target: with["target"], ttl: with["ttl"])
        }
        request(strand, depth, agent, input, cache: cache)
    }

    private mutating func ask(_ strand: Int, _ depth: Int, _ with: Value) throws(FlowError) {
        try setDue(strand, depth, with["due"])
        request(
            strand, depth, AgentReference("ask-human"), with,
            work: CallWork(fallback: with["default"]))
    }

    private mutating func setDue(
        _ strand: Int, _ depth: Int, _ after: Value?
    ) throws(FlowError) {
        guard let after else { return }
        let due = clock + (try FlowRun.duration(after))
        let around = strands[strand].levels[depth].deadline
        strands[strand].levels[depth].deadline = around.map { min($0, due) } ?? due
        let key = strands[strand].levels[depth].key(strands[strand].base + depth).due
        setTimer(key, at: due, strand, depth, .due)
    }

    /// What was saved, of a list no more than the last `limit` elements.
    private func recall(_ with: Value) -> Value {
        let value = memory[Builtin.key(with)] ?? with["default"] ?? []
        guard let limit = with["limit"]?.integer, let list = value.array else { return value }
        return .array(Array(list.suffix(max(0, limit))))
    }

    /// Saves `value`, or adds to a list: `append` one element, `messages` each of its own.
    private mutating func remember(_ with: Value) -> Value {
        let key = Builtin.key(with)
        var value = with["value"] ?? .null
        if let additions = with["messages"]?.array ?? with["append"].map({ [$0] }) {
            let list = (memory[key]?.array ?? []) + additions
            value = .array(Array(list.suffix(max(1, with["limit"]?.integer ?? 1000))))
        }
        memory[key] = value
        return value
    }
}

/// Built-in functions that need nothing but what they are given.
enum Builtin {
    /// Where something is remembered: a key or a session, of a table if one is named.
    static func key(_ with: Value) -> String {
        let key = with["key"]?.string ?? with["session"]?.string ?? "default"
        return with["table"]?.string.map { "\($0)/\(key)" } ?? key
    }

    /// The same agent, input and target have the same answer for a while.
    static func cache(
        _ agent: AgentReference, _ input: Value, target: Value?, ttl: Value?
    ) throws(FlowError) -> CallRequest.Cache {
        let identity: Value = [
            "agent": .string(agent.name), "version": .string(agent.version ?? ""),
            "input": input, "target": target ?? .null,
        ]
        var cache = CallRequest.Cache(
            key: String(decoding: JSON.canonical(identity), as: UTF8.self), lifetime: nil)
        if let ttl { cache.lifetime = try FlowRun.duration(ttl) }
        return cache
    }

    /// One text from many: a heading and the text of each answer that is not an error.
    static func synthesize(_ with: Value) -> Value {
        var parts: [(String, Value)] = []
        switch with["responses"] ?? .null {
        case .object(let members): parts = members.map { ($0.key, $0.value) }
        case .array(let list):
            for (position, part) in list.enumerated() {
                let name = part["agent"]?.string ?? String(position + 1)
                parts.append((name, part["result"] ?? part["response"] ?? part))
            }
        default: break
        }
        let used = parts.filter { !$0.1.isNull && $0.1["error"] == nil }
        let texts = used.map { name, answer in
            let text = answer["response"]?.string ?? answer["text"]?.string ?? answer.string
            let body = text ?? JSON.text(answer)
            return used.count == 1 ? body : "\(name): \(body)"
        }
        return [
            "text": .string(texts.joined(separator: "\n")),
            "sources": .array(used.map { .string($0.0) }), "mode": "embedded",
        ]
    }

    /// `{rules: [{when, min, decision}], confidence, default}`: a rule holds if its `when`,
    /// evaluated by then, is true or absent, and the confidence is at least its `min`.
    static func policy(_ with: Value) throws(FlowError) -> Value {
        let confidence = with["confidence"]?.number ?? 1
        for (position, rule) in (with["rules"]?.array ?? []).enumerated() {
            let holds = rule["when"].map { $0 == .bool(true) } ?? true
            guard holds, confidence >= rule["min"]?.number ?? 0 else { continue }
            guard let decision = rule["decision"] else {
                throw FlowError(.validation, "rule \(position) of the policy has no decision")
            }
            return [
                "decision": decision, "rule": Value(position), "reason": rule["reason"] ?? .null,
            ]
        }
        return ["decision": with["default"] ?? "escalate", "rule": nil, "reason": "default"]
    }
}
