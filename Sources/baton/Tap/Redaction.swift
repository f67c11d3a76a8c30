import Document
import Telemetry
import Wire

/// Takes values out of events before anybody sees or keeps them, by the name of their field or by
/// its path. Pure.
///
/// It errs towards hiding: case counts for nothing, elements of lists have the path of their list,
/// and a content that cannot be read whole goes as a whole.
struct Redaction: Sendable {
    static let mark = "[redacted]"

    private enum Limits {
        static let fields = 64
    }

    /// As they were asked for.
    let fields: [String]
    /// From the message downwards: `headers.authorization`.
    private var rooted: Set<String> = []
    /// Wherever they stand: `password`, `card.number`.
    private var loose: [String] = []

    private static let roots = ["content.", "headers.", "error."]

    /// - Parameter texts: fields, or several with commas between them.
    init(_ texts: [String]) throws(Fault) {
        fields = texts.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
            .map { String($0) }
        guard fields.count <= Limits.fields else {
            throw Fault(Exit.usage, "--redact takes at most \(Limits.fields) fields.")
        }
        for field in fields {
            let names = field.split(separator: ".", omittingEmptySubsequences: false)
            guard !names.contains(where: \.isEmpty) else {
                throw Fault(
                    Exit.usage,
                    "--redact takes names such as password or content.card.number, not"
                        + " \(Printable.quoted(field)).")
            }
            let path = field.lowercased()
            if Self.roots.contains(where: path.hasPrefix) {
                rooted.insert(path)
            } else {
                loose.append(path)
            }
        }
    }

    var isEmpty: Bool { fields.isEmpty }

    // MARK: - Events

    /// The event without what is hidden; nothing if it cannot be read, for then nobody knows what
    /// it says.
    func applied(to event: TapEvent) -> TapEvent? {
        guard !isEmpty else { return event }
        guard let envelope = try? Envelope(decoding: event.envelope) else { return nil }
        return applied(to: TapMessage(event, envelope, from: "")).event
    }

    func applied(to message: TapMessage) -> TapMessage {
        guard !isEmpty else { return message }
        var event = message.event
        var envelope = self.envelope(message.envelope)
        if let content = redacted(message.content) {
            event.content = content
            envelope.contentType = message.content.saysJSON ? envelope.contentType : ""
        }
        event.envelope = envelope.encoded()
        // The mark may be longer than what it stands for, and no envelope may be too long.
        if event.envelope.count > message.event.envelope.count,
            (try? Envelope(decoding: event.envelope)) == nil
        {
            envelope.headers = [:]
            event.envelope = envelope.encoded()
        }
        if namesTopic { event.topic = TapTopic.type(envelope.type) }
        return TapMessage(event, envelope, from: message.orchestrator)
    }

    /// Topics say whose event it is: who hides that does not want to read it there.
    private var namesTopic: Bool {
        ["headers.session", "request_id", "message_id", "sender", "receiver"].contains(where: hides)
    }

    private func envelope(_ envelope: Envelope) -> Envelope {
        var envelope = envelope
        for field in TextField.allCases where !envelope[field].isEmpty && hides(field.name) {
            envelope[field] = Self.mark
        }
        for name in envelope.headers.keys where hides("headers") || hides("headers.\(name)") {
            envelope.headers[name] = Self.mark
        }
        if var error = envelope.error {
            if hides("error") || hides("error.code") { error.code = Self.mark }
            if hides("error") || hides("error.message") { error.message = Self.mark }
            envelope.error = error
        }
        return envelope
    }

    // MARK: - Contents

    /// A value without what is hidden, as if it were the content of a message.
    func applied(to value: Value) -> Value {
        isEmpty ? value : redacted(value, at: "content")
    }

    /// What stands for the content; nothing if it stays as it is.
    private func redacted(_ content: TapContent) -> [UInt8]? {
        guard !content.bytes.isEmpty, reachesContents else { return nil }
        guard !hides("content"), let value = content.json else {
            return JSON.write(.string(Self.mark))
        }
        return JSON.write(redacted(value, at: "content"))
    }

    /// Whether anything in a content could be meant.
    private var reachesContents: Bool {
        !loose.isEmpty || rooted.contains { $0.hasPrefix("content.") }
    }

    private func redacted(_ value: Value, at path: String) -> Value {
        switch value {
        case .object(var object):
            for (key, value) in object {
                let inner = "\(path).\(key.lowercased())"
                object[key] = hides(inner) ? .string(Self.mark) : redacted(value, at: inner)
            }
            return .object(object)
        case .array(let elements): return .array(elements.map { redacted($0, at: path) })
        default: return value
        }
    }

    private func hides(_ path: String) -> Bool {
        let path = path.lowercased()
        if rooted.contains(path) { return true }
        return loose.contains { path == $0 || path.hasSuffix("." + $0) }
    }
}
