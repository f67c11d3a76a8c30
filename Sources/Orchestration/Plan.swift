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
    /// A run of a workflow.
    case workflow(Journey)

    /// The routing slip of a pipeline.
    struct Slip {
        /// The agents in order.
        let stages: [Int]
        /// Which one works on it now.
        var current = 0
    }

    /// Which workflow, and whether nobody waits for what comes of it.
    struct Journey {
        let address: WorkflowAddress
        /// Nothing while nobody who knows it is here: it was accepted when somebody was.
        var edition: Edition?
        let isSilent: Bool

        init(_ edition: Edition, isSilent: Bool) {
            address = edition.address
            self.edition = edition
            self.isSilent = isSilent
        }

        init(_ address: WorkflowAddress, isSilent: Bool) {
            self.address = address
            self.isSilent = isSilent
        }
    }

    /// Whether its caller hears no more than that it was accepted.
    var isSilent: Bool {
        switch self {
        case .notification: true
        case .workflow(let journey): journey.isSilent
        case .direct, .pipeline, .gather: false
        }
    }
}
