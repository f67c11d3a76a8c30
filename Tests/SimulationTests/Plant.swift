/// A bug that is planted between the processes: what happens to messages makes it look as if
/// somebody had it. The books must find every one of them.
enum Plant: CaseIterable {
    /// The orchestrator answers a request twice.
    case answersTwice
    /// The orchestrator gives a worker more than it has room for.
    case ignoresCredit
    /// The orchestrator takes an unsafe step for one that may be repeated.
    case repeatsUnsafe
    /// The orchestrator does not acknowledge results.
    case neverAcknowledges
    /// The orchestrator answers somebody else's request.
    case mixesUp
    /// The orchestrator does not tell whoever it has given up.
    case givesUpSilently
    /// A worker does not know a task again that it has already.
    case forgetsTasks
    /// A worker does not send a result again.
    case neverResends
    /// A client does not ask again after its connection was lost.
    case forgetsCalls
}
