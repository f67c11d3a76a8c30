import Document

/// The first thing that was not as recorded.
struct ReplayDifference: Sendable, Hashable {
    /// The step it is about; nothing for the answer to the caller.
    var step: UInt32?
    /// What was compared: a TASK, the RESPONSE.
    let message: String
    /// Which of its fields.
    let field: String
    /// Where in a content or in the headers.
    var path: String?
    /// Nothing where there was none.
    let recorded: Value?
    let now: Value?

    var json: Value {
        var object: ObjectValue = ["message": .string(message), "field": .string(field)]
        if let step { object["step"] = Value(Int(step)) }
        if let path { object["path"] = .string(path) }
        object["recorded"] = recorded ?? .null
        object["now"] = now ?? .null
        return .object(object)
    }
}

/// One step as it was replayed.
struct ReplayStep: Sendable, Hashable {
    let step: UInt32
    let attempt: UInt32
    let agent: String
    let input: ContentView
    /// What the recording answered, or what was put in its place.
    let answer: ContentView?
    /// The code of a failure.
    let failure: String?
    let took: Duration?
    var isPlanted = false
    var isSame = true
}

/// What came of a replay.
struct ReplayOutcome: Sendable {
    var steps: [ReplayStep] = []
    /// The end as its caller would have had it.
    var end: ContentView?
    var failure: String?
    var difference: ReplayDifference?
    /// Why it could not go on: something is not in the recording.
    var obstacle: String?
    var notes: [String] = []
}
