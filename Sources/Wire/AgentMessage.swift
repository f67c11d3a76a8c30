package import Document
package import Telemetry

/// A whole message as a value, for people, logs and tracing tools; what only passes through stays
/// in its frames. The module owns the wire contract in bytes and values; it never sends any.
package struct AgentMessage: Sendable, Hashable {
    package var envelope: Envelope
    package var content: [UInt8]

    package init(_ envelope: Envelope, content: [UInt8] = []) {
        self.envelope = envelope
        self.content = content
    }
}

extension AgentMessage {
    /// The message as JSON: always the six names every message has, then the fields that differ
    /// from their default.
    ///
    /// A content that is JSON stands there as it is, no content as `null`, any other as `{"base64":
    /// "…"}`.
    package var json: Value {
        var object: ObjectValue = [
            "sender": .string(envelope.sender), "receiver": .string(envelope.receiver),
            "message_type": .string(envelope.type.name), "content": contentJSON,
            "correlation_id": .string(envelope.correlationID),
            "timestamp": Value(envelope.timestamp), "version": Value(Int(WireLimits.version)),
        ]
        for field in TextField.allCases where !envelope[field].isEmpty {
            object[field.name] = .string(envelope[field])
        }
        for (name, path) in Self.long where envelope[keyPath: path] != 0 {
            object[name] = Value(envelope[keyPath: path])
        }
        for (name, path) in Self.short where envelope[keyPath: path] != 0 {
            object[name] = Value(UInt64(envelope[keyPath: path]))
        }
        if envelope.effect != .pure { object["effect"] = .string(envelope.effect.name) }
        if envelope.delivery != .durable { object["delivery"] = .string(envelope.delivery.name) }
        if !envelope.headers.isEmpty {
            let headers = envelope.headers.sorted { $0.key < $1.key }
            object["headers"] = .object(ObjectValue(headers.map { ($0.key, .string($0.value)) }))
        }
        object["error"] = envelope.error?.json
        return .object(object)
    }

    /// Reads a message from its JSON form; members it does not know are ignored, as unknown fields
    /// are.
    package init(json: Value) throws(Fault) {
        guard case .object(let object) = json else {
            throw Fault(WireCode.invalid, "a message is a JSON object")
        }
        let name = try object.text("message_type") ?? ""
        guard let type = MessageType(name: name) else {
            throw Fault(WireCode.unsupported, "message_type \"\(name)\" is not known here")
        }
        guard try object.natural("version") ?? 1 == WireLimits.version else {
            throw Fault(WireCode.version, "version \(WireLimits.version) is spoken here")
        }
        var envelope = Envelope(type)
        for field in TextField.allCases { envelope[field] = try object.text(field.name) ?? "" }
        for (name, path) in Self.long { envelope[keyPath: path] = try object.natural(name) ?? 0 }
        for (name, path) in Self.short {
            envelope[keyPath: path] = try object.natural(name, UInt32.self) ?? 0
        }
        envelope.effect = try object.word("effect", Effect.init(name:)) ?? .pure
        envelope.delivery = try object.word("delivery", Delivery.init(name:)) ?? .durable
        for (name, value) in try object.members("headers") ?? [:] {
            envelope.headers[name] = try value.text("headers.\(name)")
        }
        envelope.error = try object.members("error").map(WireError.init(json:))
        self.init(envelope)
        content = try bytes(object["content"] ?? .null)
    }

    private var contentJSON: Value {
        if content.isEmpty { return .null }
        if hasJSON, let value = try? JSON.parse(content) { return value }
        return ["base64": .string(Base64.encode(content))]
    }

    private func bytes(_ value: Value) throws(Fault) -> [UInt8] {
        if value.isNull { return [] }
        if hasJSON { return JSON.write(value) }
        guard case .object(let object) = value, let text = try object.text("base64") else {
            throw Fault(
                WireCode.invalid,
                "content: what is not JSON is written {\"base64\": \"…\"}")
        }
        return try Base64.decode(text)
    }

    /// Whether the content says it is JSON; parameters such as a charset do not matter.
    private var hasJSON: Bool {
        let type = envelope.contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
        return type.isEmpty || type == "application/json" || type.hasSuffix("+json")
    }

    private typealias Path<Number> = any WritableKeyPath<Envelope, Number> & Sendable

    private static let long: [(String, Path<UInt64>)] = [
        ("timestamp", \.timestamp), ("budget_ms", \.budget), ("sequence", \.sequence),
        ("dispatch", \.dispatch),
    ]

    private static let short: [(String, Path<UInt32>)] = [
        ("step", \.step), ("attempt", \.attempt), ("running", \.running), ("credit", \.credit),
        ("priority", \.priority), ("parts", \.parts), ("depth", \.depth),
    ]
}

extension WireError {
    /// The error as it stands in the JSON form of a message.
    package var json: Value {
        var object: ObjectValue = ["code": .string(code), "message": .string(message)]
        if retryable { object["retryable"] = true }
        if retryAfter > 0 { object["retry_after_ms"] = Value(retryAfter) }
        if !details.isEmpty { object["details"] = .string(details) }
        return .object(object)
    }

    package init(json object: ObjectValue) throws(Fault) {
        self.init(
            code: try object.text("code") ?? "", message: try object.text("message") ?? "",
            retryable: try object.flag("retryable") ?? false,
            retryAfter: try object.natural("retry_after_ms") ?? 0,
            details: try object.text("details") ?? "")
    }
}
