import Wire

/// Commands about tasks for people as arguments of their scripts, and what the scripts answer.
extension PersonCommand {
    func write(_ arguments: inout RedisArguments, by asker: StateCall.Asker) {
        switch self {
        case .read(let keys):
            arguments.text("read")
            for key in keys.prefix(Self.mostRead) { arguments.digest(key.digest) }
        case .list(let query): write(query, &arguments)
        case .news(let known):
            arguments.text("news")
            arguments.number(known)
        case .ask(let question): write(question, &arguments)
        case .withdraw(let key, let record, let state):
            arguments.text("withdraw")
            arguments.digest(key.digest)
            arguments.digest(record.digest)
            arguments.text(state.rawValue)
        case .answer(let answer):
            begin("answer", &arguments, asker)
            arguments.digest(answer.key.digest)
            arguments.text(answer.by)
            arguments.text(answer.token?.description ?? "")
            arguments.digest(answer.arguments)
            arguments.text(answer.asking)
            arguments.bytes(answer.content)
        case .allow(let key, let token, let digest):
            begin("allow", &arguments, asker)
            arguments.digest(key.digest)
            arguments.digest(token)
            arguments.digest(digest)
        }
    }

    /// What stands once in front of many, who asks and when, stands in front of a single one, too.
    private func begin(
        _ verb: String, _ arguments: inout RedisArguments, _ asker: StateCall.Asker
    ) {
        arguments.text(asker.me)
        arguments.number(asker.now)
        arguments.text(verb)
    }

    private func write(_ query: Query, _ arguments: inout RedisArguments) {
        arguments.text("list")
        arguments.text(query.tenantDigest?.description ?? "")
        arguments.text(query.assignee)
        arguments.text(query.isOpen ? "1" : "0")
        arguments.number(max(0, query.offset))
        arguments.number(max(0, query.limit))
    }

    private func write(
        _ question: Question, _ arguments: inout RedisArguments
    ) {
        arguments.text("ask")
        arguments.digest(question.key.digest)
        arguments.digest(question.record.digest)
        arguments.text(question.request)
        arguments.text(question.tenant)
        arguments.digest(Query.digest(ofTenant: question.tenant))
        for word in [question.step, question.assignee, question.title] { arguments.text(word) }
        arguments.number(question.due)
        arguments.digest(question.arguments)
        arguments.bytes(question.content)
    }

    // MARK: - Answers

    /// What a script answered; nothing where that makes no sense.
    func reply(_ reply: RedisReply) -> PersonReply? {
        switch self {
        case .ask(let question): .asked(question.key, PersonVerdict(reply) ?? .unreadable)
        case .withdraw(let key, _, _): .withdrawn(key)
        case .answer(let answer): .answered(answer.key, PersonDecision(reply) ?? .unreadable)
        case .allow(let key, _, _): .answered(key, PersonDecision(reply) ?? .unreadable)
        case .read: reply.array.map { .found($0.compactMap { StoredPerson($0) }) }
        case .list: Self.listed(reply)
        case .news: Self.news(reply)
        }
    }

    private static func listed(_ reply: RedisReply) -> PersonReply? {
        guard let parts = reply.array, parts.count >= 2, let total = parts[0].integer,
            let next = parts[1].integer
        else { return nil }
        let found = parts.dropFirst(2).compactMap { StoredPerson($0) }
        return .listed(found, total: total, next: next < 0 ? nil : next)
    }

    private static func news(_ reply: RedisReply) -> PersonReply? {
        guard let parts = reply.array, parts.count >= 2, let last = parts[0].unsigned else {
            return nil
        }
        let keys = parts.dropFirst(2).compactMap { part in
            part.text.flatMap { Digest(written: $0) }.map { PersonKey($0) }
        }
        return .news(keys, last: last, isWhole: parts[1].integer == 1)
    }
}

extension PersonVerdict {
    fileprivate init?(_ reply: RedisReply) {
        let parts = reply.array ?? []
        switch parts.first?.text {
        case "O": self = .open
        case "A":
            guard parts.count == 4, let content = parts[1].bytes, let by = parts[2].text,
                let at = parts[3].unsigned
            else { return nil }
            self = .answered(PersonWord(content: content, by: by, at: at))
        case "F": self = .fenced
        case "G": self = .gone
        case "L": self = .full
        default: return nil
        }
    }
}

extension PersonDecision {
    fileprivate init?(_ reply: RedisReply) {
        let parts = reply.array ?? []
        func time(_ place: Int) -> UInt64? { place < parts.count ? parts[place].unsigned : nil }
        switch parts.first?.text {
        case "K":
            guard parts.count == 3 else { return nil }
            self = .kept(request: parts[1].text ?? "", tenant: parts[2].text ?? "")
        case "A": self = .answered(by: parts.dropFirst().first?.text ?? "", at: time(2) ?? 0)
        case "W": self = .withdrawn(at: time(1) ?? 0)
        case "E": self = .expired(at: time(1) ?? 0)
        case "G": self = .unknown
        case "P": self = .changed
        case "T": self = .token
        default: return nil
        }
    }
}
