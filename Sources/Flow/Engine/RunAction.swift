package import Document

/// What a run wants done.
package enum RunAction: Sendable, Hashable {
    /// An agent is to be called; the answer is `answered` or `failed` under the same key.
    case call(CallRequest)
    /// The end of a call, a question or a workflow is no longer wanted.
    case cancel(StepKey)
    case setTimer(StepKey, at: Moment)
    case clearTimer(StepKey)
    /// Events are awaited from now on; what each filter says about attributes that are constant
    /// lets a broker subscribe to less than everything.
    case listen(StepKey, filters: [Value])
    case unlisten(StepKey)
    /// A CloudEvent is to be published; `answered` (with anything) when it was. Its id is the same
    /// whenever the step is repeated.
    case emit(StepKey, Value)
    /// Another workflow is to be started. Without `awaits` the answer means that it has been.
    case runWorkflow(StepKey, WorkflowReference, input: Value, awaits: Bool)
    /// Something that is worth telling, in the order in which it happened.
    case lifecycle(Lifecycle)
    /// The slice of work is used up: step again with `proceed`.
    case more
    /// The last action of a run.
    case finished(Outcome)

    package enum Outcome: Sendable, Hashable {
        case completed(Value)
        case faulted(FlowError)
        case cancelled
    }
}

/// A call of an agent.
package struct CallRequest: Sendable, Hashable {
    package var key: StepKey
    package var agent: AgentReference
    package var payload: Value
    /// When the step, the task around it or the workflow times out, whichever is first.
    package var deadline: Moment?
    /// Without it the answer means that the call was accepted.
    package var awaits = true
    /// Where an answer from earlier will do.
    package var cache: Cache?

    /// The same key within the time to live means the same answer.
    package struct Cache: Sendable, Hashable {
        package var key: String
        package var lifetime: Duration?
    }
}

/// A change of a run or of one of its tasks.
package struct Lifecycle: Sendable, Hashable {
    package enum Phase: String, Sendable {
        case started, suspended, resumed, cancelled, faulted, completed
        case correlationStarted = "correlation-started"
        case correlationCompleted = "correlation-completed"
        /// Of tasks alone; a task is created when it starts.
        case retried, skipped
    }

    package var phase: Phase
    /// Nothing for the workflow itself.
    package var task: Task?
    package var at: Moment
    package var error: FlowError?
    /// What a task or the workflow gave, where it completed.
    package var output: Value?
    package var correlation: Value?
    /// What the task had before it, where notes are made with data.
    package var data: Data?

    /// Of a task that starts, its raw input and the context; of one that ended, the input as it
    /// was made for it, and the context it left.
    package struct Data: Sendable, Hashable {
        package var input: Value
        package var context: Value
    }

    package struct Task: Sendable, Hashable {
        package var name: String
        package var reference: String
        package var key: StepKey
    }
}
