package import Document

/// Notes as the CloudEvents that the language prescribes for them.
extension FlowRun {
    /// The event that tells of a change. A task is created when it starts, so a runner that wants
    /// both sends two. Beyond the language it also tells of what was skipped, and what came out
    /// where that is not much.
    package func event(of note: Lifecycle, number: Int) -> Value {
        let kind = note.task == nil ? "workflow" : "task"
        var data: ObjectValue = [:]
        if let task = note.task {
            data["workflow"] = .string(qualifiedName)
            data["task"] = .string(task.reference)
        } else {
            data["name"] = .string(qualifiedName)
        }
        data[FlowRun.times[note.phase] ?? "updatedAt"] = .string(note.at.iso8601)
        if note.task == nil, note.phase == .started { data["definition"] = definition }
        if let error = note.error { data["error"] = error.value }
        if let output = note.output, JSON.write(output).count <= FlowRun.mostOutput {
            data["output"] = output
        }
        if let keys = note.correlation { data["correlationKeys"] = keys }
        return [
            "specversion": "1.0", "id": .string(identity.uuid("lifecycle/\(number)")),
            "source": .string("/\(about.namespace)/\(about.name)/\(about.version)"),
            "type": .string("io.serverlessworkflow.\(kind).\(note.phase.rawValue).v1"),
            "time": .string(note.at.iso8601), "datacontenttype": "application/json",
            "data": .object(data),
        ]
    }

    /// An event is news, not a copy of the data.
    private static let mostOutput = 2048

    private static let times: [Lifecycle.Phase: String] = [
        .started: "startedAt", .suspended: "suspendedAt", .resumed: "resumedAt",
        .cancelled: "cancelledAt", .faulted: "faultedAt", .completed: "completedAt",
        .correlationStarted: "startedAt", .correlationCompleted: "completedAt",
        .retried: "retriedAt",
    ]

    private var about: Workflow.About { plan.workflow.document }
    private var qualifiedName: String { "\(about.name)-\(identity.id).\(about.namespace)" }

    private var definition: Value {
        [
            "name": .string(about.name), "namespace": .string(about.namespace),
            "version": .string(about.version),
        ]
    }

    /// The tasks that are under way, each scope before what is in it: where a run stands.
    package var running: [Lifecycle.Task] {
        var tasks: [Lifecycle.Task] = []
        for strand in strands where strand.isOpen {
            for (depth, level) in strand.levels.enumerated() where level.isRunning {
                let task = level.node.task
                tasks.append(
                    Lifecycle.Task(
                        name: task.name, reference: task.reference,
                        key: level.key(strand.base + depth)))
            }
        }
        return tasks
    }
}
