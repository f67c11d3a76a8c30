/// The tasks of a workflow as its file has them, in order, each with the task it lies in. Those of
/// functions and extensions stand behind the others.
package struct Outline: Sendable {
    package struct Task: Sendable {
        package let reference: String
        package let name: String
        package let kind: Graph.Kind
        /// What it does, in a few words.
        package let summary: String
        /// The reference of the task it lies in.
        package let parent: String?
        /// Whether it stands in the flow itself, not in a function or an extension.
        package let isInFlow: Bool
        let task: FlowTask
    }

    package private(set) var tasks: [Task] = []
    private var places: [String: Int] = [:]

    package init(_ plan: FlowPlan) {
        add(plan.tasks, in: nil, isInFlow: true)
        for (_, list) in plan.functions.sorted(by: { $0.key < $1.key }) {
            add(list, in: nil, isInFlow: false)
        }
        for node in plan.extensions {
            for list in [node.before, node.after].compactMap(\.self) {
                add(list, in: nil, isInFlow: false)
            }
        }
    }

    package subscript(reference: String) -> Task? { places[reference].map { tasks[$0] } }

    private mutating func add(_ list: ListNode, in parent: String?, isInFlow: Bool) {
        for node in list.tasks {
            let task = node.task
            places[task.reference] = tasks.count
            tasks.append(
                Task(
                    reference: task.reference, name: task.name, kind: task.kind,
                    summary: Summary.of(task), parent: parent, isInFlow: isInFlow, task: task))
            for inner in [node.body, node.handler].compactMap(\.self) {
                add(inner, in: task.reference, isInFlow: isInFlow)
            }
        }
    }
}
