package import Telemetry

/// An envelope as a value: for messages that are made or kept, where a view would not live long
/// enough.
package struct Envelope: Sendable, Hashable {
    package var type: MessageType
    package var messageID = ""
    package var correlationID = ""
    package var sender = ""
    package var receiver = ""
    package var timestamp: UInt64 = 0
    package var budget: UInt64 = 0
    package var requestID = ""
    package var step: UInt32 = 0
    package var attempt: UInt32 = 0
    package var fence = ""
    package var effect = Effect.pure
    package var delivery = Delivery.durable
    package var contentType = ""
    package var traceparent = ""
    package var tracestate = ""
    package var headers: [String: String] = [:]
    package var sequence: UInt64 = 0
    package var running: UInt32 = 0
    package var error: WireError?
    package var credit: UInt32 = 0
    package var dispatch: UInt64 = 0
    package var priority: UInt32 = 0
    package var parts: UInt32 = 0
    package var tenant = ""
    package var depth: UInt32 = 0

    package init(_ type: MessageType) { self.type = type }
}

extension Envelope {
    /// Decodes an envelope; a type this version does not know is `unsupported`.
    package init(_ view: borrowing EnvelopeView) throws(Fault) {
        guard let type = view.type else {
            throw Fault(WireCode.unsupported, "message type \(view.typeNumber) is not known here")
        }
        self.init(type)
        for field in TextField.allCases where !view.isEmpty(field) {
            self[field] = view[field]
        }
        timestamp = view.timestamp
        budget = view.budget
        step = view.step
        attempt = view.attempt
        effect = view.effect
        delivery = view.delivery
        headers = try view.headers()
        sequence = view.sequence
        running = view.running
        error = try view.error()
        credit = view.credit
        dispatch = view.dispatch
        priority = view.priority
        parts = view.parts
        depth = view.depth
    }

    package init(decoding bytes: [UInt8]) throws(Fault) {
        try unsafe self.init(EnvelopeView(bytes.span.bytes))
    }

    package func encoded() -> [UInt8] {
        var writer = EnvelopeWriter()
        write(to: &writer)
        return writer.finish()
    }

    /// Writes every field that differs from its default, headers in the order of their names.
    package func write(to writer: inout EnvelopeWriter) {
        writer.begin(type)
        for field in TextField.allCases where !self[field].isEmpty {
            writer.text(field, self[field])
        }
        if timestamp != 0 { writer.timestamp(timestamp) }
        if budget != 0 { writer.budget(budget) }
        if step != 0 { writer.step(step) }
        if attempt != 0 { writer.attempt(attempt) }
        if effect != .pure { writer.effect(effect) }
        if delivery != .durable { writer.delivery(delivery) }
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) { writer.header(name, value) }
        if sequence != 0 { writer.sequence(sequence) }
        if running != 0 { writer.running(running) }
        if let error { writer.error(error) }
        if credit != 0 { writer.credit(credit) }
        if dispatch != 0 { writer.dispatch(dispatch) }
        if priority != 0 { writer.priority(priority) }
        if parts != 0 { writer.parts(parts) }
        if depth != 0 { writer.depth(depth) }
    }

    package subscript(_ field: TextField) -> String {
        get {
            switch field {
            case .messageID: messageID
            case .correlationID: correlationID
            case .sender: sender
            case .receiver: receiver
            case .requestID: requestID
            case .fence: fence
            case .contentType: contentType
            case .traceparent: traceparent
            case .tracestate: tracestate
            case .tenant: tenant
            }
        }
        set {
            switch field {
            case .messageID: messageID = newValue
            case .correlationID: correlationID = newValue
            case .sender: sender = newValue
            case .receiver: receiver = newValue
            case .requestID: requestID = newValue
            case .fence: fence = newValue
            case .contentType: contentType = newValue
            case .traceparent: traceparent = newValue
            case .tracestate: tracestate = newValue
            case .tenant: tenant = newValue
            }
        }
    }
}
