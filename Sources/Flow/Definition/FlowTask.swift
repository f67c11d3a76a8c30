package import Document

/// One task of a workflow: what every task may say, and what this one does.
package struct FlowTask: Sendable {
    package var name: String
    /// The JSON pointer to the task in its file: `/do/0/getPet`.
    package var reference: String
    package var condition: Expression?
    package var input: InputRule
    package var output: OutputRule
    package var export: ExportRule?
    package var timeout: Timeout?
    package var then: FlowDirective?
    package var metadata: Value?
    package var action: TaskAction
    /// The task as a value: `$task.definition`.
    package var source: Value
    /// The position in the list of `use.extensions` of those whose `extend` names this kind of
    /// task.
    package var extensions: [Int]
}

/// What happens after a task.
package enum FlowDirective: Sendable, Hashable {
    case `continue`, exit, end
    case task(String)
}

/// What a task does.
package enum TaskAction: Sendable {
    case call(Call)
    case `do`(TaskList)
    case emit(Template)
    case `for`(Loop)
    case fork(Fork)
    case listen(Listen)
    case raise(ErrorTemplate)
    case run(Run)
    case set(Template)
    case `switch`([SwitchCase])
    case `try`(Attempt)
    case wait(DurationTemplate)
}

/// Iterates over a collection, or while a condition holds of it.
package struct Loop: Sendable {
    package var item: String
    package var collection: Template
    package var index: String
    package var condition: Expression?
    package var tasks: TaskList
}

/// Branches that run side by side; in competition the first to end wins.
package struct Fork: Sendable {
    package var branches: TaskList
    package var competes: Bool
}

/// One way out of a switch: taken if its condition holds, or if it has none.
package struct SwitchCase: Sendable {
    package var name: String
    package var condition: Expression?
    package var then: FlowDirective
}

extension FlowTask {
    /// The kind of task as a graph shows it.
    package var kind: Graph.Kind {
        switch action {
        case .call: .call
        case .do: .do
        case .emit: .emit
        case .for: .for
        case .fork: .fork
        case .listen: .listen
        case .raise: .raise
        case .run: .run
        case .set: .set
        case .switch: .switch
        case .try: .try
        case .wait: .wait
        }
    }
}
