package import Document

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
        /// What the file says of it, without the tasks in it.
        package let definition: Value
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

    /// A task in another stands for itself.
    private static func definition(of task: FlowTask) -> Value {
        var members = task.source.object ?? [:]
        members["do"] = nil
        for (outer, inner) in [("fork", "branches"), ("catch", "do"), ("foreach", "do")] {
            guard var part = members[outer]?.object else { continue }
            part[inner] = nil
            members[outer] = .object(part)
        }
        if case .try = task.action { members["try"] = nil }
        return .object(members)
    }

    private mutating func add(_ list: ListNode, in parent: String?, isInFlow: Bool) {
        for node in list.tasks {
            let task = node.task
            places[task.reference] = tasks.count
            tasks.append(
                Task(
                    reference: task.reference, name: task.name, kind: task.kind,
                    summary: Summary.of(task), parent: parent, isInFlow: isInFlow,
                    definition: Self.definition(of: task)))
            for inner in [node.body, node.handler].compactMap(\.self) {
                add(inner, in: task.reference, isInFlow: isInFlow)
            }
        }
    }
}
