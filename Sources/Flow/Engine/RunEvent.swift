package import Document

/// What a run is told. Each event that `FlowRun.accepts` belongs into the journal, with its time
/// and in the order in which the run was told; nothing else does.
package enum RunEvent: Sendable, Hashable {
    /// The first event of every run.
    case started
    /// A call, an emitted event, a workflow or a question came to its end.
    case answered(StepKey, Value)
    case failed(StepKey, FlowError)
    /// The time of `setTimer` is there.
    case timer(StepKey)
    /// A CloudEvent came for the run; each open `listen` looks at it.
    case event(Value)
    case suspended
    case resumed
    case cancelled
    /// The answer to `RunAction.more`: nothing has happened, go on. Never journaled.
    case proceed
}
