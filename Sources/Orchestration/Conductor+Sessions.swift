import Bus
import Document
import Reactor
import Store
import Telemetry
import Wire

/// Sessions: requests that share a conversation. The store is told when a request of one begins
/// and ends, and is asked for all that anybody wants to know: nothing here is trusted over it.
extension Conductor {
    /// The session a request names: its header `session`, empty where it has none.
    func session(of message: borrowing EnvelopeView) throws(Fault) -> String {
        guard let id = try message.headers()["session"] else { return "" }
        try Name.check(id, "session")
        guard case .away(let reason) = standing else { return id }
        throw Fault(
            WireCode.unavailable, "sessions cannot be kept just now: \(reason)",
            retry: .after(.seconds(1)))
    }

    /// A request was accepted, or taken up from another instance: its session is active.
    mutating func openSession(of slot: Int, into outbox: inout Outbox) {
        guard !requests[slot].session.isEmpty else { return }
        requests[slot].sessionRecord = sessionRecord(of: slot)
        let left = (requests[slot].deadline - present).milliseconds
        outbox.ask(
            .session(
                0,
                .begin(
                    SessionCommand.Begin(
                        session: sessionName(of: slot),
                        record: requests[slot].sessionRecord,
                        request: requests[slot].key.id,
                        deadline: storeTime(at: present) + left,
                        isDurable: requests[slot].delivery == .durable))))
    }

    /// The same for one that comes from the store, where its input says which session it is of.
    mutating func rejoinSession(
        _ slot: Int, _ input: StoredMessage, into outbox: inout Outbox
    ) {
        let id = (try? Envelope(decoding: input.envelope))?.headers["session"] ?? ""
        guard Name.isValid(id) else { return }
        requests[slot].session = id
        openSession(of: slot, into: &outbox)
    }

    /// A request has its outcome. Of a durable one the store looks at its record.
    mutating func endSession(of slot: Int, _ outcome: Outcome, into outbox: inout Outbox) {
        guard !requests[slot].session.isEmpty else { return }
        let isDurable = requests[slot].delivery == .durable
        var answer: (any Content)?
        if case .result(let content, _, _) = outcome { answer = content }
        let attempts = requests[slot].steps.members(steps.siblings).map { steps[$0].attempt }
        outbox.ask(
            .session(
                0,
                .end(
                    SessionCommand.End(
                        session: sessionName(of: slot).key,
                        record: requests[slot].sessionRecord,
                        isDurable: isDurable, succeeded: outcome.code.isEmpty,
                        code: outcome.code,
                        took: (present - requests[slot].accepted).milliseconds,
                        retries: max(0, Int(attempts.max() ?? 1) - 1),
                        query: StoredSession.Excerpt(isDurable ? nil : requests[slot].content),
                        answer: StoredSession.Excerpt(isDurable ? nil : answer)))))
    }

    private func sessionName(of slot: Int) -> SessionCommand.Name {
        SessionCommand.Name(id: requests[slot].session, tenant: requests[slot].tenant)
    }

    /// What names a request within its session: its record, or where it has none this process and
    /// its connection.
    private func sessionRecord(of slot: Int) -> RecordKey {
        guard requests[slot].delivery == .volatile else { return requests[slot].record }
        let key = requests[slot].key
        return RecordKey(
            tenant: "volatile \(name) \(welcome.epoch)", id: "\(key.scope)/\(key.id)")
    }

    // MARK: - Questions

    enum SessionQuestion: String, CaseIterable {
        case session, sessions, remember
        case openSession = "open_session"
        case endSession = "end_session"
    }

    /// - Parameter task: the request in whose task it is asked, if it is asked in one.
    mutating func askSession(
        _ question: SessionQuestion, _ body: Value, _ asker: Inquiries.Asker, task: Int?,
        into outbox: inout Outbox
    ) throws(Fault) {
        if question == .sessions { return try listSessions(body, asker, into: &outbox) }
        let name = try sessionName(body, asker, task)
        switch question {
        case .session, .sessions:
            let known = sessions.known(name.key)
            try inquire(.session(asker, .show(known)), into: &outbox) {
                .session($0, .read(name.key, known: known?.revision ?? ""))
            }
        case .remember:
            let key = try Name.check(body["key"]?.string ?? "", "key")
            let value = body["value"] ?? .null
            let bytes = value.isNull ? [] : JSON.write(value)
            try inquire(.session(asker, .told(name.id, "kept")), into: &outbox) {
                .session($0, .remember(name.key, name: key, value: bytes))
            }
        case .openSession:
            try inquire(.session(asker, .told(name.id, "open")), into: &outbox) {
                .session($0, .open(name))
            }
        case .endSession:
            sessions.forget(name.key)
            let word = SessionState.expired.word
            try inquire(.session(asker, .told(name.id, word)), into: &outbox) {
                .session($0, .close(name.key))
            }
        }
    }

    /// Which session is meant: that of the task, or one of the asker's tenant.
    private func sessionName(
        _ body: Value, _ asker: Inquiries.Asker, _ task: Int?
    ) throws(Fault) -> SessionCommand.Name {
        let id = body["id"]?.string ?? ""
        if let task, !requests[task].session.isEmpty,
            id.isEmpty || id == requests[task].session
        {
            return sessionName(of: task)
        }
        try Name.check(id, "session")
        let own = peers.tenant(of: asker.caller.peer) ?? ""
        let tenant = isOperator(asker.caller.peer) ? body["tenant"]?.string ?? own : own
        return SessionCommand.Name(id: id, tenant: tenant)
    }

    private mutating func listSessions(
        _ body: Value, _ asker: Inquiries.Asker, into outbox: inout Outbox
    ) throws(Fault) {
        let isOperator = isOperator(asker.caller.peer)
        let own = peers.tenant(of: asker.caller.peer)
        let tenant = isOperator ? body["tenant"]?.string : own
        let offset = max(0, body["offset"]?.integer ?? 0)
        let limit = min(max(1, body["limit"]?.integer ?? 100), 500)
        try inquire(.session(asker, .list), into: &outbox) {
            .session($0, .list(tenant: tenant, offset: offset, limit: limit))
        }
    }

    // MARK: - Answers

    /// What the store was asked about a session.
    enum SessionPurpose {
        /// With what is known of it already.
        case show(StoredSession?)
        case list
        /// The session, and what became of it.
        case told(String, String)
    }

    mutating func told(
        _ ticket: UInt64, _ reply: SessionAnswer, at now: Instant, into outbox: inout Outbox
    ) {
        guard case .session(let asker, let purpose) = inquiries.answered(ticket) else { return }
        let time = storeTime(at: now)
        switch (purpose, reply) {
        case (.show, .found(let session)):
            sessions.keep(session)
            answer(asker, session.description(at: time), into: &outbox)
        case (.show(let known?), .unchanged):
            sessions.confirmed()
            answer(asker, known.description(at: time), into: &outbox)
        case (.list, .listed(let found, let total, let bytes)):
            let rows = found.map { Value.object($0.row(at: time)) }
            answer(
                asker,
                ["sessions": .array(rows), "total": Value(total), "bytes": Value(bytes)],
                into: &outbox)
        case (.told(let id, let word), .done):
            answer(asker, ["session": .string(id), "state": .string(word)], into: &outbox)
        case (_, .full):
            let fault = Fault(
                WireCode.tooLarge,
                "a session remembers at most \(StoredSession.Limits.values) bytes: let it forget"
                    + " something first")
            complain(fault, to: asker, into: &outbox)
        default:
            let fault = Fault(
                WireCode.notFound,
                "no such session is known; one that nobody uses is kept for a while only")
            complain(fault, to: asker, into: &outbox)
        }
    }
}
