import Reactor
package import Telemetry
package import Wire

/// What the conductor asks of whoever keeps durable requests.
package enum StoreCommand {
    /// Keep this request, or say that it is known already.
    case accept(_ token: UInt64, RequestKey, receiver: String, any Content)
    /// Keep how it ended.
    case finish(_ token: UInt64, RequestKey, Outcome)
}

/// What the store says about a request it was asked to accept.
package enum AcceptVerdict {
    case accepted
    /// The same request ended before: this was its outcome.
    case finished(Outcome)
    case refused(Fault)
}

/// What the store says, with the token it was asked with.
package enum StoreReply {
    case accepted(_ token: UInt64, AcceptVerdict)
    case finished(_ token: UInt64)
}
