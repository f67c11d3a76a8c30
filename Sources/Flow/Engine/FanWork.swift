import Document

/// Many agents called side by side: what `fan-out` is told, and how far it is.
struct FanWork: Sendable {
    var parts: [Part]
    var results: [Value?]
    var next = 0
    var inFlight = 0
    var failures = 0
    var ended = 0
    var concurrency: Int
    var failsFast: Bool

    struct Part: Sendable {
        var label: String
        var agent: AgentReference
        var payload: Value
        var timeout: Duration?
        var cache: CallRequest.Cache?
    }

    /// `agents` names each agent, `over` calls one for each element. `onError: fail` ends with the
    /// first error, `collect`, the default, keeps it among the results. With `ttl` answers may
    /// come from a cache, as those of `cached-agent` do.
    init(_ with: Value, input: Value, limits: RunLimits) throws(FlowError) {
        let onError = with["onError"]?.string ?? "collect"
        guard onError == "collect" || onError == "fail" else {
            throw FlowError(.validation, "onError is \"collect\" or \"fail\", not \"\(onError)\"")
        }
        failsFast = onError == "fail"
        concurrency = max(1, with["concurrency"]?.integer ?? limits.concurrency)
        if let agents = with["agents"]?.array {
            parts = []
            for agent in agents { parts.append(try Part(agent, with, payload: nil, input: input)) }
        } else if let elements = with["over"]?.array, let agent = with["agent"] {
            parts = []
            for element in elements {
                let payload = FanWork.payload(element, with)
                parts.append(try Part(agent, with, payload: payload, input: input))
            }
        } else {
            throw FlowError(
                .validation, "fan-out needs a list \"agents\", or \"over\" and \"agent\"")
        }
        guard parts.count <= limits.fan else {
            throw FlowError(.runtime, "more than \(limits.fan) agents in one fan-out")
        }
        results = Array(repeating: nil, count: parts.count)
    }

    /// An element is the input, or with `as` a member of it.
    private static func payload(_ element: Value, _ with: Value) -> Value {
        guard let name = with["as"]?.string else { return element }
        var payload = with["input"]?.object ?? [:]
        payload[name] = element
        return .object(payload)
    }

    /// What a fan-out gives.
    var output: Value {
        var list: [Value] = []
        var responses = ObjectValue()
        var failed: [Value] = []
        for (part, result) in zip(parts, results) {
            let result = result ?? .null
            list.append(result)
            if result["success"] == .bool(true) {
                responses[part.label] = result["result"] ?? .null
            } else {
                failed.append(.string(part.label))
            }
        }
        let succeeded = parts.count - failed.count
        let rate = parts.isEmpty ? 0 : Double(succeeded) / Double(parts.count)
        return [
            "results": .array(list), "responses": .object(responses), "failed": .array(failed),
            "succeeded": Value(succeeded), "total": Value(parts.count),
            "successRate": .number(rate),
        ]
    }

    mutating func record(_ position: Int, _ result: Result<Value, FlowError>) {
        let label = Value.string(parts[position].label)
        switch result {
        case .success(let value):
            results[position] = ["agent": label, "success": true, "result": value]
        case .failure(let error):
            results[position] = ["agent": label, "success": false, "error": error.value]
            failures += 1
        }
        ended += 1
        inFlight -= 1
    }
}

extension FanWork.Part {
    init(_ agent: Value, _ with: Value, payload: Value?, input: Value) throws(FlowError) {
        guard let name = agent.string ?? agent["name"]?.string, !name.isEmpty else {
            throw FlowError(.validation, "an agent is its name or an object with a name")
        }
        self.agent = AgentReference(parsing: name, version: agent["version"]?.string)
        label = agent["as"]?.string ?? self.agent.name
        let own = agent["input"] ?? agent["parameters"]
        self.payload = own ?? payload ?? with["input"] ?? input
        if let time = agent["timeout"] ?? with["timeout"] { timeout = try FlowRun.duration(time) }
        if let ttl = agent["ttl"] ?? with["ttl"] {
            cache = try Builtin.cache(
                self.agent, self.payload, target: agent["target"] ?? with["target"], ttl: ttl)
        }
    }
}

extension FlowRun {
    mutating func beginFan(_ strand: Int, _ depth: Int, _ with: Value) throws(FlowError) {
        let input = strands[strand].levels[depth].input
        let fan = try FanWork(with, input: input, limits: limits)
        guard !fan.parts.isEmpty else { return give(strand, fan.output) }
        callParts(strand, depth, fan)
    }

    /// Calls as many agents as may be called at the same time.
    private mutating func callParts(_ strand: Int, _ depth: Int, _ work: FanWork) {
        var fan = work
        let key = strands[strand].levels[depth].key(strands[strand].base + depth)
        let deadline = strands[strand].levels[depth].deadline
        while fan.inFlight < fan.concurrency, fan.next < fan.parts.count {
            let part = fan.parts[fan.next]
            let own = key.part(fan.next)
            var end = deadline
            expect(own, strand, depth, .part(fan.next))
            if let timeout = part.timeout {
                let due = clock + timeout
                end = deadline.map { min($0, due) } ?? due
                setTimer(own.timeout, at: due, strand, depth, .partTimeout(fan.next))
            }
            actions.append(
                .call(
                    CallRequest(
                        key: own, agent: part.agent, payload: part.payload, deadline: end,
                        cache: part.cache)))
            fan.next += 1
            fan.inFlight += 1
        }
        strands[strand].levels[depth].work = .fan(fan)
    }

    mutating func endPart(
        _ strand: Int, _ depth: Int, _ position: Int, _ result: Result<Value, FlowError>
    ) {
        guard case .fan(var fan) = strands[strand].levels[depth].work else { return }
        strands[strand].levels[depth].work = .none
        let key = strands[strand].levels[depth].key(strands[strand].base + depth).part(position)
        withdraw(key, strand, depth)
        withdraw(key.timeout, strand, depth)
        fan.record(position, result)
        if fan.failsFast, case .failure(let error) = result { return fail(strand, error) }
        if fan.ended == fan.parts.count {
            give(strand, fan.output)
        } else {
            callParts(strand, depth, fan)
        }
    }
}
