import TestKit
import Testing
import Wire

@testable import Store

/// One store in memory and one in Redis, given the same commands at the same moments.
///
/// What they answer about sessions has to be the same, to the byte.
struct SessionBench {
    typealias Excerpt = StoredSession.Excerpt

    let redis: ScriptBench
    var settings: StoreSettings
    private var memory: MemoryStore
    private(set) var now = UInt64(ScriptBench.start)

    init(_ settings: StoreSettings = StoreSettings(), on server: RedisServer? = nil) throws {
        redis = try ScriptBench(server)
        try redis.register("a")
        self.settings = settings
        memory = MemoryStore(settings)
    }

    mutating func pass(_ milliseconds: UInt64) { now += milliseconds }

    /// What both say; a mistake where they differ.
    @discardableResult
    mutating func ask(_ command: SessionCommand) throws -> SessionAnswer {
        pass(1_000)
        // The store in memory sweeps by itself before a session is touched, once a second.
        let mine = memory.perform(.session(1, command), at: now)
        try redis.call(
            "session", bytes: Self.words(SessionCommand.sweep(now: now, settings)))
        let other = try asked(.session(1, command))
        guard case .session(1, let one) = mine, case .session(1, let two) = other else {
            throw ScriptBench.Fault(description: "\(mine) and \(other)")
        }
        guard one == two else {
            throw ScriptBench.Fault(description: "\(command): \(one) and \(two)")
        }
        return two
    }

    /// A durable request is kept by both.
    mutating func accept(_ id: String, _ query: String = "{}") throws {
        try both(
            .accept(
                2,
                StateCommand.Acceptance(
                    key: Self.record(id), id: id, tenant: "t", agent: "cost", body: Digest(query),
                    accepted: now, deadline: now + 60_000, priority: 0, waits: false,
                    input: Self.message(query))))
    }

    mutating func finish(
        _ id: String, _ state: StoredState = .succeeded, _ answer: String = "{}", attempt: Int = 1
    ) throws {
        try both(
            .finish(
                3,
                StateCommand.Ending(
                    key: Self.record(id), state: state, step: 1, attempt: attempt, agent: "cost",
                    instance: "w.1", code: state == .succeeded ? "" : "late", took: 5,
                    isDead: false, size: 10, output: Self.message(answer))))
    }

    @discardableResult
    mutating func both(_ command: StateCommand) throws -> StateReply {
        let (mine, other) = try answers(command)
        if case (.journalPage(1, let one), .journalPage(1, let two)) = (mine, other), one == two {
            return other
        }
        let (one, two) = ("\(mine)", "\(other)")
        guard one == two else { throw ScriptBench.Fault(description: "\(one) and \(two)") }
        return other
    }

    /// What the store in memory says, and what that in Redis does.
    mutating func answers(_ command: StateCommand) throws -> (StateReply, StateReply) {
        (memory.perform(command, at: now), try asked(command))
    }

    /// The command as the store sends it, and what it makes of the answer.
    func asked(_ command: StateCommand) throws -> StateReply {
        var batches = StateBatches(limit: 64, byteLimit: 1 << 24)
        batches.add(command)
        let batch = try #require(batches.take(window: 1) { _ in true }.first)
        let call = StateCall(batch, by: StateCall.Asker(me: "a#1", now: now), settings)
        let answer = try redis.call(call.script.name, bytes: Self.words(call.arguments))
        return try #require(StateAnswers(batch, Self.reply(answer)).replies.first)
    }

    // MARK: - Names

    static func key(_ id: String) -> SessionKey { SessionKey(tenant: "t", id: id) }

    static func record(_ id: String) -> RecordKey { RecordKey(tenant: "t", id: id) }

    static func message(_ text: String) -> StoredMessage {
        StoredMessage(envelope: [8, 1], content: ContentBytes(Array(text.utf8)))
    }

    func begin(_ session: String, _ request: String, isDurable: Bool = true) -> SessionCommand {
        .begin(
            SessionCommand.Begin(
                session: SessionCommand.Name(id: session, tenant: "t"),
                record: Self.record(request), request: request, deadline: now + 60_000,
                isDurable: isDurable))
    }

    func end(
        _ session: String, _ request: String, isDurable: Bool = true, succeeded: Bool = true,
        query: String = "", answer: String = ""
    ) -> SessionCommand {
        .end(
            SessionCommand.End(
                session: Self.key(session), record: Self.record(request), isDurable: isDurable,
                succeeded: succeeded, code: succeeded ? "" : "failed", took: 7, retries: 1,
                query: Excerpt(ContentBytes(Array(query.utf8))),
                answer: Excerpt(ContentBytes(Array(answer.utf8)))))
    }

    mutating func read(_ session: String) throws -> StoredSession? {
        guard case .found(let found) = try ask(.read(Self.key(session), known: "")) else {
            return nil
        }
        return found
    }

    // MARK: - As it travels

    /// The arguments as they are given to a plain client.
    static func words(_ arguments: RedisArguments) -> [[UInt8]] {
        var words: [[UInt8]] = []
        var rest = arguments.buffer[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\r")) {
            let count = Int(String(decoding: rest[..<end].dropFirst(), as: UTF8.self)) ?? 0
            rest = rest[(end + 2)...]
            words.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count + 2)
        }
        return words
    }

    static func reply(_ answer: ScriptBench.Answer) -> RedisReply {
        switch answer {
        case .none: .null
        case .number(let number): .integer(Int64(number))
        case .bytes(let bytes): .bytes(bytes)
        case .fault(let text): .error(text)
        case .list(let answers): .array(answers.map(reply))
        }
    }
}
