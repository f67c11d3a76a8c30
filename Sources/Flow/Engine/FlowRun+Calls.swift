import Document

/// Calls: of protocols, agents, built-in functions and the workflow's own functions, of shells and
/// of other workflows, and events that are emitted.
extension FlowRun {
    mutating func beginCall(_ strand: Int, _ depth: Int, _ call: Call) throws(FlowError) {
        let input = strands[strand].levels[depth].input
        let scope = scope(strand, depth)
        switch call {
        case .protocol(let name, let with):
            let payload = try authorized(strand, depth, try evaluate(with, input, scope))
            request(strand, depth, AgentReference(name.rawValue), payload)
        case .agent(let agent, let with):
            request(strand, depth, agent, try arguments(with, input, scope))
        case .function(let name, let with):
            guard let list = plan.functions[name] else {
                throw FlowError(.configuration, "there is no function \"\(name)\"")
            }
            let data = try arguments(with, input, scope)
            let key = strands[strand].levels[depth].key(strands[strand].base + depth)
            try push(strand, list, .function, data: data, under: key)
        case .builtin(let name, let with):
            try beginBuiltin(strand, depth, name, try arguments(with, input, scope))
        }
    }

    /// What stands in `with`; without it the input of the task.
    private func arguments(
        _ with: Template, _ input: Value, _ scope: RunScope
    ) throws(FlowError) -> Value {
        let value = try evaluate(with, input, scope)
        if case .object(let members) = value, members.isEmpty { return input }
        return value.isNull ? input : value
    }

    mutating func request(
        _ strand: Int, _ depth: Int, _ agent: AgentReference, _ payload: Value,
        work: CallWork = CallWork(), awaits: Bool = true, cache: CallRequest.Cache? = nil
    ) {
        let key = strands[strand].levels[depth].key(strands[strand].base + depth)
        strands[strand].levels[depth].work = .call(work)
        expect(key, strand, depth, .call)
        actions.append(
            .call(
                CallRequest(
                    key: key, agent: agent, payload: payload,
                    deadline: strands[strand].levels[depth].deadline, awaits: awaits, cache: cache))
        )
    }

    mutating func beginRun(_ strand: Int, _ depth: Int, _ run: Run) throws(FlowError) {
        let input = strands[strand].levels[depth].input
        let scope = scope(strand, depth)
        var work = CallWork()
        // The branches are not one expression: `nil` would be read as the value null.
        if !run.awaits { work.output = input }
        switch run.process {
        case .shell(let template):
            var payload = try evaluate(template, input, scope).object ?? [:]
            payload["return"] = .string(run.returns.rawValue)
            if run.awaits, run.returns == .none { work.output = .null }
            request(
                strand, depth, AgentReference("command"), .object(payload), work: work,
                awaits: run.awaits)
        case .workflow(let reference, let template):
            if run.awaits, run.returns == .none { work.output = .null }
            var payload = input
            if let template { payload = try evaluate(template, input, scope) }
            let key = strands[strand].levels[depth].key(strands[strand].base + depth)
            strands[strand].levels[depth].work = .call(work)
            expect(key, strand, depth, .call)
            actions.append(
                .runWorkflow(key, reference, input: payload, awaits: run.awaits))
        }
    }

    mutating func emit(_ strand: Int, _ depth: Int, _ template: Template) throws(FlowError) {
        let input = strands[strand].levels[depth].input
        let attributes = try evaluate(template, input, scope(strand, depth)).object ?? [:]
        let key = strands[strand].levels[depth].key(strands[strand].base + depth)
        let about = plan.workflow.document
        var event: ObjectValue = [
            "specversion": "1.0", "id": .string(identity.uuid(key.text)),
            "source": .string("/\(about.namespace)/\(about.name)/\(about.version)"),
            "time": .string(clock.iso8601),
        ]
        for (name, value) in attributes { event[name] = value }
        guard let type = event["type"]?.string, !type.isEmpty else {
            throw FlowError(.validation, "an event needs a type")
        }
        strands[strand].levels[depth].work = .call(CallWork(output: .object(event)))
        expect(key, strand, depth, .call)
        actions.append(.emit(key, .object(event)))
    }
}

extension AgentReference {
    init(_ name: String) { self.init(name: name, version: nil, isPinned: false) }

    /// `name`, `name:1.0.0` for its major, `name:=1.0.0` for exactly that, with or without
    /// `@default`.
    init(parsing text: String, version: String?) {
        var rest = text[...]
        if let at = rest.lastIndex(of: "@") { rest = rest[..<at] }
        var wanted = version.map { $0[...] }
        if let colon = rest.firstIndex(of: ":") {
            wanted = wanted ?? rest[rest.index(after: colon)...]
            rest = rest[..<colon]
        }
        let isPinned = wanted?.hasPrefix("=") ?? false
        self.init(
            name: String(rest), version: wanted.map { String(isPinned ? $0.dropFirst() : $0) },
            isPinned: isPinned)
    }
}
