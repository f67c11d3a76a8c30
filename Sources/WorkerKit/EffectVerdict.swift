import Document
import Telemetry
import Wire

/// What an orchestrator says about a side effect that a task is about to have, or had.
package enum EffectVerdict: Sendable, Equatable {
    /// Nothing is known of it, or it may be repeated.
    case go
    /// It happened in an earlier attempt: this was its result.
    case skip(Value)
    /// It may have happened, and must not happen twice.
    case unknown
    /// Somebody else does the task by now, or it is over.
    case stale
    /// Its result is kept.
    case kept

    /// Reads the content of EFFECT.
    init(_ content: RawContent) throws(Fault) {
        let value = try content.value()
        switch value["verdict"]?.string {
        case "go": self = .go
        case "skip": self = .skip(value["result"] ?? .null)
        case "unknown": self = .unknown
        case "stale": self = .stale
        case "kept": self = .kept
        case let other:
            throw Fault(
                WireCode.unsupported,
                "the orchestrator's verdict on an effect is not known here: \(other ?? "none")")
        }
    }
}
