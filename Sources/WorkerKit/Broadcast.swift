public import Telemetry
import Wire

/// A message to everybody, as ``Worker/onBroadcast(_:)`` hands it over.
///
/// It comes at most once: nobody repeats one that was lost, and a worker that is not connected or
/// too busy does not get it at all.
public struct Broadcast: Sendable {
    /// What was said.
    public let content: RawContent
    /// Who said it: the name its sender has on the bus.
    public let sender: String
    /// What its sender called it.
    public let id: String
    /// The orchestrator that published it.
    public let orchestrator: String
    /// Its number among those to everybody, counted by its orchestrator from 1.
    public let sequence: UInt64
    /// How many between the last one and this one were lost.
    public let missed: UInt64
    /// What its sender sent along.
    public let headers: [String: String]
    /// The W3C trace context of its sender; empty if there is none.
    public let traceparent: String

    init(
        _ message: borrowing EnvelopeView, _ content: RawContent, orchestrator: String,
        missed: UInt64
    ) {
        self.content = content
        self.orchestrator = orchestrator
        self.missed = missed
        sender = message[.sender]
        id = message[.messageID]
        sequence = message.sequence
        // Headers that cannot be read are the sender's loss: they decide nothing here.
        headers = (try? message.headers()) ?? [:]
        traceparent = message[.traceparent]
    }

    /// Reads the content as JSON of a Swift type.
    public func decode<Output: Decodable>(_ type: Output.Type = Output.self) throws(Fault) -> Output
    {
        try content.decode(type)
    }
}
