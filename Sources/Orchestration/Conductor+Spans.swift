import Bus
import Document
import Reactor
import Telemetry
import Wire

/// The traces requests belong to, and the spans that are told of them while somebody listens.
extension Conductor {
    /// The trace context a request came with, or was given. What is no context counts as none: then
    /// its id stands for one.
    func trace(of slot: Int) -> TraceContext {
        let view = unsafe try? EnvelopeView(requests[slot].envelope.span.bytes)
        if let trace = view?.trace { return trace }
        var dice = Dice(seed: requests[slot].key.id.utf8.reduce(1) { $0 &* 31 &+ UInt64($1) })
        return TraceContext(isSampled: false, using: &dice)
    }
}
