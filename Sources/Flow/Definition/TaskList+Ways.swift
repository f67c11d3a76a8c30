/// Where the tasks of a list lead to: what the graph draws, and what must have an end.
extension TaskList {
    /// One way on from a task.
    package struct Way: Sendable, Hashable {
        package var target: Target
        package var reason: Reason
    }

    package enum Target: Sendable, Hashable {
        /// A task of the same list, by position.
        case task(Int)
        /// The end of the list: what lies around it goes on.
        case exit
        /// The end of the workflow.
        case end
    }

    package enum Reason: Sendable, Hashable {
        case done
        /// The condition of the task does not hold.
        case skipped
        /// A case of a switch, by name.
        case chosen(String)
        /// No case of a switch holds.
        case otherwise
        /// An error was caught that has a way of its own.
        case caught
    }

    /// The ways on from a task, in the order of the file; none from one that always fails.
    package func ways(from position: Int) -> [Way] {
        let task = tasks[position]
        let onward = target(task.then, from: position)
        var ways: [Way] = []
        switch task.action {
        case .switch(let cases):
            for choice in cases {
                ways.append(
                    Way(
                        target: target(choice.then, from: position),
                        reason: .chosen(choice.name)))
            }
            if !cases.contains(where: { $0.condition == nil }) {
                ways.append(Way(target: onward, reason: .otherwise))
            }
        case .raise: break
        case .try(let attempt):
            ways.append(Way(target: onward, reason: .done))
            if let then = attempt.rule.then {
                ways.append(Way(target: target(then, from: position), reason: .caught))
            }
        default: ways.append(Way(target: onward, reason: .done))
        }
        if task.condition != nil {
            ways.append(Way(target: target(.continue, from: position), reason: .skipped))
        }
        return ways
    }

    private func target(_ directive: FlowDirective?, from position: Int) -> Target {
        switch directive {
        case .exit: .exit
        case .end: .end
        case .task(let name): positions[name].map(Target.task) ?? .exit
        case .continue, nil: position + 1 < tasks.count ? .task(position + 1) : .exit
        }
    }
}
