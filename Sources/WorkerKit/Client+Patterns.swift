import Document
import Reactor
import Telemetry
import Wire

/// The patterns beside the plain call: work in the background, through several agents, and for many
/// at once.
extension Client {
    /// Has an agent do something in the background.
    ///
    /// Nobody can ask later what came of a volatile one.
    ///
    /// - Parameters:
    ///   - agent: an agent, or one of its instances written `agent#instance`.
    ///   - timeout: how long the work may take.
    /// - Returns: the id by which ``result(of:wait:timeout:)`` finds what came of it.
    @discardableResult
    public func notify(
        _ agent: String, _ input: some Encodable & Sendable, timeout: Duration = .seconds(900),
        options: CallOptions = CallOptions()
    ) async throws -> String {
        try await notify(
            agent, RawContent(JSON.encode(input)), timeout: timeout, options: options)
    }

    /// Has an agent do something in the background with a content as it stands.
    @discardableResult
    public func notify(
        _ agent: String, _ content: RawContent, timeout: Duration = .seconds(900),
        options: CallOptions = CallOptions()
    ) async throws -> String {
        var request = try options.applied(
            to: CallRequest(.notification, agent: agent, content: content))
        request.timeout = timeout
        request.patience = min(timeout, .seconds(30))
        return try await session.call(request).requestID
    }

    /// What came of a request; its failure is thrown as its caller had it.
    ///
    /// - Parameters:
    ///   - id: what ``notify(_:_:timeout:options:)`` gave back, or any durable call's id.
    ///   - wait: whether to wait for the end; else a request that has not ended throws `busy`.
    public func result<Output: Decodable & Sendable>(
        of id: String, as type: Output.Type = Output.self, wait: Bool = true,
        timeout: Duration = .seconds(60)
    ) async throws -> Output {
        try await result(of: id, wait: wait, timeout: timeout).decode(type)
    }

    /// What came of a request, as a content as it stands.
    public func result(
        of id: String, wait: Bool = true, timeout: Duration = .seconds(60)
    ) async throws -> RawContent {
        try await session.call(.result(of: id, wait: wait, timeout: timeout)).content
    }

    /// Ends a durable request, whoever asked for it; throws `gone` if none of this id is in hand.
    public func cancel(_ id: String, timeout: Duration = .seconds(10)) async throws {
        var request = CallRequest(.cancel, agent: "", content: RawContent([]))
        request.requestID = try Name.checked(id)
        request.timeout = timeout
        _ = try await session.call(request)
    }

    /// Passes an input through several agents: each one's result is the next one's input.
    ///
    /// - Parameter onProgress: is told who works, and at which stage, as far as handlers report it.
    public func pipeline<Output: Decodable & Sendable>(
        _ stages: [String], _ input: some Encodable & Sendable,
        as type: Output.Type = Output.self, timeout: Duration = .seconds(60),
        options: CallOptions = CallOptions(),
        onProgress: (@Sendable (CallProgress) -> Void)? = nil
    ) async throws -> Output {
        try await pipeline(
            stages, RawContent(JSON.encode(input)), timeout: timeout, options: options,
            onProgress: onProgress
        ).decode(type)
    }

    /// Passes a content as it stands through several agents.
    public func pipeline(
        _ stages: [String], _ content: RawContent, timeout: Duration = .seconds(60),
        options: CallOptions = CallOptions(),
        onProgress: (@Sendable (CallProgress) -> Void)? = nil
    ) async throws -> RawContent {
        var request = try options.applied(to: .pipeline(stages, content))
        request.timeout = timeout
        return try await session.call(request, onNews: CallNews.listener(onProgress)).content
    }

    // MARK: - Many at once

    /// Tells all instances of an agent, or everybody (`*`), each at most once; nobody answers.
    public func broadcast(
        to receiver: String, _ input: some Encodable & Sendable, timeout: Duration = .seconds(10),
        headers: [String: String] = [:]
    ) async throws -> BroadcastReceipt {
        try await broadcast(
            to: receiver, RawContent(JSON.encode(input)), timeout: timeout, headers: headers)
    }

    /// Tells all instances of an agent, or everybody, a content as it stands.
    public func broadcast(
        to receiver: String, _ content: RawContent, timeout: Duration = .seconds(10),
        headers: [String: String] = [:]
    ) async throws -> BroadcastReceipt {
        var request = try CallOptions(delivery: .volatile, headers: headers).applied(
            to: .broadcast(receiver, content))
        request.timeout = timeout
        return try BroadcastReceipt(await session.call(request).content)
    }

    /// Has all instances of an agent do the same, and gathers what each answers.
    ///
    /// Whoever has not answered in time stands in the answer with the code `deadline`.
    public func broadcastAcknowledged(
        to receiver: String, _ input: some Encodable & Sendable, timeout: Duration = .seconds(60),
        options: CallOptions = CallOptions()
    ) async throws -> Gathering {
        try await broadcastAcknowledged(
            to: receiver, RawContent(JSON.encode(input)), timeout: timeout, options: options)
    }

    /// Has all instances of an agent do the same with a content as it stands.
    public func broadcastAcknowledged(
        to receiver: String, _ content: RawContent, timeout: Duration = .seconds(60),
        options: CallOptions = CallOptions()
    ) async throws -> Gathering {
        try await gather(.acknowledged(receiver, content), timeout, options)
    }

    /// Asks one instance of each agent the same, all at once, and gathers what they answer.
    public func fanOut(
        to agents: [String], _ input: some Encodable & Sendable, timeout: Duration = .seconds(60),
        options: CallOptions = CallOptions()
    ) async throws -> Gathering {
        try await fanOut(
            to: agents, RawContent(JSON.encode(input)), timeout: timeout, options: options)
    }

    /// Asks one instance of each agent with a content as it stands.
    public func fanOut(
        to agents: [String], _ content: RawContent, timeout: Duration = .seconds(60),
        options: CallOptions = CallOptions()
    ) async throws -> Gathering {
        try await gather(.fanOut(agents, content), timeout, options)
    }

    private func gather(
        _ request: CallRequest, _ timeout: Duration, _ options: CallOptions
    ) async throws -> Gathering {
        var request = try options.applied(to: request)
        request.setTimeout(timeout)
        return try Gathering(await session.call(request).content)
    }
}

extension CallRequest {
    /// The question what came of a request.
    package static func result(
        of id: String, wait: Bool, timeout: Duration
    ) throws(Fault) -> CallRequest {
        let question: Value = [
            "question": "result", "id": .string(try Name.checked(id)), "wait": .bool(wait),
        ]
        var request = CallRequest(agent: "baton", content: RawContent(json: question))
        request.delivery = .volatile
        request.timeout = timeout
        return request
    }

    /// Whoever gathers has the answers at the deadline, and we a moment later.
    package mutating func setTimeout(_ timeout: Duration) {
        self.timeout = timeout
        patience = gathers ? timeout + .seconds(2) : nil
    }
}

extension CallNews {
    /// A listener to all news that passes on progress alone.
    static func listener(
        _ onProgress: (@Sendable (CallProgress) -> Void)?
    ) -> (@Sendable (CallNews) -> Void)? {
        guard let onProgress else { return nil }
        return { news in if case .progress(let progress) = news { onProgress(progress) } }
    }
}
