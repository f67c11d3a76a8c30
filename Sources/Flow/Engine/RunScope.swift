import Document

/// From where an expression is evaluated, which decides what it may name.
struct RunScope: Sendable {
    var strand: Int
    var depth: Int
    var moment: Moment
    /// Names beside those of the scope, such as the error that a `catch` looks at.
    var additions: [(String, Value)] = []

    enum Moment: Sendable {
        /// Input and output of the workflow.
        case workflow
        /// `if` and `input.from`: there is no `$input` yet.
        case beforeInput
        /// Whatever the task is about.
        case definition
        /// `output.as`.
        case output
        /// `export.as`, with the transformed output.
        case export(Value)
        /// The condition of an extension.
        case `extension`
    }

    init(_ strand: Int, _ depth: Int, _ moment: Moment, _ additions: [(String, Value)] = []) {
        self.strand = strand
        self.depth = depth
        self.moment = moment
        self.additions = additions
    }

    static let workflow = RunScope(-1, -1, .workflow)
}

/// What expressions are told about: the arguments of the language.
extension FlowRun {
    func scope(
        _ strand: Int, _ depth: Int, _ moment: RunScope.Moment = .definition,
        _ additions: [(String, Value)] = []
    ) -> RunScope {
        RunScope(strand, depth, moment, additions)
    }

    mutating func describe() {
        workflowDescriptor = [
            "id": .string(identity.id), "definition": plan.workflow.source, "input": rawInput,
            "startedAt": (startedAt ?? clock).descriptor,
        ]
        runtimeDescriptor = [
            "name": .string(identity.runtime.name), "version": .string(identity.runtime.version),
            "metadata": [:],
        ]
    }

    /// What an expression names, and nothing that it does not: some of it is made for each asking.
    func expressionScope(_ expression: Expression, _ scope: RunScope) -> Expression.Scope {
        var variables: [String: Value] = [:]
        for name in expression.variables { variables[name] = argument(name, scope) }
        return Expression.Scope(variables: variables, now: clock.seconds)
    }

    /// What a name stands for; null where it stands for nothing there.
    private func argument(_ name: String, _ scope: RunScope) -> Value {
        if let addition = scope.additions.last(where: { $0.0 == name }) { return addition.1 }
        if scope.depth >= 0, let value = strands[scope.strand].levels[scope.depth].variables[name] {
            return value
        }
        switch name {
        case "workflow": return workflowDescriptor
        case "runtime": return runtimeDescriptor
        case "secrets": return .object(identity.secrets)
        case "context": return context
        default: break
        }
        guard scope.depth >= 0 else { return .null }
        switch name {
        case "task": return taskDescriptor(scope.strand, scope.depth, scope.moment)
        case "input":
            if case .beforeInput = scope.moment { return .null }
            return strands[scope.strand].levels[scope.depth].input
        case "output":
            if case .export(let output) = scope.moment { return output }
            return .null
        case "authorization":
            return strands[scope.strand].levels[scope.depth].authorization ?? .null
        default: return .null
        }
    }

    func taskDescriptor(_ strand: Int, _ depth: Int, _ moment: RunScope.Moment) -> Value {
        let task = strands[strand].levels[depth].node.task
        var members: ObjectValue = [
            "name": .string(task.name), "reference": .string(task.reference),
            "definition": task.source, "input": strands[strand].levels[depth].data,
            "startedAt": strands[strand].levels[depth].began.descriptor,
        ]
        switch moment {
        case .output, .export: members["output"] = strands[strand].levels[depth].raw
        case .extension:
            for (key, value) in task.source.object ?? [:] where members[key] == nil {
                members[key] = value
            }
        case .workflow, .beforeInput, .definition: break
        }
        return .object(members)
    }
}
