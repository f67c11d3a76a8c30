import Wire

/// What is asked of whoever keeps tasks for people: questions of runs that only a person may
/// answer. All of it may be repeated: the second time changes nothing.
package enum PersonCommand: Sendable {
    /// It is to be asked, unless it was: whoever owns the request says so.
    case ask(Question)
    /// Nobody need answer it any more.
    case withdraw(PersonKey, of: RecordKey, as: StoredPerson.State)
    /// A person's word, which counts once.
    case answer(Answer)
    /// Whoever has this token may answer, once, what these arguments say.
    case allow(PersonKey, token: Digest, arguments: Digest)
    /// At most a hundred.
    case read([PersonKey])
    case list(Query)
    /// Which tasks were closed since: the number that was told last.
    case news(since: UInt64)

    /// Tasks of one `read`.
    package static let mostRead = 100

    package struct Question: Sendable {
        package var key: PersonKey
        package var record: RecordKey
        package var request: String
        package var tenant: String
        package var step: String
        package var assignee = ""
        package var title = ""
        /// Milliseconds since 1970; 0: it waits for as long as it takes.
        package var due: UInt64 = 0
        /// What exactly is asked: an answer to anything else does not count.
        package var arguments: Digest
        package var content: [UInt8]

        package init(
            key: PersonKey, record: RecordKey, request: String, tenant: String, step: String,
            content: [UInt8], arguments: Digest? = nil
        ) {
            self.key = key
            self.record = record
            self.request = request
            self.tenant = tenant
            self.step = step
            self.content = content
            self.arguments = arguments ?? Digest("arguments", content: ContentBytes(content))
        }
    }

    package struct Answer: Sendable {
        package var key: PersonKey
        package var by: String
        /// Where the answerer's own key does not say that it may answer.
        package var token: Digest?
        /// What the answerer was asked.
        package var arguments: Digest
        /// Tells one asking from another; the same one gets the same answer again.
        package var asking: String
        package var content: [UInt8]

        package init(
            key: PersonKey, by: String, token: Digest? = nil, arguments: Digest, asking: String,
            content: [UInt8]
        ) {
            self.key = key
            self.by = by
            self.token = token
            self.arguments = arguments
            self.asking = asking
            self.content = content
        }
    }

    package struct Query: Sendable {
        /// Nobody else's; nil: everybody's.
        package var tenant: String?
        package var assignee = ""
        /// What waits, or what was closed lately.
        package var isOpen = true
        package var offset = 0
        package var limit = 100

        package init(tenant: String? = nil) { self.tenant = tenant }

        var tenantDigest: Digest? { tenant.map { Self.digest(ofTenant: $0) } }

        /// What a tenant is called in names of keys.
        static func digest(ofTenant tenant: String) -> Digest { Digest("tenant", tenant) }
    }

    var kind: StateCommand.Kind {
        switch self {
        case .ask, .withdraw: .person
        case .answer, .allow: .decision
        case .read, .list, .news: .question
        }
    }

    /// The request it is about: its commands keep their order.
    var record: RecordKey? {
        switch self {
        case .ask(let question): question.record
        case .withdraw(_, let record, _): record
        case .answer, .allow, .read, .list, .news: nil
        }
    }

    var size: Int {
        switch self {
        // With its event and its lists it takes Redis about 50 microseconds.
        case .ask(let question): question.content.count + 16_384
        case .withdraw: 8_192
        case .answer(let answer): answer.content.count
        default: 0
        }
    }

    var script: RedisScript { kind == .question ? .people : .person }
}

/// What the store says of tasks for people.
package enum PersonReply: Sendable, Equatable {
    case asked(PersonKey, PersonVerdict)
    case withdrawn(PersonKey)
    case answered(PersonKey, PersonDecision)
    case found([StoredPerson])
    /// A stretch without questions and answers, and where the next one begins.
    case listed([StoredPerson], total: Int, next: Int?)
    /// Tasks that were closed, the number to ask with next time, and whether some may be missing.
    case news([PersonKey], last: UInt64, isWhole: Bool)
}

/// What became of a question.
package enum PersonVerdict: Sendable, Equatable {
    case open
    case answered(PersonWord)
    /// Another owns the request, or it has ended.
    case fenced
    /// There is no such request.
    case gone
    /// The request has too many open.
    case full
    /// What is kept of it makes no sense.
    case unreadable
}

/// What a person said.
package struct PersonWord: Sendable, Equatable {
    package var content: [UInt8]
    package var by: String
    /// Milliseconds since 1970.
    package var at: UInt64

    package init(content: [UInt8], by: String, at: UInt64) {
        self.content = content
        self.by = by
        self.at = at
    }
}

/// What became of a person's word.
package enum PersonDecision: Sendable, Equatable {
    /// It counts: now, or since the same asking before.
    case kept(request: String, tenant: String)
    case answered(by: String, at: UInt64)
    case withdrawn(at: UInt64)
    case expired(at: UInt64)
    case unknown
    /// Something else is asked by now.
    case changed
    /// Its token is not the one that was given out last.
    case token
    case unreadable
}
