/// A workflow laid out for running: each task and each list of tasks once, so that a run that opens
/// a scope copies a reference and nothing of the definition. Made once for a workflow, shared by
/// all its runs, never changed.
package struct FlowPlan: Sendable {
    package let workflow: Workflow
    let tasks: ListNode
    let functions: [String: ListNode]
    let extensions: [ExtensionNode]

    package init(_ workflow: Workflow) {
        self.workflow = workflow
        tasks = ListNode(workflow.tasks)
        functions = workflow.components.functions.mapValues { ListNode(TaskList([$0])) }
        extensions = workflow.components.extensions.map(ExtensionNode.init)
    }
}

/// A list of tasks.
final class ListNode: Sendable {
    let tasks: [TaskNode]
    let positions: [String: Int]

    init(_ list: TaskList) {
        tasks = list.tasks.map(TaskNode.init)
        positions = list.positions
    }
}

/// A task with the lists that stand in it.
final class TaskNode: Sendable {
    let task: FlowTask
    /// What is done within: the tasks of a `do`, a loop, a fork, a try or each event.
    let body: ListNode?
    /// What is done with a caught error.
    let handler: ListNode?

    init(_ task: FlowTask) {
        self.task = task
        (body, handler) =
            switch task.action {
            case .do(let tasks): (ListNode(tasks), nil)
            case .for(let loop): (ListNode(loop.tasks), nil)
            case .fork(let fork): (ListNode(fork.branches), nil)
            case .try(let attempt): (ListNode(attempt.tasks), attempt.rule.tasks.map(ListNode.init))
            case .listen(let listen): (listen.each?.tasks.map(ListNode.init), nil)
            default: (nil, nil)
            }
    }
}

/// What is done before and after the tasks it extends.
final class ExtensionNode: Sendable {
    let condition: Expression?
    let before: ListNode?
    let after: ListNode?

    init(_ part: Components.Extension) {
        condition = part.when
        before = part.before.map(ListNode.init)
        after = part.after.map(ListNode.init)
    }
}
