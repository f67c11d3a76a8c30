import Reactor
import Synchronization
import Telemetry
import WebClient
import WorkerKit

/// The one client of the process and what it remembers between calls: tokens, and documents that
/// describe interfaces. It begins with the first task, because only then there is a loop.
final class WebDesk: Sendable {
    private enum Limits {
        static let kept = 256
        /// What fits into one message.
        static let body = 1 << 20
    }

    private struct Kept: Sendable {
        let token: TokenGrant.Token
        let end: Instant
    }

    private let settings: WebClient.Settings
    private let client = Mutex<WebClient?>(nil)
    private let tokens = Mutex<[TokenGrant: Kept]>([:])
    let documents = DocumentShelf()

    init(_ settings: WebClient.Settings) { self.settings = settings }

    /// Asks, in the time that the task has left.
    func send(_ request: WebRequest, for task: TaskContext) async throws -> WebResponse {
        var request = request
        request.timeout = task.remaining
        request.largestBody = request.largestBody ?? Limits.body
        do throws(Fault) {
            return try await client(on: task.loop).send(request)
        } catch {
            if error.has(WebCode.cancelled) { throw CancellationError() }
            throw Problem(error, asking: request)
        }
    }

    /// Asks as somebody. A token that is not taken any more is fetched anew, once.
    func send(
        _ request: WebRequest, as who: Authentication?, for task: TaskContext
    ) async throws -> WebResponse {
        guard let who else { return try await send(request, for: task) }
        var authorised = request
        guard case .token(let grant) = who else {
            who.apply(to: &authorised, token: nil)
            return try await send(authorised, for: task)
        }
        let (token, isKept) = try await token(grant, for: task)
        who.apply(to: &authorised, token: token)
        let response = try await send(authorised, for: task)
        guard isKept, response.status == 401 else { return response }
        tokens.withLock { $0[grant] = nil }
        who.apply(to: &authorised, token: try await self.token(grant, for: task).0)
        return try await send(authorised, for: task)
    }

    private func token(
        _ grant: TokenGrant, for task: TaskContext
    ) async throws -> (String, isKept: Bool) {
        let now = task.loop.now
        if let kept = tokens.withLock({ $0[grant] }), kept.end > now {
            return (kept.token.text, true)
        }
        var endpoint: String?
        if grant.isDiscovered {
            let answer = try await send(grant.discovery, for: task)
            guard let place = (try? JSON.parse(answer.body))?["token_endpoint"]?.string else {
                throw Problem(
                    .authentication, "No token was given",
                    "\(answer.url.shown) does not say where tokens are")
            }
            endpoint = place
        }
        let answer = try await send(grant.request(endpoint: endpoint), for: task)
        let token = try TokenGrant.token(answer)
        tokens.withLock { tokens in
            tokens = tokens.filter { $0.value.end > now }
            if tokens.count >= Limits.kept { tokens = [:] }
            tokens[grant] = Kept(token: token, end: now + token.lifetime)
        }
        return (token.text, false)
    }

    private func client(on loop: EventLoop) throws(Fault) -> WebClient {
        let made = client.withLock { client -> Result<WebClient, Fault> in
            if let client { return .success(client) }
            return Result { () throws(Fault) in
                let fresh = try WebClient(on: loop, settings)
                client = fresh
                return fresh
            }
        }
        return try made.get()
    }
}
