import Wire

/// Reading what Redis holds of a request. Anything may stand there: what makes no sense is said,
/// and never trapped on.
extension StoredRequest {
    enum Reading {
        case request(StoredRequest)
        case unreadable(Unreadable)
    }

    struct Unreadable: Error {
        /// The record, where at least its key can be read.
        var key: RecordKey?
        let reason: String
        /// What stands there, without messages.
        let dump: String
    }

    /// An item of `read`, `claim` and `adopt`: key, record, input, output, last result, steps,
    /// events, words of workers. Of the events only those from a number on are handed out.
    static func item(_ reply: RedisReply, from first: UInt64 = 1) -> Reading {
        let parts = reply.array ?? []
        return reading(parts) { fields throws(Flaw) in
            guard parts.count == 7 || parts.count == 8 else {
                throw Flaw("it has \(parts.count) parts and not 7")
            }
            var request = try StoredRequest(fields)
            request.input = try message(parts[2], "input")
            request.output = try message(parts[3], "output")
            request.lastResult = try message(parts[4], "last result")
            request.steps = try steps(parts[5])
            request.words = words(parts.count > 7 ? parts[7] : .null)
            request.events = try allEvents(fields, request, parts[6]).filter { $0.number >= first }
            return request
        }
    }

    /// An item of `list`: key and record.
    static func row(_ reply: RedisReply) -> Reading {
        reading(reply.array ?? []) { fields throws(Flaw) in try StoredRequest(fields) }
    }

    private static func reading(
        _ parts: [RedisReply], _ body: (Fields) throws(Flaw) -> StoredRequest
    ) -> Reading {
        let key = parts.first?.text.flatMap(RecordKey.init)
        let fields = Fields(key, parts.count > 1 ? parts[1] : .null)
        do throws(Flaw) {
            return .request(try body(fields))
        } catch {
            let dump = fields.dump.isEmpty ? "nothing" : fields.dump
            return .unreadable(Unreadable(key: key, reason: error.reason, dump: dump))
        }
    }

    private init(_ fields: Fields) throws(Flaw) {
        guard let key = fields.key else { throw Flaw("its key is not one") }
        let version = fields["v"] ?? ""
        guard version == "1" else { throw Flaw("it is of version \"\(version)\" and not 1") }
        guard let state = fields["st"].flatMap(StoredState.init) else {
            throw Flaw("it has no state")
        }
        guard let id = fields["id"], !id.isEmpty else { throw Flaw("it has no id") }
        self.init(key: key)
        self.id = id
        self.state = state
        tenant = fields["tn"] ?? ""
        agent = fields["ag"] ?? ""
        owner = fields["own"] ?? ""
        accepted = try fields.number("at")
        deadline = try fields.number("dl")
        ended = try fields.number("en")
        instance = fields["in"] ?? ""
        attempt = Int(clamping: try fields.number("att"))
        took = try fields.number("tk")
        attempts = Int(clamping: try fields.number("na"))
        code = fields["cd"] ?? ""
        fence = try fields.number("fn")
        journalLength = Int(clamping: try fields.number("jn"))
        wasOwned = fields["rev"] != nil
    }

    /// Words that make no sense are left out: their workers say them again, or the step is done
    /// again.
    static func words(_ reply: RedisReply) -> [StoredMessage] {
        (reply.array ?? []).compactMap { $0.bytes.flatMap(StoredMessage.init) }
    }

    private static func message(
        _ reply: RedisReply, _ what: StaticString
    ) throws(Flaw) -> StoredMessage? {
        switch reply {
        case .null, .integer: return nil
        case .bytes(let bytes):
            guard let message = StoredMessage(bytes) else {
                throw Flaw("its \(what) is no message")
            }
            return message
        default: throw Flaw("its \(what) is no text")
        }
    }

    private static func steps(_ reply: RedisReply) throws(Flaw) -> [StoredStep] {
        guard let items = reply.array else { throw Flaw("it has no list of steps") }
        var steps: [StoredStep] = []
        for item in items {
            guard let parts = item.array, parts.count == 2 || parts.count == 4,
                let number = parts[0].unsigned.flatMap({ Int(exactly: $0) })
            else { throw Flaw("a step has no number") }
            let fields = Fields(nil, parts[1])
            guard let state = fields["st"].flatMap(StoredStep.State.init) else {
                throw Flaw("step \(number) has no state")
            }
            steps.append(
                StoredStep(
                    number: number, state: state,
                    attempt: Int(clamping: try fields.number("att")), agent: fields["ag"] ?? "",
                    instance: fields["in"] ?? "", at: try fields.number("at"),
                    took: try fields.number("tk"),
                    result: parts.count == 4 ? excerpt(parts[2], parts[3]) : nil))
        }
        return steps.sorted { $0.number < $1.number }
    }

    /// The content of a message of which the beginning was read.
    private static func excerpt(
        _ beginning: RedisReply, _ length: RedisReply
    ) -> StoredSession.Excerpt? {
        guard let message = beginning.bytes.flatMap({ StoredMessage($0) }),
            let count = length.integer, count >= message.count
        else { return nil }
        let bytes = message.content.array.prefix(StoredSession.Limits.piece)
        return StoredSession.Excerpt(
            bytes: Array(bytes), count: count - 2 - message.envelope.count)
    }

    private static func allEvents(
        _ fields: Fields, _ request: StoredRequest, _ stream: RedisReply
    ) throws(Flaw) -> [StoredEvent] {
        let isLean = fields["rev"] == nil
        var events = request.derivedEvents(isLean: isLean)
        guard !isLean, let items = stream.array else { return events }
        for item in items {
            guard let parts = item.array, parts.count == 2, let number = parts[0].unsigned else {
                throw Flaw("an event has no number")
            }
            let fields = Fields(nil, parts[1])
            events.append(
                StoredEvent(
                    number: number, kind: fields["t"] ?? "",
                    step: Int(clamping: try fields.number("s")),
                    attempt: Int(clamping: try fields.number("a")), agent: fields["g"] ?? "",
                    instance: fields["i"] ?? "", at: try fields.number("m"),
                    took: try fields.number("k"), code: fields["c"] ?? ""))
        }
        return events
    }

    /// Why something cannot be read.
    struct Flaw: Error {
        let reason: String

        init(_ reason: String) { self.reason = reason }
    }

    /// The fields of a hash, as they stand.
    private struct Fields {
        let key: RecordKey?
        private var values: [String: String] = [:]

        init(_ key: RecordKey?, _ reply: RedisReply) {
            self.key = key
            let flat = reply.array ?? []
            for place in stride(from: 0, to: flat.count - flat.count % 2, by: 2) {
                guard let name = flat[place].text, let value = flat[place + 1].text else {
                    continue
                }
                values[name] = value
            }
        }

        subscript(name: String) -> String? { values[name] }

        /// A number that is not there is 0.
        func number(_ name: String) throws(Flaw) -> UInt64 {
            guard let text = values[name], !text.isEmpty else { return 0 }
            guard let number = UInt64(text) else {
                throw Flaw("its field \(name) is \"\(text.prefix(32))\" and no number")
            }
            return number
        }

        /// The fields in order; what is long is cut.
        var dump: String {
            values.sorted { $0.key < $1.key }
                .map { "\($0.key)=\($0.value.prefix(128))" }.joined(separator: " ")
        }
    }
}
