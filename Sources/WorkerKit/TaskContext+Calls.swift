import Document
import Reactor
import Synchronization
import Telemetry
import Wire

/// Agents that ask other agents.
///
/// Whatever a handler asks for is part of its task: it takes no longer than what is left of the
/// task's time, belongs to the same trace, counts towards the task's budget of calls, and is
/// cancelled with it. Only a notification outlives it.
extension TaskContext {
    private enum Limits {
        /// Calls that one task may make.
        static let calls = 1000
        /// What a gathering leaves of the task's time, so that its handler still has some.
        static let reserve = Duration.milliseconds(200)
        /// How long the acceptance of a notification is waited for.
        static let acceptance = Duration.seconds(10)
    }

    /// Calls another agent. The call lives and dies with this process.
    ///
    /// - Parameter timeout: how long it may take; never more than is left of this task's time.
    public func call<Output: Decodable & Sendable>(
        _ agent: String, _ input: some Encodable & Sendable, as type: Output.Type = Output.self,
        timeout: Duration? = nil
    ) async throws -> Output {
        try await call(agent, RawContent(JSON.encode(input)), timeout: timeout).decode(type)
    }

    /// Calls another agent with a content as it stands.
    public func call(
        _ agent: String, _ content: RawContent, timeout: Duration? = nil
    ) async throws -> RawContent {
        try await ask(CallRequest(agent: agent, content: content), timeout).content
    }

    /// Passes an input through several agents: each one's result is the next one's input.
    public func pipeline<Output: Decodable & Sendable>(
        _ stages: [String], _ input: some Encodable & Sendable,
        as type: Output.Type = Output.self, timeout: Duration? = nil
    ) async throws -> Output {
        try await pipeline(stages, RawContent(JSON.encode(input)), timeout: timeout).decode(type)
    }

    /// Passes a content as it stands through several agents.
    public func pipeline(
        _ stages: [String], _ content: RawContent, timeout: Duration? = nil
    ) async throws -> RawContent {
        try await ask(.pipeline(stages, content), timeout, counting: stages.count).content
    }

    /// Asks one instance of each agent the same, all at once, and gathers what they answer.
    public func fanOut(
        to agents: [String], _ input: some Encodable & Sendable, timeout: Duration? = nil
    ) async throws -> Gathering {
        try await fanOut(to: agents, RawContent(JSON.encode(input)), timeout: timeout)
    }

    /// Asks one instance of each agent with a content as it stands.
    public func fanOut(
        to agents: [String], _ content: RawContent, timeout: Duration? = nil
    ) async throws -> Gathering {
        let request = try CallRequest.fanOut(agents, content)
        return try Gathering(await ask(request, timeout, counting: agents.count).content)
    }

    /// Has another agent do something in the background, and goes on at once.
    ///
    /// It is not cancelled with this task. Should this task be repeated it is asked for again,
    /// unless an `id` says that it is the same.
    ///
    /// - Parameters:
    ///   - timeout: how long the work may take.
    ///   - id: the same id is the same request. Nil: a new one.
    /// - Returns: the id by which ``Client/result(of:wait:timeout:)`` finds what came of it.
    @discardableResult
    public func notify(
        _ agent: String, _ input: some Encodable & Sendable, timeout: Duration = .seconds(900),
        id: String? = nil
    ) async throws -> String {
        try await notify(agent, RawContent(JSON.encode(input)), timeout: timeout, id: id)
    }

    /// Has another agent do something in the background with a content as it stands.
    @discardableResult
    public func notify(
        _ agent: String, _ content: RawContent, timeout: Duration = .seconds(900),
        id: String? = nil
    ) async throws -> String {
        var request = CallRequest(.notification, agent: agent, content: content)
        if let id { request.requestID = try Name.checked(id) }
        request = try adopt(request, counting: 1)
        request.delivery = .durable
        request.timeout = timeout
        request.patience = min(remaining, Limits.acceptance)
        return try await session.call(request, of: self).requestID
    }

    private func ask(
        _ request: CallRequest, _ timeout: Duration?, counting calls: Int = 1
    ) async throws -> CallAnswer {
        var request = try adopt(request, counting: calls)
        request.delivery = .volatile
        let left = remaining
        request.timeout = timeout.map { min($0, left) } ?? left
        if request.gathers {
            request.patience = left
            let reserve = min(Limits.reserve, left / 10)
            request.timeout = min(request.timeout, left - reserve)
        }
        return try await session.call(request, of: self)
    }

    /// Makes a call part of this task: its trace, its way, its priority, one deeper than itself.
    private func adopt(_ request: CallRequest, counting calls: Int) throws -> CallRequest {
        try checkCancellation()
        let made = callsMade.add(calls, ordering: .relaxed).newValue
        guard made <= Limits.calls else {
            throw Fault(
                WireCode.budget, "one task makes at most \(Limits.calls) calls; \(agent) made more")
        }
        var request = request
        request.origin = key
        request.depth = UInt32(clamping: depth + 1)
        // Otherwise what matters most would wait for what its own parts wait for.
        request.priority = priority
        if let trace = TraceContext(traceparent: traceparent) {
            request.traceparent = trace.child(call: made).description
            request.tracestate = tracestate
        }
        return request
    }

    /// Whether somebody still works for this task.
    var hasCalls: Bool { callsInHand.load(ordering: .relaxed) > 0 }
}

extension Session {
    /// Calls from within a task, which knows of it until it ends.
    fileprivate func call(
        _ request: CallRequest, of task: TaskContext
    ) async throws -> CallAnswer {
        task.callsInHand.add(1, ordering: .relaxed)
        defer { task.callsInHand.subtract(1, ordering: .relaxed) }
        // The task may have been cancelled on the way to the loop.
        try task.checkCancellation()
        return try await call(request)
    }
}

extension Name {
    /// An id that somebody chose.
    static func checked(_ id: String) throws(Fault) -> String {
        try check(id, "request id")
        return id
    }
}
