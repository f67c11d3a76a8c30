import Document
import Wire

/// One event of a tap with its envelope read: what filters judge and views show.
struct TapMessage: Sendable {
    /// Whose tap it came from.
    let orchestrator: String
    let event: TapEvent
    let envelope: Envelope
    /// The piece of work that a SPAN tells of.
    let span: SpanRow?

    /// Nothing if the envelope is none, or one of a version that is not spoken here.
    init?(_ event: TapEvent, from orchestrator: String) {
        guard let envelope = try? Envelope(decoding: event.envelope) else { return nil }
        self.init(event, envelope, from: orchestrator)
    }

    init(_ event: TapEvent, _ envelope: Envelope, from orchestrator: String) {
        self.orchestrator = orchestrator
        self.event = event
        self.envelope = envelope
        span =
            envelope.type == .span && !event.mark.flags.contains(.cut)
            ? (try? JSON.parse(event.content)).flatMap(SpanRow.init) : nil
    }

    var type: MessageType { envelope.type }

    /// Nanoseconds since 1970.
    var at: UInt64 { event.mark.at }

    /// Whether it left the orchestrator.
    var isOut: Bool { event.mark.flags.contains(.left) }

    var isCut: Bool { event.mark.flags.contains(.cut) }

    /// The request it belongs to; empty where it belongs to none.
    var request: String {
        guard envelope.requestID.isEmpty else { return envelope.requestID }
        return type.isCall ? envelope.messageID : ""
    }

    /// The request it is about: a span belongs to none, but tells of one.
    var subject: String { span?.request ?? request }

    /// Who sent it and to whom, as the message says; where it says nothing, the orchestrator.
    var sender: String { envelope.sender.isEmpty && isOut ? orchestrator : envelope.sender }

    var receiver: String {
        envelope.receiver.isEmpty && !isOut ? orchestrator : envelope.receiver
    }

    /// The two ends of this hop, one of which is the orchestrator.
    var hop: (from: String, to: String) {
        isOut ? (orchestrator, envelope.receiver) : (envelope.sender, orchestrator)
    }

    var failure: WireError? { envelope.error }

    var content: TapContent {
        TapContent(
            event.content, type: envelope.contentType, isCut: isCut || envelope.parts > 1,
            length: Int(event.mark.length))
    }
}

extension MessageType {
    /// Whether a request begins with it.
    var isCall: Bool {
        switch self {
        case .request, .notification, .broadcast, .pipeline: true
        default: false
        }
    }

    /// Whether it only says that somebody is there.
    var isHealth: Bool { self == .ping || self == .pong || self == .ready }

    /// Whether it says that something went wrong.
    var isFailure: Bool { self == .error || self == .fail || self == .nack }

    /// The types that an orchestrator publishes.
    static let shown = allCases.filter { $0 != .tally }

    /// The type as somebody may write it: `TASK`, `task`, `effect-begin`.
    init?(written text: String) {
        let name = String(text.uppercased().map { $0 == "-" ? "_" : $0 })
        guard let type = Self.shown.first(where: { $0.name == name }) else { return nil }
        self = type
    }
}
