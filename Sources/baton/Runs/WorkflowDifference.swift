import Document
import Flow

/// What is otherwise in one version of a workflow than in another, task by task. Pure.
struct WorkflowDifference {
    enum Change {
        case added(Outline.Task)
        case removed(Outline.Task)
        case moved(Outline.Task, from: String)
        case changed(Outline.Task, [ValueDifference])
    }

    private(set) var changes: [Change] = []
    /// What is otherwise outside of the tasks.
    let outside: [ValueDifference]

    init(_ old: Workflow, _ new: Workflow) {
        let (before, after) = (Outline(FlowPlan(old)), Outline(FlowPlan(new)))
        outside = ValueDifference.all(Self.head(old), Self.head(new))
        // A name that stands once in each is the same task wherever it stands.
        let (once, again) = (Self.places(before), Self.places(after))
        for task in after.tasks {
            if let same = before[task.reference] {
                add(same, task)
            } else if again[task.name]?.count == 1, let place = once[task.name], place.count == 1,
                after[place[0]] == nil, let same = before[place[0]]
            {
                changes.append(.moved(task, from: same.reference))
                add(same, task)
            } else {
                changes.append(.added(task))
            }
        }
        for task in before.tasks where after[task.reference] == nil {
            let isMoved = once[task.name]?.count == 1 && again[task.name]?.count == 1
            if !isMoved { changes.append(.removed(task)) }
        }
    }

    var isSame: Bool { changes.isEmpty && outside.isEmpty }

    /// Whether runs of the old one find their tasks where they were: each reference is still there.
    var runsFit: Bool {
        !changes.contains { change in
            switch change {
            case .removed, .moved: true
            case .added, .changed: false
            }
        }
    }

    private mutating func add(_ old: Outline.Task, _ new: Outline.Task) {
        let differences = ValueDifference.all(old.definition, new.definition, most: 20)
        if !differences.isEmpty { changes.append(.changed(new, differences)) }
    }

    private static func places(_ outline: Outline) -> [String: [String]] {
        Dictionary(grouping: outline.tasks, by: \.name).mapValues { $0.map(\.reference) }
    }

    private static func head(_ workflow: Workflow) -> Value {
        var members = workflow.source.object ?? [:]
        members["do"] = nil
        return .object(members)
    }

    // MARK: - Telling

    var lines: [Text] {
        var lines: [Text] = changes.flatMap { change -> [Text] in
            switch change {
            case .added(let task):
                ["\("+ \(task.name)", .green)  \(task.summary)  \(task.reference, .dim)"]
            case .removed(let task):
                ["\("- \(task.name)", .red)  \(task.summary)  \(task.reference, .dim)"]
            case .moved(let task, let from):
                ["\("> \(task.name)", .yellow)  \("\(from) → \(task.reference)", .dim)"]
            case .changed(let task, let differences):
                ["\("~ \(task.name)", .yellow)  \(task.reference, .dim)"]
                    + differences.map(Self.line)
            }
        }
        if !outside.isEmpty { lines += ["outside of the tasks"] + outside.map(Self.line) }
        guard !isSame else { return ["\("The same.", .green)"] }
        let fit = runsFit ? "fit: each task they may stand at is where it was" : "do not fit"
        return lines + ["", "Runs of the first on the second \(fit)."]
    }

    private static func line(_ difference: ValueDifference) -> Text {
        let old = difference.recorded.map { JSON.text($0) } ?? "(nothing)"
        let new = difference.now.map { JSON.text($0) } ?? "(nothing)"
        return "    \(difference.path)  \(old, .red) → \(new, .green)"
    }

    var json: Value {
        let rows = changes.map { change -> Value in
            switch change {
            case .added(let task): ["change": "added", "task": .string(task.reference)]
            case .removed(let task): ["change": "removed", "task": .string(task.reference)]
            case .moved(let task, let from):
                ["change": "moved", "task": .string(task.reference), "from": .string(from)]
            case .changed(let task, let differences):
                [
                    "change": "changed", "task": .string(task.reference),
                    "differences": .array(differences.map(\.json)),
                ]
            }
        }
        return [
            "same": .bool(isSame), "runs_fit": .bool(runsFit), "tasks": .array(rows),
            "outside": .array(outside.map(\.json)),
        ]
    }
}
