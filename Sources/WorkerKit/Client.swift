import Bus
public import Document
package import Reactor
import Telemetry
import Wire

/// Calls agents from a process that offers none.
///
/// Durable calls, the default, survive the death of an orchestrator: they go to another one under
/// the same id, and are done once as far as anybody can tell. Volatile ones are faster and die with
/// the connection.
public final class Client: Sendable {
    package let session: Session
    /// The loop that was made for this client, if one was.
    private let thread: LoopThread?

    private init(_ session: Session, _ thread: LoopThread?) {
        self.session = session
        self.thread = thread
    }

    deinit { thread?.stop() }

    /// Connects to the bus.
    ///
    /// - Parameters:
    /// - bus: addresses of orchestrators, separated by commas; empty: those of the nearest
    /// `.baton/cluster.json`.
    ///   - serverKey: their public keys, in the same order, or one for all.
    ///   - key: the file of this process's own key pair.
    ///   - name: what this client is called on the bus.
    ///   - timeout: how long to wait for a first orchestrator.
    public static func connect(
        bus: String = "", serverKey: String = "", key: String = "", name: String = "client",
        timeout: Duration = .seconds(10)
    ) async throws -> Client {
        var configuration = WorkerConfiguration()
        configuration.bus = bus
        configuration.serverKey = serverKey
        configuration.key = key
        configuration.logLevel = .error
        let plan = try configuration.plan(name: name)
        let thread = try LoopThread()
        do {
            return try await connect(plan, on: thread.loop, thread, timeout: timeout)
        } catch {
            thread.stop()
            throw error
        }
    }

    /// Connects on a loop that runs already.
    package static func connect(
        _ plan: Session.Plan, on loop: EventLoop, timeout: Duration = .seconds(10)
    ) async throws -> Client {
        try await connect(plan, on: loop, nil, timeout: timeout)
    }

    private static func connect(
        _ plan: Session.Plan, on loop: EventLoop, _ thread: LoopThread?,
        timeout: Duration
    ) async throws -> Client {
        var plan = plan
        plan.links.refusals = 2
        let session = try Session(plan, on: loop)
        try await session.connect(timeout: timeout)
        return Client(session, thread)
    }

    /// Ends the connection; calls in hand fail with `cancelled`.
    public func close() async {
        await session.close()
        thread?.stop()
    }

    /// Calls an agent and waits for its answer.
    ///
    /// - Parameters:
    ///   - agent: an agent, or one of its instances written `agent#instance`.
    ///   - timeout: how long the whole may take; the agent learns what is left of it.
    ///   - onProgress: is told what the handler reports while it works.
    public func call<Output: Decodable & Sendable>(
        _ agent: String, _ input: some Encodable & Sendable, as type: Output.Type = Output.self,
        timeout: Duration = .seconds(60), options: CallOptions = CallOptions(),
        onProgress: (@Sendable (CallProgress) -> Void)? = nil
    ) async throws -> Output {
        let content = RawContent(try JSON.encode(input))
        return try await call(
            agent, content, timeout: timeout, options: options, onProgress: onProgress
        ).decode(type)
    }

    /// Calls an agent with a content as it stands.
    public func call(
        _ agent: String, _ content: RawContent, timeout: Duration = .seconds(60),
        options: CallOptions = CallOptions(),
        onProgress: (@Sendable (CallProgress) -> Void)? = nil
    ) async throws -> RawContent {
        let request = try Self.request(agent, content, timeout, options)
        return try await session.call(request, onNews: CallNews.listener(onProgress)).content
    }

    /// Calls an agent whose answer comes in pieces; the last element is its result.
    public func stream(
        _ agent: String, _ content: RawContent, timeout: Duration = .seconds(60),
        options: CallOptions = CallOptions(),
        onProgress: (@Sendable (CallProgress) -> Void)? = nil
    ) -> AsyncThrowingStream<RawContent, any Error> {
        AsyncThrowingStream { stream in
            do {
                let request = try Self.request(agent, content, timeout, options)
                session.stream(request, into: stream, onProgress)
            } catch {
                stream.finish(throwing: error)
            }
        }
    }

    private static func request(
        _ agent: String, _ content: RawContent, _ timeout: Duration, _ options: CallOptions
    ) throws(Fault) -> CallRequest {
        var request = try options.applied(to: CallRequest(agent: agent, content: content))
        request.timeout = timeout
        return request
    }

    /// Asks an orchestrator about itself: `agents`, `instances`, `stats` and the other questions of
    /// `baton`.
    public func ask(
        _ question: String, _ details: ObjectValue = [:], timeout: Duration = .seconds(10)
    ) async throws -> Value {
        var body = details
        body["question"] = .string(question)
        return try await call(
            "baton", RawContent(json: .object(body)), timeout: timeout, options: .volatile
        ).value()
    }
}

extension Session {
    /// Calls, and passes on every piece and the end. Whoever stops reading cancels the call.
    nonisolated fileprivate func stream(
        _ request: CallRequest,
        into stream: AsyncThrowingStream<RawContent, any Error>.Continuation,
        _ onProgress: (@Sendable (CallProgress) -> Void)?
    ) {
        let ticket = CallTicket()
        let onNews = { @Sendable (news: CallNews) -> Void in
            switch news {
            case .partial(let piece): _ = stream.yield(piece)
            case .progress(let progress): onProgress?(progress)
            }
        }
        submit { session in
            ticket.number = session.start(request, onNews: onNews) { result in
                switch result {
                case .success(let answer):
                    stream.yield(answer.content)
                    stream.finish()
                case .failure(let fault): stream.finish(throwing: fault)
                }
            }
        }
        stream.onTermination = { [self] _ in
            submit { $0.cancelCall(ticket.number) }
        }
    }

    fileprivate func connect(timeout: Duration) async throws {
        try open()
        let limit = loop.timer(after: timeout) { [unowned self] in
            giveUp(
                Fault(
                    WireCode.unavailable,
                    "no orchestrator answered at "
                        + plan.endpoints.map(\.address).joined(separator: ", "),
                    retry: .now))
        }
        defer { limit.cancel() }
        do {
            try await untilUp()
        } catch {
            close()
            throw error
        }
    }
}
