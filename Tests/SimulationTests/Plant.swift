import Bus
import Wire

/// A bug that is planted between the processes: what the network does to messages makes it look as
/// if somebody had it. The books must find every one of them.
enum Plant: CaseIterable {
    /// The orchestrator answers a request twice.
    case answersTwice
    /// The orchestrator gives a worker more than it has room for.
    case ignoresCredit
    /// The orchestrator repeats an unsafe step.
    case repeatsUnsafe
    /// A worker does not know again what it does already.
    case forgetsTasks
    /// A worker does not send a result again.
    case neverResends
    /// The orchestrator does not acknowledge results.
    case neverAcknowledges
    /// The orchestrator answers somebody else's request.
    case mixesUp
    /// A client does not ask again after its connection was lost.
    case forgetsCalls
}
