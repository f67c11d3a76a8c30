import Bus
import Document
import Synchronization
import Telemetry
import Wire

/// Side effects that are entered into a ledger, so that a step that is tried again has none of them
/// twice.
///
/// A durable task asks before an effect and tells its result afterwards. An attempt that comes
/// after it gets the kept result in place of a second effect. Between the two no ledger knows what
/// happened: an idempotent agent then repeats the effect under the same key, an unsafe one stops,
/// and a person decides.
extension TaskContext {
    private enum Limits {
        /// Bytes of a result as JSON.
        static let result = 48 << 10
    }

    /// What names a side effect of this step: the same in every attempt.
    public func effectKey(_ call: String) -> String { "\(requestID)/\(step)/\(call)" }

    /// Has a side effect, unless an earlier attempt of this step had it: then its result comes from
    /// the ledger, and `body` does not run.
    ///
    /// ```swift
    /// let receipt = try await task.effect("charge") { key in
    ///     try await payments.charge(order, idempotencyKey: key)
    /// }
    /// ```
    ///
    /// An error of `body` ends it without a result: whether it may be tried again is the agent's
    /// class to say. A volatile task and a broadcast have no ledger: `body` just runs.
    ///
    /// - Parameters:
    ///   - call: which of the step's effects, 1 to 64 characters of `[a-z0-9._-]`; each has a name
    ///     of its own, the same in every attempt.
    ///   - body: is given ``effectKey(_:)-(String)`` for whatever can recognise repetitions. What
    ///     it returns is kept as JSON, at most 48 KiB: a receipt, not a document.
    public func effect<Success: Codable & Sendable>(
        _ call: String, _ body: (_ key: String) async throws -> Success
    ) async throws -> Success {
        try claim(call)
        do {
            return try await recorded(call, body)
        } catch {
            // The handler may try it again: the ledger decides what comes of that.
            _ = effectsBegun.withLock { $0.remove(call) }
            throw error
        }
    }

    /// Has a side effect that leaves nothing to be remembered but that it happened.
    public func effect(
        _ call: String, _ body: (_ key: String) async throws -> Void
    ) async throws {
        _ = try await effect(call) { key -> Value in
            try await body(key)
            return .null
        }
    }

    private func recorded<Success: Codable & Sendable>(
        _ call: String, _ body: (_ key: String) async throws -> Success
    ) async throws -> Success {
        guard delivery == .durable else {
            try checkCancellation()
            return try await body(effectKey(call))
        }
        let question = ContentBytes(JSON.write(["call": .string(call)]))
        let verdict = try await session.verdict(.effectBegin, call, question, of: self)
        if case .skip(let result) = verdict {
            return try RawContent(json: result).decode(Success.self)
        }
        if let failure = Self.failure(verdict, call) { throw failure }
        try checkCancellation()
        let success = try await body(effectKey(call))
        try await keep(JSON.encode(success), of: call)
        return success
    }

    private func keep(_ result: [UInt8], of call: String) async throws {
        if let fault = Self.tooLarge(result, call) { throw fault }
        _ = try await session.verdict(.effectDone, call, ContentBytes(result), of: self)
    }

    private static func tooLarge(_ result: [UInt8], _ call: String) -> Fault? {
        guard result.count > Limits.result else { return nil }
        return Fault(
            WireCode.tooLarge,
            "the effect \(call) happened, but its result has \(result.count) bytes: at most"
                + " \(Limits.result) are kept")
    }

    /// Each effect of a step has a name of its own: two of one name would be taken for one.
    private func claim(_ call: String) throws(Fault) {
        try Name.check(call, "effect")
        guard effectsBegun.withLock({ $0.insert(call).inserted }) else {
            throw Fault(
                WireCode.invalid,
                "this task has the effect \(call) twice: give each a name of its own")
        }
    }

    /// Why an effect must not happen now; nil: it may.
    package static func failure(_ verdict: EffectVerdict, _ call: String) -> TaskFailure? {
        switch verdict {
        case .go, .skip, .kept: nil
        case .unknown:
            .uncertain("an earlier attempt may have had the effect \(call), and must not repeat it")
        case .stale:
            TaskFailure(
                code: WireCode.stale.rawValue,
                message: "the effect \(call) did not happen here: another attempt took its place",
                retry: .now)
        }
    }

    // MARK: - For commands behind a worker

    /// Asks whether an effect may happen; the answer comes on the loop.
    package func beginEffect(
        _ call: String, onEnd: @escaping @Sendable (Result<EffectVerdict, any Error>) -> Void
    ) {
        guard delivery == .durable else { return session.submit { _ in onEnd(.success(.go)) } }
        let question = ContentBytes(JSON.write(["call": .string(call)]))
        session.submit { [self] session in
            session.say(.effectBegin, call, question, of: self, onEnd: onEnd)
        }
    }

    /// Tells what came of an effect; the answer comes on the loop.
    package func endEffect(
        _ call: String, _ result: Value,
        onEnd: @escaping @Sendable (Result<EffectVerdict, any Error>) -> Void
    ) {
        guard delivery == .durable else { return session.submit { _ in onEnd(.success(.kept)) } }
        let result = JSON.write(result)
        if let fault = Self.tooLarge(result, call) {
            return session.submit { _ in onEnd(.failure(fault)) }
        }
        session.submit { [self] session in
            session.say(.effectDone, call, ContentBytes(result), of: self, onEnd: onEnd)
        }
    }
}
