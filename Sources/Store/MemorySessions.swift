import Telemetry
import Wire

/// Keeps sessions in the memory of this process, and answers as the scripts do.
struct MemorySessions {
    /// How a request stands that the store keeps; nothing of what it does not have.
    typealias Lookup = (RecordKey) -> StoredRequest?

    /// A session, and its requests under way by their names.
    private struct Kept {
        var session: StoredSession
        var running: [RecordKey: StoredSession.Running] = [:]
        /// When each of them is looked at next.
        var looks: [RecordKey: UInt64] = [:]
        var changes = 0
    }

    private static let looked: UInt64 = 5000
    private let settings: StoreSettings
    private var all: [SessionKey: Kept] = [:]

    init(_ settings: StoreSettings) { self.settings = settings }

    var count: Int { all.count }
    private(set) var bytes = 0

    mutating func perform(
        _ command: SessionCommand, at now: UInt64, _ lookup: Lookup
    ) -> SessionAnswer {
        switch command {
        case .begin(let begin): return self.begin(begin, now, lookup)
        case .end(let end): return self.end(end, now, lookup)
        case .open(let name):
            if let kept = all[name.key], kept.session.state != .expired { return .done }
            var kept = Kept(session: StoredSession(name, now))
            kept.session.expires = now + idle
            keep(kept, now)
            return .done
        case .close(let key):
            guard let kept = all[key] else { return .unknown }
            if kept.session.state != .expired { expire(kept, now) }
            return .done
        case .remember(let key, let name, let value): return remember(key, name, value, now)
        case .read(let key, let known):
            guard let kept = all[key] else { return .unknown }
            return kept.session.revision == known ? .unchanged : .found(kept.session)
        case .list(let tenant, let offset, let limit): return list(tenant, offset, limit)
        }
    }

    /// Ends what is over, and forgets what is old or too much.
    mutating func sweep(at now: UInt64, _ lookup: Lookup) {
        for (key, kept) in all {
            let due = kept.running.keys.filter { (kept.looks[$0] ?? 0) <= now }.sorted {
                (kept.looks[$0] ?? 0, $0.description) < (kept.looks[$1] ?? 0, $1.description)
            }
            for record in due {
                guard let one = kept.running[record] else { continue }
                settle(key, record, one, now, lookup)
            }
        }
        for kept in all.values where kept.session.expires <= now {
            if kept.session.state == .expired {
                forget(kept.session.key)
            } else {
                expire(kept, now)
            }
        }
        while all.count > settings.sessionsKept || bytes > settings.sessionBytes,
            let first = all.values.min(by: { $0.session.order < $1.session.order })
        {
            forget(first.session.key)
        }
    }

    // MARK: - Requests

    private mutating func begin(
        _ begin: SessionCommand.Begin, _ now: UInt64, _ lookup: Lookup
    ) -> SessionAnswer {
        let key = begin.session.key
        if all[key]?.session.state == .expired { forget(key) }
        if let kept = all[key],
            kept.running[begin.record] != nil
                || kept.session.log.contains(where: { $0.key == begin.record })
        {
            return .done
        }
        if begin.isDurable, lookup(begin.record)?.state.isTerminal == true { return .done }
        var kept = all[key] ?? Kept(session: StoredSession(begin.session, now))
        guard kept.running.count < StoredSession.Limits.atOnce else { return .full }
        kept.running[begin.record] = StoredSession.Running(
            request: begin.request, begun: now, deadline: begin.deadline)
        kept.looks[begin.record] = now + Self.looked
        kept.session.requests += 1
        kept.session.expires = max(kept.session.expires, max(now, begin.deadline) + idle)
        kept.session.state.take(.began)
        keep(kept, now)
        return .done
    }

    private mutating func end(
        _ end: SessionCommand.End, _ now: UInt64, _ lookup: Lookup
    ) -> SessionAnswer {
        guard let kept = all[end.session] else { return .unknown }
        guard let begun = kept.running[end.record] else { return .done }
        let told = Ending(end)
        guard end.isDurable, let request = lookup(end.record) else {
            note(kept, end.record, begun.request, told, now)
            return .done
        }
        guard let ending = Ending(request) else { return .open }
        note(kept, end.record, begun.request, ending, now)
        return .done
    }

    private mutating func settle(
        _ key: SessionKey, _ record: RecordKey, _ one: StoredSession.Running, _ now: UInt64,
        _ lookup: Lookup
    ) {
        guard let kept = all[key] else { return }
        let request = lookup(record)
        if let ending = request.flatMap(Ending.init) {
            note(kept, record, one.request, ending, now)
        } else if request == nil, now > one.deadline + Self.looked {
            note(kept, record, one.request, .lost, now)
        } else {
            all[key]?.looks[record] = now + Self.looked
        }
    }

    private mutating func note(
        _ known: Kept, _ record: RecordKey, _ id: String, _ ending: Ending, _ now: UInt64
    ) {
        var kept = known
        kept.running[record] = nil
        kept.looks[record] = nil
        if ending.succeeded { kept.session.succeeded += 1 } else { kept.session.failed += 1 }
        kept.session.retries += ending.retries
        kept.session.took += ending.took
        let entry = StoredSession.Entry(
            key: record, request: id, succeeded: ending.succeeded, ended: now, took: ending.took,
            retries: ending.retries, code: ending.code)
        kept.session.log = (kept.session.log + [entry]).suffix(StoredSession.Limits.logged)
        let exchange = StoredSession.Exchange(
            entry: entry, query: ending.query, answer: ending.answer)
        kept.session.conversation =
            (kept.session.conversation + [exchange]).suffix(StoredSession.Limits.exchanges)
        kept.session.state.take(
            .ended(succeeded: ending.succeeded, othersRun: !kept.running.isEmpty))
        if kept.running.isEmpty { kept.session.expires = now + idle }
        keep(kept, now)
    }

    // MARK: - Others

    private mutating func remember(
        _ key: SessionKey, _ name: String, _ value: [UInt8], _ now: UInt64
    ) -> SessionAnswer {
        guard var kept = all[key], kept.session.state != .expired else { return .unknown }
        guard kept.session.values[name] ?? [] != value else { return .done }
        kept.session.values[name] = value.isEmpty ? nil : value
        guard kept.session.valueBytes <= StoredSession.Limits.values else { return .full }
        kept.session.expires = max(kept.session.expires, now + idle)
        keep(kept, now)
        return .done
    }

    private func list(_ tenant: String?, _ offset: Int, _ limit: Int) -> SessionAnswer {
        let found = all.values.map(\.session).filter { tenant == nil || $0.tenant == tenant }
            .sorted { $0.order > $1.order }
        let page = found.dropFirst(max(0, offset)).prefix(max(0, limit)).map { session in
            var head = session
            (head.conversation, head.values) = ([], [:])
            return head
        }
        return .listed(Array(page), total: found.count, bytes: bytes)
    }

    private mutating func expire(_ known: Kept, _ now: UInt64) {
        var kept = known
        (kept.running, kept.looks) = ([:], [:])
        (kept.session.conversation, kept.session.values) = ([], [:])
        kept.session.expires = now + SessionCommand.rest.milliseconds
        kept.session.state.take(.expired)
        keep(kept, now)
    }

    private mutating func keep(_ known: Kept, _ now: UInt64) {
        var kept = known
        kept.changes += 1
        kept.session.updated = now
        kept.session.revision = "\(kept.session.created).\(kept.changes)"
        kept.session.running = kept.running.values.sorted {
            ($0.begun, $0.request) < ($1.begun, $1.request)
        }
        kept.session.bytes = kept.session.measured
        bytes += kept.session.bytes - (all[kept.session.key]?.session.bytes ?? 0)
        all[kept.session.key] = kept
    }

    private mutating func forget(_ key: SessionKey) {
        bytes -= all.removeValue(forKey: key)?.session.bytes ?? 0
    }

    private var idle: UInt64 { settings.sessionIdle.milliseconds }
}

/// How a request of a session ended.
private struct Ending {
    var succeeded: Bool
    var code: String
    var took: UInt64
    var retries: Int
    var query: StoredSession.Excerpt
    var answer: StoredSession.Excerpt

    /// Nobody will ever know: its process is gone, and its time over.
    static var lost: Ending {
        let nothing = StoredSession.Excerpt(nil)
        return Ending(
            succeeded: false, code: "lost", took: 0, retries: 0, query: nothing, answer: nothing)
    }
}

extension Ending {
    fileprivate init(_ end: SessionCommand.End) {
        self.init(
            succeeded: end.succeeded, code: end.code, took: end.took, retries: end.retries,
            query: end.query, answer: end.answer)
    }

    /// As the record of a request has it that ended.
    fileprivate init?(_ request: StoredRequest) {
        guard request.state.isTerminal else { return nil }
        self.init(
            succeeded: request.state == .succeeded, code: request.code,
            took: request.ended > request.accepted ? request.ended - request.accepted : 0,
            retries: max(0, request.attempt - 1),
            query: StoredSession.Excerpt(request.input?.content),
            answer: StoredSession.Excerpt(request.output?.content))
    }
}

extension StoredSession {
    fileprivate init(_ name: SessionCommand.Name, _ now: UInt64) {
        self.init(key: name.key)
        (id, tenant, created) = (name.id, name.tenant, now)
    }

    /// Its place in the index: of two that expire together the names decide, as in Redis.
    fileprivate var order: (UInt64, String) { (expires, key.digest.description) }

    fileprivate var valueBytes: Int {
        values.reduce(0) { $0 + $1.key.utf8.count + $1.value.count }
    }

    /// What it takes, counted as the scripts do.
    fileprivate var measured: Int {
        let lines = log.reduce(0) { $0 + $1.line.utf8.count } + max(0, log.count - 1)
        let said = conversation.reduce(0) { sum, exchange in
            let numbers = "\(exchange.query.bytes.count) \(exchange.query.count) "
            return sum + exchange.entry.line.utf8.count + 2 + numbers.utf8.count
                + "\(exchange.answer.count)".utf8.count + exchange.query.bytes.count
                + exchange.answer.bytes.count
        }
        return 400 + lines + said + valueBytes + 120 * running.count
    }
}

extension StoredSession.Entry {
    /// As it stands in Redis.
    fileprivate var line: String {
        "\(key) \(succeeded ? "S" : "F") \(ended) \(took) \(retries) "
            + "\(code.isEmpty ? "-" : code) \(request)"
    }
}
