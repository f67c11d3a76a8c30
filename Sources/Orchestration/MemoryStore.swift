package import Reactor
import Telemetry
import Wire

/// Keeps durable requests in the memory of this process: what it holds is lost with it, and every
/// answer says so.
///
/// Finished requests are remembered for a while, bounded in number and bytes, so that a repeated
/// submit gets the one answer instead of a second execution.
package struct MemoryStore {
    private let limits: Limits
    private let retention: Duration
    private var records: [RequestKey: Record] = [:]
    private var finished = Deque<RequestKey>()
    private var bytes = 0

    private struct Record {
        let fingerprint: Int
        var outcome: Outcome?
        var ended = Instant.zero
    }

    package init(limits: Limits = Limits(), retention: Duration = Delays().retention) {
        self.limits = limits
        self.retention = retention
    }

    /// Whether what it accepted outlives this process.
    package static let isDurable = false

    package var count: Int { records.count }

    package mutating func perform(_ command: StoreCommand, at now: Instant) -> StoreReply {
        switch command {
        case .accept(let token, let key, let receiver, let content):
            let fingerprint = content.fingerprint(for: receiver)
            return .accepted(token, accept(key, fingerprint, at: now))
        case .advance(let token, _, _, _): return .advanced(token)
        case .finish(let token, let key, let outcome):
            finish(key, outcome, at: now)
            return .finished(token)
        case .fetch(let key, let caller):
            return .fetched(key, for: caller, fetch(key, at: now))
        }
    }

    private mutating func accept(
        _ key: RequestKey, _ fingerprint: Int, at now: Instant
    ) -> AcceptVerdict {
        trim(at: now)
        guard let known = records[key] else {
            records[key] = Record(fingerprint: fingerprint)
            return .accepted
        }
        guard known.fingerprint == fingerprint else {
            return .refused(
                Fault(WireCode.invalid, "a request with this id and another content is known"))
        }
        return known.outcome.map(AcceptVerdict.finished) ?? .accepted
    }

    private mutating func finish(_ key: RequestKey, _ outcome: Outcome, at now: Instant) {
        guard let record = records[key], record.outcome == nil else { return }
        records[key]?.outcome = outcome.compact
        records[key]?.ended = now
        finished.append(key)
        bytes += outcome.size
        trim(at: now)
    }

    private mutating func fetch(_ key: RequestKey, at now: Instant) -> FetchVerdict {
        trim(at: now)
        guard let known = records[key] else { return .unknown }
        return known.outcome.map(FetchVerdict.finished) ?? .open
    }

    private mutating func trim(at now: Instant) {
        while let oldest = finished.first, let record = records[oldest],
            finished.count > limits.finishedKept || bytes > limits.finishedBytes
                || now - record.ended > retention
        {
            bytes -= record.outcome?.size ?? 0
            records[oldest] = nil
            _ = finished.popFirst()
        }
    }
}

extension Content {
    /// Tells two requests of one key apart: by whom they are for and what they say.
    fileprivate func fingerprint(for receiver: String) -> Int {
        var hasher = Hasher()
        hasher.combine(receiver)
        withBytes { span in
            unsafe span.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        }
        return hasher.finalize()
    }
}

extension Outcome {
    /// What keeping it costs, with its place in the tables.
    fileprivate var size: Int {
        switch self {
        case .result(let content, _, _): 256 + content.count
        case .failure(let error): 256 + error.message.utf8.count
        }
    }

    /// The outcome without the buffer it came in: a small frame may lie in a much larger one.
    fileprivate var compact: Outcome {
        guard case .result(let content, let sender, let contentType) = self, content.count < 8192
        else { return self }
        return .result(ContentBytes(content.array), sender: sender, contentType: contentType)
    }
}
