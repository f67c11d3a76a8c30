/// What is asked of whoever keeps sessions. All of it may be repeated: the second time changes
/// nothing.
package enum SessionCommand: Sendable {
    /// A request of it was accepted.
    case begin(Begin)
    /// A request of it ended. Of a durable one its record counts, where there is one.
    case end(End)
    /// It is to be there, with nothing asked yet.
    case open(Name)
    /// Somebody ends it.
    case close(SessionKey)
    /// An agent remembers a value: JSON; empty to forget it.
    case remember(SessionKey, name: String, value: [UInt8])
    /// All of it, unless the revision that is known is the latest.
    case read(SessionKey, known: String)
    /// A stretch of all sessions, or of a tenant's: the latest first.
    case list(tenant: String?, offset: Int, limit: Int)

    package struct Name: Sendable {
        package var id: String
        package var tenant: String
        package var key: SessionKey { SessionKey(tenant: tenant, id: id) }

        package init(id: String, tenant: String) {
            self.id = id
            self.tenant = tenant
        }
    }

    package struct Begin: Sendable {
        package var session: Name
        package var record: RecordKey
        package var request: String
        package var deadline: UInt64
        package var isDurable: Bool

        package init(
            session: Name, record: RecordKey, request: String, deadline: UInt64, isDurable: Bool
        ) {
            self.session = session
            self.record = record
            self.request = request
            self.deadline = deadline
            self.isDurable = isDurable
        }
    }

    package struct End: Sendable {
        package var session: SessionKey
        package var record: RecordKey
        package var isDurable: Bool
        package var succeeded: Bool
        /// The word for why it failed.
        package var code: String
        package var took: UInt64
        package var retries: Int
        package var query: StoredSession.Excerpt
        package var answer: StoredSession.Excerpt

        package init(
            session: SessionKey, record: RecordKey, isDurable: Bool, succeeded: Bool,
            code: String, took: UInt64, retries: Int, query: StoredSession.Excerpt,
            answer: StoredSession.Excerpt
        ) {
            self.session = session
            self.record = record
            self.isDurable = isDurable
            self.succeeded = succeeded
            self.code = code
            self.took = took
            self.retries = retries
            self.query = query
            self.answer = answer
        }
    }

    var kind: StateCommand.Kind {
        switch self {
        case .begin, .end: .session
        case .open, .close, .remember: .decision
        case .read, .list: .question
        }
    }

    /// The request it is about: its commands keep their order.
    var record: RecordKey? {
        switch self {
        case .begin(let begin): begin.record
        case .end(let end): end.record
        case .open, .close, .remember, .read, .list: nil
        }
    }

    var script: RedisScript {
        switch self {
        case .read, .list: .sessions
        case .begin, .end, .open, .close, .remember: .session
        }
    }
}

/// What the store says of sessions.
package enum SessionAnswer: Sendable, Equatable {
    case done
    /// There is no such session, or it has expired.
    case unknown
    /// It would have too many bytes, or too many requests under way.
    case full
    /// The request of which an end was told has not ended.
    case open
    case found(StoredSession)
    /// The revision that is known is the latest.
    case unchanged
    /// A stretch without conversations, how many there are in all, and their bytes.
    case listed([StoredSession], total: Int, bytes: Int)
}
