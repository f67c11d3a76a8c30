import Bus
public import Document
package import Reactor
import Telemetry
public import Wire

/// Calls agents from a process that offers none.
///
/// Durable calls, the default, survive the death of an orchestrator: they go to another one under the same id, and are done
/// once as far as anybody can tell. Volatile ones are faster and die with the connection.
public final class Client: Sendable {
    package let session: Session
    /// Ends the loop that was made for this client, if one was.
    private let thread: Task<Void, any Error>?

    private init(_ session: Session, _ thread: Task<Void, any Error>?) {
        self.session = session
        self.thread = thread
    }

    deinit { thread?.cancel() }

    /// Connects to the bus.
    ///
    /// - Parameters:
    ///   - bus: addresses of orchestrators, separated by commas; empty: those of the nearest `.baton/cluster.json`.
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
        let loop = try EventLoop()
        let pool = BlockingPool(threads: 1, limit: 0)
        let thread = Task {
            try await withTaskCancellationHandler {
                try await pool.run { loop.run() }
            } onCancel: {
                loop.stop()
            }
        }
        do {
            return try await connect(plan, on: loop, thread, timeout: timeout)
        } catch {
            thread.cancel()
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
        _ plan: Session.Plan, on loop: EventLoop, _ thread: Task<Void, any Error>?,
        timeout: Duration
    ) async throws -> Client {
        let session = try Session(plan, on: loop)
        try await session.connect(timeout: timeout)
        return Client(session, thread)
    }

    /// Ends the connection; calls in hand fail with `cancelled`.
    public func close() async {
        await session.close()
        thread?.cancel()
    }

    /// Calls an agent and waits for its answer.
    ///
    /// - Parameters:
    ///   - agent: an agent, or one of its instances written `agent#instance`.
    ///   - timeout: how long the whole may take; the agent learns what is left of it.
    ///   - id: of a durable request: the same id is the same request. Nil: a new one.
    public func call<Output: Decodable & Sendable>(
        _ agent: String, _ input: some Encodable & Sendable, as type: Output.Type = Output.self,
        timeout: Duration = .seconds(60), delivery: Delivery = .durable, id: String? = nil
    ) async throws -> Output {
        let content = RawContent(try JSON.encode(input))
        return try await call(agent, content, timeout: timeout, delivery: delivery, id: id)
            .decode(type)
    }

    /// Calls an agent with a content as it stands.
    public func call(
        _ agent: String, _ content: RawContent, timeout: Duration = .seconds(60),
        delivery: Delivery = .durable, id: String? = nil
    ) async throws -> RawContent {
        var request = CallRequest(agent: agent, content: content)
        request.timeout = timeout
        request.delivery = delivery
        request.requestID = id ?? ""
        return try await session.call(request).content
    }

    /// Calls an agent whose answer comes in pieces; the last element is its result.
    public func stream(
        _ agent: String, _ content: RawContent, timeout: Duration = .seconds(60),
        delivery: Delivery = .durable
    ) -> AsyncThrowingStream<RawContent, any Error> {
        var request = CallRequest(agent: agent, content: content)
        request.timeout = timeout
        request.delivery = delivery
        let asked = request
        return AsyncThrowingStream { stream in
            let work = Task {
                do {
                    let answer = try await session.call(asked) { stream.yield($0) }
                    stream.yield(answer.content)
                    stream.finish()
                } catch {
                    stream.finish(throwing: error)
                }
            }
            stream.onTermination = { _ in work.cancel() }
        }
    }

    /// Asks an orchestrator about itself: `agents`, `instances`, `stats` and the other questions of `baton`.
    public func ask(
        _ question: String, _ details: ObjectValue = [:], timeout: Duration = .seconds(10)
    ) async throws -> Value {
        var body = details
        body["question"] = .string(question)
        return try await call(
            "baton", RawContent(json: .object(body)), timeout: timeout, delivery: .volatile
        ).value()
    }
}

extension Session {
    fileprivate func connect(timeout: Duration) async throws {
        try open()
        let limit = loop.timer(after: timeout) { [unowned self] in
            giveUp(
                Fault(
                    WireCode.unavailable,
                    "no orchestrator answered at \(plan.endpoints.map(\.address).joined(separator: ", "))",
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
