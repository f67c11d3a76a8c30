import Reactor
import Store
import Telemetry

/// A connection to a store's Redis for one command: opened, asked one thing after the other, and
/// closed whatever happens. All on the loop's thread.
actor StoreVisit {
    enum Delays {
        /// Beyond it a Redis that does not answer is not there.
        static let opening = Duration.seconds(5)
        /// One slice of work, also on a busy machine.
        static let answer = Duration.seconds(60)
    }

    let endpoint: RedisEndpoint
    let prefix: String
    private nonisolated let loop: EventLoop
    private var link: RedisLink?
    private var opening: CheckedContinuation<Void, any Error>?
    private var patience: Timer?
    private var trouble = "it does not answer"
    private(set) var facts = RedisLink.Facts()

    private init(_ endpoint: RedisEndpoint, prefix: String, on loop: EventLoop) {
        (self.endpoint, self.prefix, self.loop) = (endpoint, prefix, loop)
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    /// Lends a visit. Cancelling the task ends what it waits for.
    static func with<Success: Sendable>(
        _ endpoint: RedisEndpoint, prefix: String, on loop: EventLoop,
        patience: Duration = Delays.opening,
        _ body: @Sendable (StoreVisit) async throws -> Success
    ) async throws -> Success {
        let visit = StoreVisit(endpoint, prefix: prefix, on: loop)
        return try await withTaskCancellationHandler {
            do {
                try await visit.open(patience)
                let result = try await body(visit)
                await visit.close()
                return result
            } catch {
                await visit.close()
                try Task.checkCancellation()
                throw error
            }
        } onCancel: {
            loop.submit { visit.assumeIsolated { $0.close() } }
        }
    }

    // MARK: - Asking

    /// Asks a command of words.
    func ask(_ words: String...) async throws -> RedisReply {
        try await answer { $0.send(words, $1) }
    }

    /// Runs a script on the keys below the prefix.
    func run(_ script: RedisScript, _ arguments: RedisArguments) async throws -> RedisReply {
        let prefix = prefix
        return try await answer { $0.call(script, key: prefix, arguments, $1) }
    }

    private func answer(
        _ send: (RedisLink, @escaping (RedisLink.Outcome) -> Void) -> Void
    ) async throws -> RedisReply {
        try Task.checkCancellation()
        guard let link else { throw unreachable("the connection is closed") }
        let outcome = await withCheckedContinuation { continuation in
            send(link) { continuation.resume(returning: $0) }
        }
        switch outcome {
        case .reply(.error(let text)): throw refusal(text)
        case .reply(let reply): return reply
        case .unknown(let reason):
            try Task.checkCancellation()
            throw unreachable(reason)
        }
    }

    // MARK: - Opening and closing

    private func open(_ limit: Duration) async throws {
        var settings = StoreSettings()
        settings.deadline = Delays.answer
        let link = RedisLink(
            endpoint, name: "baton", settings: settings, scripts: StoreScript.all, loop: loop,
            log: .silent
        ) { [weak self] condition in
            self?.assumeIsolated { $0.heard(condition) }
        }
        self.link = link
        patience = loop.timer(after: limit) { [weak self] in
            self?.assumeIsolated { $0.end(throwing: $0.unreachable($0.trouble)) }
        }
        try await withCheckedThrowingContinuation { continuation in
            opening = continuation
            link.open()
        }
    }

    private func heard(_ condition: RedisLink.Condition) {
        switch condition {
        case .ready(let facts):
            self.facts = facts
            patience?.cancel()
            opening.take()?.resume()
        case .away(let reason): trouble = reason
        case .refused(let fault): end(throwing: fault)
        }
    }

    private func end(throwing fault: Fault) { opening.take()?.resume(throwing: fault) }

    private func close() {
        patience?.cancel()
        opening.take()?.resume(throwing: CancellationError())
        link?.close()
        link = nil
    }

    private func unreachable(_ reason: String) -> Fault {
        Fault(Exit.unavailable, "Redis at \(endpoint) cannot be asked: \(reason).", retry: .now)
    }

    private func refusal(_ text: String) -> Fault {
        Fault(Exit.failed, "Redis at \(endpoint) refuses: \(text.prefix(300)).")
    }
}
