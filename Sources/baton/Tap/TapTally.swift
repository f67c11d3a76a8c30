import Document
import Wire

/// What an orchestrator says it has published, as the content of a TALLY has it. Pure.
struct TapTally: Sendable, Equatable {
    let orchestrator: String
    let epoch: String
    /// The number of the latest event.
    let number: UInt64
    /// How much was sent under each topic that somebody subscribed to.
    let published: [String: UInt64]

    /// Nothing if the content is none, or was cut.
    init?(_ content: [UInt8]) {
        guard let value = try? JSON.parse(content), let number = value["number"]?.unsigned,
            let orchestrator = value["orchestrator"]?.string
        else { return nil }
        self.orchestrator = orchestrator
        self.number = number
        epoch = value["epoch"]?.string ?? ""
        var published: [String: UInt64] = [:]
        for row in value["subscriptions"]?.array ?? [] {
            guard let topic = row["topic"]?.string, let count = row["published"]?.unsigned else {
                continue
            }
            published[topic] = count
        }
        self.published = published
    }
}
