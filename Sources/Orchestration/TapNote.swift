package import Wire

/// One event that is to be published on the tap, with its envelope as bytes of the outbox.
///
/// A class, because it is moved several times before it is published.
package final class TapNote: Sendable {
    /// How many messages the outbox held when it was noted: those go first.
    let place: Int
    let type: MessageType?
    let envelope: Range<Int>
    package let content: any Content
    package let hasLeft: Bool
    /// Nanoseconds since 1970.
    package let moment: UInt64
    let subject: TapSubject?
    /// The one topic of a span; nothing: those of its subject.
    let topic: String?

    init(
        place: Int, type: MessageType?, envelope: Range<Int>, content: any Content, hasLeft: Bool,
        moment: UInt64, subject: TapSubject?, topic: String? = nil
    ) {
        self.place = place
        self.type = type
        self.envelope = envelope
        self.content = content
        self.hasLeft = hasLeft
        self.moment = moment
        self.subject = subject
        self.topic = topic
    }
}

/// What is filled into an envelope for the tap, where the message itself does not say it.
struct TapFilling {
    let type: MessageType?
    private let sender, receiver, request, trace: Bool

    init(_ view: borrowing EnvelopeView) {
        type = view.type
        sender = view.isEmpty(.sender)
        receiver = view.isEmpty(.receiver)
        request = view.isEmpty(.requestID)
        trace = view.isEmpty(.traceparent)
    }

    /// - Parameter start: where the envelope begins. What is above the size that any reader takes
    ///   is left out, the least needed first.
    func write(
        from: String, to: String, _ scene: TapScene?, _ writer: inout EnvelopeWriter,
        since start: Int
    ) {
        let end = start + WireLimits.envelope
        if request { Self.fill(.requestID, scene?.request ?? "", &writer, below: end) }
        if sender { Self.fill(.sender, from, &writer, below: end) }
        if receiver { Self.fill(.receiver, to, &writer, below: end) }
        if trace { Self.fill(.traceparent, scene?.traceparent ?? "", &writer, below: end) }
    }

    private static func fill(
        _ field: TextField, _ text: String, _ writer: inout EnvelopeWriter, below end: Int
    ) {
        // A tag and a length have at most two bytes each.
        guard !text.isEmpty, writer.count + text.utf8.count + 4 <= end else { return }
        writer.text(field, text)
    }
}
