import Wire

/// What a request asks for, as its steps unfold.
enum Plan {
    /// One agent's answer.
    case direct
    /// One agent's work whose result is fetched later, if at all.
    case notification
    /// One agent after the other, each with the result of the one before.
    case pipeline(Slip)
    /// Several at once, and what each of them said.
    case gather(Gathering)

    /// The routing slip of a pipeline.
    struct Slip {
        /// The agents in order.
        let stages: [Int]
        /// Which one works on it now.
        var current = 0
    }
}
