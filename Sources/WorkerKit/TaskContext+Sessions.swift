public import Document
import Telemetry
import Wire

/// The session of a task: what was asked and answered in it before, and what agents remember.
///
/// It is kept where durable requests are, and had through whichever orchestrator gave the task: a
/// worker needs no store of its own, and finds the same after any of them is gone.
extension TaskContext {
    /// The session that the request names; nil where it names none.
    public var sessionID: String? { headers["session"].flatMap { $0.isEmpty ? nil : $0 } }

    /// The last exchanges of the session, at most ten, the oldest first: those that ended before
    /// now. Empty without a session.
    public func conversation() async throws -> [Exchange] {
        guard sessionID != nil else { return [] }
        let session = try await askSession("session")
        return (session["conversation"]?.array ?? []).map(Exchange.init)
    }

    /// What an agent remembered in the session under this key; nil where it is nothing.
    public func recall<Content: Decodable & Sendable>(
        _ key: String, as type: Content.Type = Content.self
    ) async throws -> Content? {
        try Name.check(key, "key")
        guard sessionID != nil else { return nil }
        let session = try await askSession("session")
        guard let value = session["values"]?[key] else { return nil }
        return try RawContent(json: value).decode(type)
    }

    /// Remembers a value in the session, for whichever agent works for it next. All of them
    /// together take at most 64 KiB.
    ///
    /// - Parameter key: 1 to 64 characters of `[a-z0-9._-]`.
    public func remember(_ key: String, _ value: some Encodable & Sendable) async throws {
        try await remember(key, DocumentEncoder().encode(value))
    }

    /// Lets go of what was remembered under this key.
    public func forget(_ key: String) async throws { try await remember(key, Value.null) }

    private func remember(_ key: String, _ value: Value) async throws {
        try Name.check(key, "key")
        guard sessionID != nil else {
            throw Fault(
                WireCode.invalid,
                "the request names no session to remember \"\(key)\" in: call with one")
        }
        _ = try await askSession("remember", ["key": .string(key), "value": value])
    }

    /// The task itself says which session is meant; its id is for an orchestrator that does not
    /// know the task.
    private func askSession(
        _ question: String, _ details: ObjectValue = [:]
    ) async throws -> Value {
        var body = details
        body["question"] = .string(question)
        body["id"] = .string(sessionID ?? "")
        return try await call("baton", RawContent(json: .object(body))).decode(Value.self)
    }
}

/// What was asked in a session, and what came of it.
public struct Exchange: Sendable, Equatable {
    public let requestID: String
    /// What was asked, and what was answered. Of more than 4 KiB it is the beginning, as text.
    public let query: Value
    public let answer: Value
    /// Whether both are there in full.
    public let isWhole: Bool
    public let succeeded: Bool
    /// Why it failed, where there is a word for it.
    public let code: String

    init(_ value: Value) {
        requestID = value["request"]?.string ?? ""
        query = value["query"] ?? .null
        answer = value["answer"] ?? .null
        isWhole = value["query_bytes"] == nil && value["answer_bytes"] == nil
        succeeded = value["state"]?.string == "succeeded"
        code = value["code"]?.string ?? ""
    }
}
