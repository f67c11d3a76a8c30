import Reactor
package import Telemetry
package import Wire

/// What the conductor asks of whoever keeps durable requests.
package enum StoreCommand {
    /// Keep this request, or say that it is known already.
    case accept(_ token: UInt64, RequestKey, receiver: String, any Content)
    /// Keep what the next stage of a pipeline is given.
    case advance(_ token: UInt64, RequestKey, stage: Int, any Content)
    /// Keep how it ended.
    case finish(_ token: UInt64, RequestKey, Outcome)
    /// Say how it ended to somebody who asks.
    case fetch(RequestKey, for: Caller)
}

/// What the store says about a request it was asked to accept.
package enum AcceptVerdict {
    case accepted
    /// The same request ended before: this was its outcome.
    case finished(Outcome)
    case refused(Fault)
}

/// What the store says about a request that somebody asks for.
package enum FetchVerdict {
    case unknown
    /// It has not ended, and another instance has it in hand.
    case open
    case finished(Outcome)
}

/// What the store says, with the token it was asked with.
package enum StoreReply {
    case accepted(_ token: UInt64, AcceptVerdict)
    case advanced(_ token: UInt64)
    case finished(_ token: UInt64)
    case fetched(RequestKey, for: Caller, FetchVerdict)
}
