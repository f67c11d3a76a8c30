import Telemetry
import Wire

/// One request from its call to its end, as a sequence of arrows between those who had to do with
/// it. Pure: messages go in, entries of a diagram come out.
///
/// Without a request it is about the first that begins, and after its end about the next one.
struct RequestStory {
    enum Entry: Sendable, Equatable {
        case title(String)
        case arrow(Arrow)
        case note(String, isFailure: Bool = false)
        case ending(Ending)
    }

    struct Arrow: Sendable, Equatable {
        var from: String
        var to: String
        /// Nanoseconds since the first message.
        var after: UInt64
        var label: String
        var excerpt: String
        var type: MessageType
        var isRetry: Bool

        var isFailure: Bool { type.isFailure || type == .abort }
        /// Whether it answers something.
        var isAnswer: Bool { type.isAnswer }
    }

    struct Ending: Sendable, Equatable {
        var isFailure: Bool
        /// One sentence: `answered by echo#1 in 12.3 ms`.
        var summary: String
    }

    private enum Limits {
        /// A silence that is said.
        static let silence: UInt64 = 1_000_000_000
        /// Without a deadline of its own a request that says nothing any more is given up then.
        static let patience: UInt64 = 60_000_000_000
        /// Requests that are over and are not begun again.
        static let past = 10_000
    }

    private let asked: String?
    private var current: Current?
    private var past: Set<String> = []

    /// - Parameter request: the one it is about; nil: each that begins, one after another.
    init(of request: String?) { asked = request }

    /// The request that has begun and not ended.
    var request: String? { current?.root }

    fileprivate struct Current {
        let root: String
        let began: UInt64
        var latest: UInt64
        var patience: UInt64
        var family: RequestFamily
        var isNotification = false
        var beganUnheard = false
        var retries = 0
        var answeredBy = ""
    }

    // MARK: - Messages

    /// - Parameter shown: the same message as it may be shown.
    mutating func take(_ message: TapMessage, shown: TapMessage) -> [Entry] {
        guard message.type != .span else { return [] }
        var entries = giveUp(at: message.at)
        if current == nil { entries += begin(message, shown) }
        // The topic says so even where the task that led to it was not heard.
        if belongs(message) { current?.family.add(message.request) }
        guard var current, current.family.takes(message), !message.type.isHealth else {
            return entries
        }
        if current.silence(until: message.at) > Limits.silence {
            entries.append(.note("\(TapTime.span(current.silence(until: message.at))) later"))
        }
        current.latest = max(current.latest, message.at)
        current.learn(from: message, shown)
        entries.append(.arrow(current.arrow(message, shown)))
        self.current = current
        return entries + end(message, shown)
    }

    /// Something the reader must know that is no message of the request.
    func note(_ text: String) -> [Entry] { current == nil ? [] : [.note(text, isFailure: true)] }

    /// The listening is over before the request is.
    mutating func stop() -> [Entry] {
        guard let current else { return [] }
        return close(current, isFailure: true, "no end was seen within \(heard(of: current))")
    }

    // MARK: - Beginning and end

    private mutating func begin(_ message: TapMessage, _ shown: TapMessage) -> [Entry] {
        let request = message.request
        guard !request.isEmpty, asked == nil ? isFresh(message) : belongs(message) else {
            return []
        }
        let root = asked ?? request
        var family = RequestFamily([root])
        // What was asked below it may be the first that is heard of it.
        if request != root { family.add(request) }
        let budget = message.envelope.budget
        current = Current(
            root: root, began: message.at, latest: message.at,
            patience: budget == 0
                ? Limits.patience : min(budget, 86_400_000) * 1_000_000 + Limits.silence,
            family: family, isNotification: message.type == .notification,
            beganUnheard: asked != nil && !message.type.isCall)
        return current?.beganUnheard == true
            ? [.title(title(root, shown)), .note("the beginning was not heard")]
            : [.title(title(root, shown))]
    }

    private func belongs(_ message: TapMessage) -> Bool {
        guard let asked else { return false }
        return message.request == asked
            || message.event.topic.hasPrefix(TapTopic.request(asked) + "/")
    }

    /// Whether a call of a client begins with the message, and not one that is over.
    private func isFresh(_ message: TapMessage) -> Bool {
        message.type.isCall && !message.isOut && message.envelope.depth == 0
            && message.envelope.receiver != "baton" && !past.contains(message.request)
    }

    private func title(_ root: String, _ shown: TapMessage) -> String {
        let id = shown.request == Redaction.mark ? Redaction.mark : root
        guard shown.type.isCall else { return "request \(id)" }
        return "request \(id) for \(Self.target(shown.envelope))"
    }

    /// Whom a call is for: a pipeline and a fan-out name their agents in a header.
    fileprivate static func target(_ envelope: Envelope) -> String {
        let list = envelope.headers[envelope.type == .pipeline ? "pipeline" : "agents"]
        return list ?? envelope.receiver
    }

    private mutating func end(_ message: TapMessage, _ shown: TapMessage) -> [Entry] {
        guard let current, message.request == current.root else { return [] }
        let tries = current.retried
        switch message.type {
        case .response where message.isOut:
            let by = current.answeredBy.isEmpty ? message.orchestrator : current.answeredBy
            return close(
                current, isFailure: false, "answered by \(by) \(span(of: current))\(tries)")
        case .error where message.isOut, .fail where current.isNotification && isFinal(message):
            let reason = shown.failure.map(TapLine.text) ?? "error"
            return close(
                current, isFailure: true, "failed \(span(of: current))\(tries): \(reason)")
        case .result where current.isNotification:
            return close(
                current, isFailure: false,
                "done by \(current.answeredBy) \(span(of: current))\(tries)")
        default: return []
        }
    }

    private func isFinal(_ message: TapMessage) -> Bool { message.failure?.retryable != true }

    /// A request without an end does not keep the next one from being shown.
    private mutating func giveUp(at now: UInt64) -> [Entry] {
        guard asked == nil, let current, current.silence(until: now) > current.patience else {
            return []
        }
        return stop()
    }

    private mutating func close(
        _ current: Current, isFailure: Bool, _ summary: String
    ) -> [Entry] {
        if past.count > Limits.past { past = [] }
        past.insert(current.root)
        self.current = nil
        return [.ending(Ending(isFailure: isFailure, summary: summary))]
    }

    private func heard(of current: Current) -> String {
        TapTime.span(from: current.began, to: current.latest)
    }

    /// How long it took; of one that was joined later nobody here knows.
    private func span(of current: Current) -> String {
        current.beganUnheard
            ? "\(heard(of: current)) after the first that was heard" : "in \(heard(of: current))"
    }
}

extension RequestStory.Current {
    fileprivate mutating func learn(from message: TapMessage, _ shown: TapMessage) {
        guard message.request == root else { return }
        if message.type == .task, message.envelope.attempt > 1 { retries += 1 }
        if message.type == .result { answeredBy = shown.sender }
    }

    fileprivate func silence(until now: UInt64) -> UInt64 { now > latest ? now - latest : 0 }

    fileprivate var retried: String {
        retries == 0 ? "" : retries == 1 ? ", with one retry" : ", with \(retries) retries"
    }

    fileprivate func arrow(_ message: TapMessage, _ shown: TapMessage) -> RequestStory.Arrow {
        let (from, to) = shown.hop
        return RequestStory.Arrow(
            from: from.isEmpty ? "?" : from, to: to.isEmpty ? "?" : to,
            after: message.at > began ? message.at - began : 0, label: label(message, shown),
            excerpt: shown.content.excerpt(), type: message.type,
            isRetry: message.type == .task && message.envelope.attempt > 1)
    }

    /// `TASK step 2 try 3`, `REQUEST cost`, `FAIL failed: no such file`.
    private func label(_ message: TapMessage, _ shown: TapMessage) -> String {
        let envelope = shown.envelope
        var label = message.type.name
        if message.type.isCall, !message.isOut {
            label += " \(RequestStory.target(envelope))"
        }
        if envelope.step > 1 { label += " step \(envelope.step)" }
        if envelope.attempt > 1 { label += " try \(envelope.attempt)" }
        if let failure = shown.failure { label += " \(TapLine.text(failure))" }
        return label
    }
}

extension MessageType {
    /// Whether it goes back to whoever asked.
    var isAnswer: Bool {
        switch self {
        case .accepted, .partial, .response, .error, .result, .fail, .nack, .accept, .progress: true
        default: false
        }
    }
}
