import Telemetry

/// Commands about sessions as arguments of their scripts, and what the scripts answer.
extension SessionCommand {
    /// How long it is remembered that a session has expired.
    static let rest = Duration.seconds(3600)

    func write(_ arguments: inout RedisArguments, now: UInt64, _ settings: StoreSettings) {
        if case .read(let key, let known) = self {
            arguments.text("read")
            arguments.digest(key.digest)
            return arguments.text(known)
        }
        if case .list(let tenant, let offset, let limit) = self {
            arguments.text("list")
            arguments.text(tenant ?? "")
            arguments.number(max(0, offset))
            return arguments.number(max(0, limit))
        }
        arguments.text(verb)
        Self.times(&arguments, now: now, settings)
        arguments.digest(session.digest)
        switch self {
        case .begin(let begin): write(begin, &arguments)
        case .end(let end): write(end, &arguments)
        case .open(let name):
            arguments.text(name.id)
            arguments.text(name.tenant)
        case .remember(_, let name, let value):
            arguments.text(name)
            arguments.bytes(value)
            arguments.number(StoredSession.Limits.values)
        case .close, .read, .list: break
        }
    }

    /// The arguments of a sweep.
    static func sweep(now: UInt64, _ settings: StoreSettings) -> RedisArguments {
        var arguments = RedisArguments()
        arguments.text("sweep")
        times(&arguments, now: now, settings)
        arguments.number(settings.sessionsKept)
        arguments.number(settings.sessionBytes)
        return arguments
    }

    private static func times(
        _ arguments: inout RedisArguments, now: UInt64, _ settings: StoreSettings
    ) {
        arguments.number(now)
        arguments.number(settings.sessionIdle.milliseconds)
        arguments.number(rest.milliseconds)
    }

    private var verb: String {
        switch self {
        case .begin: "begin"
        case .end: "end"
        case .open: "open"
        case .close: "close"
        case .remember: "remember"
        case .read: "read"
        case .list: "list"
        }
    }

    private var session: SessionKey {
        switch self {
        case .begin(let begin): begin.session.key
        case .end(let end): end.session
        case .open(let name): name.key
        case .close(let key), .remember(let key, _, _), .read(let key, _): key
        case .list: SessionKey(tenant: "", id: "")
        }
    }

    private func write(_ begin: Begin, _ arguments: inout RedisArguments) {
        arguments.text(begin.session.id)
        arguments.text(begin.session.tenant)
        arguments.digest(begin.record.digest)
        arguments.text(begin.request)
        arguments.number(begin.deadline)
        arguments.text(begin.isDurable ? "1" : "0")
    }

    private func write(_ end: End, _ arguments: inout RedisArguments) {
        arguments.digest(end.record.digest)
        arguments.text(end.isDurable ? "1" : "0")
        arguments.text(end.succeeded ? "S" : "F")
        arguments.text(end.code)
        arguments.number(end.took)
        arguments.number(end.retries)
        for excerpt in [end.query, end.answer] {
            arguments.bytes(excerpt.bytes)
            arguments.number(excerpt.count)
        }
    }

    // MARK: - Answers

    /// What a script answered; nothing where that makes no sense.
    func answer(_ reply: RedisReply) -> SessionAnswer? {
        switch self {
        case .list: return Self.listed(reply)
        case .read:
            if reply == .null || reply == .integer(0) { return .unknown }
            if reply.text == "N" { return .unchanged }
            return StoredSession(reply).map { .found($0) }
        case .begin, .end, .open, .close, .remember:
            switch reply.text {
            case "K": return .done
            case "G": return .unknown
            case "L": return .full
            case "F": return .open
            default: return nil
            }
        }
    }

    /// One that makes no sense is left out: the next sweep takes it away.
    private static func listed(_ reply: RedisReply) -> SessionAnswer? {
        guard let parts = reply.array, parts.count >= 2, let total = parts[0].integer,
            let bytes = parts[1].integer
        else { return nil }
        let sessions = parts.dropFirst(2).compactMap { StoredSession($0) }
        return .listed(sessions, total: total, bytes: bytes)
    }
}
