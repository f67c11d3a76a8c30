import Document
import Wire

/// A message of a recording with its envelope read.
struct RecordedMessage: Sendable {
    let envelope: Envelope
    let content: [UInt8]
    let mark: TapMark

    init?(_ event: TapEvent) {
        guard let envelope = try? Envelope(decoding: event.envelope) else { return nil }
        self.envelope = envelope
        content = event.content
        mark = event.mark
    }

    var type: MessageType { envelope.type }
    var hasLeft: Bool { mark.flags.contains(.left) }
    /// Only the beginning of the content was published.
    var isCut: Bool { mark.flags.contains(.cut) }

    /// How much later than another message it passed; nothing if clocks went back.
    func after(_ other: RecordedMessage) -> Duration {
        .nanoseconds(Int64(clamping: mark.at - min(other.mark.at, mark.at)))
    }
}

extension String {
    /// The agent of `agent#instance`.
    var agentName: String { String(prefix { $0 != "#" }) }

    /// The instance of `agent#instance`; nothing if none is named.
    var instanceName: String? {
        firstIndex(of: "#").map { String(self[index(after: $0)...]) }
    }
}

/// A content as people and programs are shown it.
struct ContentView: Sendable, Hashable {
    let bytes: [UInt8]
    let contentType: String

    init(_ bytes: [UInt8], _ contentType: String) {
        self.bytes = bytes
        self.contentType = contentType
    }

    /// The JSON, if it is any.
    var json: Value? {
        let type = contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard type.isEmpty || type == "application/json" || type.hasSuffix("+json") else {
            return nil
        }
        return bytes.isEmpty ? .null : try? JSON.parse(bytes)
    }

    /// As part of a JSON document: itself, its text, or its bytes.
    var value: Value {
        if let json { return json }
        if let text = String(validating: bytes, as: UTF8.self) { return .string(text) }
        return ["base64": .string(Base64.encode(bytes))]
    }

    /// On one line.
    var text: String {
        if bytes.isEmpty { return "nothing" }
        if let json { return JSON.text(json) }
        return String(validating: bytes, as: UTF8.self) ?? "\(bytes.count) bytes"
    }
}
