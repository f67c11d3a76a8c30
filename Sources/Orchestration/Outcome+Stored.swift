import Store
import Wire

/// An outcome as the store keeps it: the answer's own message, without what differs for each
/// caller.
extension Outcome {
    var stored: StoredMessage {
        var writer = EnvelopeWriter()
        switch self {
        case .result(let content, let sender, let contentType):
            writer.begin(.response)
            writer.text(.sender, agent: sender.agent, instance: sender.instance)
            if !contentType.isEmpty { writer.text(.contentType, contentType) }
            return StoredMessage(envelope: writer.finish(), content: content)
        case .failure(let error):
            writer.begin(.error)
            writer.error(error.bounded)
            return StoredMessage(envelope: writer.finish(), content: ContentBytes.empty)
        }
    }

    /// Reads what `stored` made.
    init?(_ message: StoredMessage) {
        guard let envelope = try? Envelope(decoding: message.envelope) else { return nil }
        if let error = envelope.error {
            self = .failure(error)
            return
        }
        let parts = envelope.sender.split(separator: "#", maxSplits: 1).map(String.init)
        let sender = Sender(agent: parts.first ?? "", instance: parts.count > 1 ? parts[1] : "")
        self = .result(message.content, sender: sender, contentType: envelope.contentType)
    }

    /// The word for why it failed; empty where it did not.
    var code: String {
        guard case .failure(let error) = self else { return "" }
        return error.code
    }
}
