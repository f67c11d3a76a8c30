import Document
import Wire

/// Compares a message of a replay with the recorded one: what must be the same, field by field.
///
/// Pure. Tokens, fences, budgets, instances, moments and trace contexts differ rightly.
struct ReplayComparison: Sendable {
    let ignoring: [ValuePath]
    /// Whether the instance belongs to what was asked for.
    var comparesInstances = false

    /// The first difference of a task.
    func task(_ recorded: RecordedMessage, _ now: Envelope, _ content: [UInt8])
        -> ReplayDifference?
    {
        let then = recorded.envelope
        let name = { (text: String) in comparesInstances ? text : text.agentName }
        let fields: [(String, Value, Value)] = [
            ("agent", .string(name(then.receiver)), .string(name(now.receiver))),
            ("content_type", .string(then.contentType), .string(now.contentType)),
            ("effect", .string(then.effect.name), .string(now.effect.name)),
            ("delivery", .string(then.delivery.name), .string(now.delivery.name)),
            ("priority", Value(Int(then.priority)), Value(Int(now.priority))),
            ("depth", Value(Int(then.depth)), Value(Int(now.depth))),
            ("headers", Self.json(then.headers), Self.json(now.headers)),
        ]
        return difference("TASK", then.step, fields)
            ?? self.content("TASK", then.step, recorded, content, now.contentType)
    }

    /// The first difference of what the caller is told at the end.
    func end(_ recorded: RecordedMessage, _ now: Envelope, _ content: [UInt8])
        -> ReplayDifference?
    {
        let then = recorded.envelope
        var fields: [(String, Value, Value)] = [
            ("message_type", .string(then.type.name), .string(now.type.name)),
            ("error", then.error?.json ?? .null, now.error?.json ?? .null),
            ("content_type", .string(then.contentType), .string(now.contentType)),
        ]
        // An error has no sender but the one that the tap fills in.
        if then.type == .response {
            let (old, new) = (then.sender.agentName, now.sender.agentName)
            fields.append(("sender", .string(old), .string(new)))
        }
        let name = then.type.name
        return difference(name, nil, fields)
            ?? self.content(name, nil, recorded, content, then.contentType)
    }

    /// Where two contents differ. Of a recorded one that was cut, the beginnings are compared.
    func content(
        _ message: String, _ step: UInt32?, _ recorded: RecordedMessage, _ now: [UInt8],
        _ contentType: String
    ) -> ReplayDifference? {
        if recorded.isCut {
            guard !now.starts(with: recorded.content) else { return nil }
            return bytes(message, step, recorded.content, Array(now.prefix(recorded.content.count)))
        }
        guard recorded.content != now else { return nil }
        guard let old = ContentView(recorded.content, contentType).json,
            let new = ContentView(now, contentType).json
        else { return bytes(message, step, recorded.content, now) }
        return ValueDifference.first(old, new, ignoring: ignoring).map {
            ReplayDifference(
                step: step, message: message, field: "content", path: $0.path.description,
                recorded: $0.recorded, now: $0.now)
        }
    }

    // MARK: - Steps

    private func difference(
        _ message: String, _ step: UInt32?, _ fields: [(String, Value, Value)]
    ) -> ReplayDifference? {
        for (field, old, new) in fields {
            guard let difference = ValueDifference.first(old, new) else { continue }
            let isWhole = difference.path == ValuePath()
            return ReplayDifference(
                step: step, message: message, field: field,
                path: isWhole ? nil : difference.path.description,
                recorded: difference.recorded, now: difference.now)
        }
        return nil
    }

    /// What is not JSON is shown from the byte on where it differs.
    private func bytes(
        _ message: String, _ step: UInt32?, _ recorded: [UInt8], _ now: [UInt8]
    ) -> ReplayDifference {
        let common = zip(recorded, now).prefix { $0 == $1 }.count
        let excerpt = { (bytes: [UInt8]) in
            Value.string(String(decoding: bytes.dropFirst(common).prefix(64), as: UTF8.self))
        }
        return ReplayDifference(
            step: step, message: message, field: "content", path: "byte \(common)",
            recorded: excerpt(recorded), now: excerpt(now))
    }

    private static func json(_ headers: [String: String]) -> Value {
        .object(
            ObjectValue(headers.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
}
