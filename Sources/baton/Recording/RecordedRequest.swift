import Wire

/// What the index of a recording says of one request, without a look at its events.
struct RecordedRequest: Sendable, Hashable {
    /// How it ended, as far as the recording saw it.
    enum Ending: Sendable, Hashable {
        case open, answered
        case failed(code: String)
    }

    let id: String
    /// The place in the index of the request that led to this one: an agent made it at work.
    var parent: Int?
    /// The orchestrator it was asked of.
    var orchestrator = ""
    /// The message it began with; nothing where that was not recorded.
    var type: MessageType?
    /// The agents it is for: one, or several with commas between them.
    var agents = ""
    var caller = ""
    /// The first event, and the end or what is known last: nanoseconds since 1970.
    var began: UInt64
    var last: UInt64
    var ending = Ending.open
    /// Where its events stand in the file.
    var offsets: [UInt64] = []

    init(_ id: String, at moment: UInt64) {
        self.id = id
        began = moment
        last = moment
    }

    /// Control questions are the tools' own talk with the orchestrator.
    var isQuestion: Bool { agents == "baton" }

    /// What was asked, in the words of the command line.
    var pattern: String {
        switch type {
        case .request: "call"
        case .notification: "notify"
        case .pipeline: "pipeline"
        case .broadcast: "broadcast"
        default: ""
        }
    }

    var took: Duration { .nanoseconds(Int64(clamping: last - min(began, last))) }
}
