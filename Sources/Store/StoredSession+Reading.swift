/// Reading what Redis holds of a session. Anything may stand there: what makes no sense gives
/// nothing.
extension StoredSession {
    /// The digest, the fields of the head, and of a whole one the exchanges and the values.
    init?(_ reply: RedisReply) {
        guard let parts = reply.array, parts.count >= 2,
            let digest = parts[0].text.flatMap({ Digest(written: $0) }),
            let fields = parts[1].pairs
        else { return nil }
        self.init(key: SessionKey(digest))
        var head: [String: String] = [:]
        for (name, value) in fields { head[name.text ?? ""] = value.text }
        guard read(head) else { return nil }
        for (name, value) in head where name.hasPrefix("r:") {
            guard let one = Running(value) else { return nil }
            running.append(one)
        }
        running.sort { ($0.begun, $0.request) < ($1.begun, $1.request) }
        guard parts.count == 4 else { return }
        conversation = (parts[2].array ?? []).compactMap { $0.bytes.flatMap(Exchange.init) }
        for (name, value) in parts[3].pairs ?? [] { values[name.text ?? ""] = value.bytes }
    }

    private mutating func read(_ head: [String: String]) -> Bool {
        func number(_ name: String) -> UInt64? { head[name].flatMap { UInt64($0) } }
        func count(_ name: String) -> Int? { head[name].flatMap { Int($0) } }
        guard head["v"] == "1", let state = head["st"].flatMap(SessionState.init),
            let created = number("at"), let updated = number("up"), let expires = number("ex"),
            let requests = count("n"), let succeeded = count("ok"), let failed = count("f"),
            let retries = count("rt"), let took = number("tk"), let bytes = count("b"),
            let change = number("rev"), let id = head["id"]
        else { return false }
        self.id = id
        self.state = state
        (self.created, self.updated, self.expires) = (created, updated, expires)
        (self.requests, self.succeeded, self.failed) = (requests, succeeded, failed)
        (self.retries, self.took, self.bytes) = (retries, took, bytes)
        tenant = head["tn"] ?? ""
        revision = "\(created).\(change)"
        log = (head["log"] ?? "").split(separator: "\n").compactMap { Entry($0) }
        return true
    }
}

extension StoredSession.Running {
    /// `BEGUN DEADLINE REQUEST`
    fileprivate init?(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count == 3, let begun = UInt64(words[0]), let deadline = UInt64(words[1])
        else { return nil }
        self.init(request: String(words[2]), begun: begun, deadline: deadline)
    }
}

extension StoredSession.Entry {
    /// `KEY STATE ENDED TOOK RETRIES CODE REQUEST`
    fileprivate init?(_ line: some StringProtocol) {
        let words = line.split(separator: " ", maxSplits: 6, omittingEmptySubsequences: false)
        guard words.count == 7, let key = RecordKey(String(words[0])),
            let ended = UInt64(words[2]), let took = UInt64(words[3]), let retries = Int(words[4])
        else { return nil }
        self.init(
            key: key, request: String(words[6]), succeeded: words[1] == "S", ended: ended,
            took: took, retries: retries, code: words[5] == "-" ? "" : String(words[5]))
    }
}

extension StoredSession.Exchange {
    /// The entry's line; how many bytes of the query stand there, how many it had, and how many
    /// the answer had; then both.
    fileprivate init?(_ bytes: [UInt8]) {
        let newline = UInt8(ascii: "\n")
        guard let first = bytes.firstIndex(of: newline),
            let second = bytes[(first + 1)...].firstIndex(of: newline),
            let line = String(validating: bytes[..<first], as: UTF8.self),
            let entry = StoredSession.Entry(line)
        else { return nil }
        let text = String(decoding: bytes[(first + 1)..<second], as: UTF8.self)
        let numbers = text.split(separator: " ").compactMap { Int($0) }
        let rest = bytes[(second + 1)...]
        guard numbers.count == 3, numbers.allSatisfy({ $0 >= 0 }), numbers[0] <= rest.count else {
            return nil
        }
        self.init(
            entry: entry,
            query: StoredSession.Excerpt(
                bytes: Array(rest.prefix(numbers[0])), count: numbers[1]),
            answer: StoredSession.Excerpt(
                bytes: Array(rest.dropFirst(numbers[0])), count: numbers[2]))
    }
}
