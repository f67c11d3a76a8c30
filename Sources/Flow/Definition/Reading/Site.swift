/// A place where an expression may stand: it decides which of the language's own variables exist
/// there.
enum Site {
    /// `input.from` of the workflow, its timeout and its schedule.
    case workflowInput
    case workflowOutput
    /// `if` and `input.from` of a task: its input does not exist yet.
    case before
    /// What a task does, and `output.as` of it.
    case definition
    case export

    var variables: Set<String> {
        switch self {
        case .workflowInput: ["secrets", "workflow", "runtime"]
        case .workflowOutput: ["context", "secrets", "workflow", "runtime"]
        case .before: ["context", "secrets", "task", "workflow", "runtime"]
        case .definition:
            ["context", "input", "secrets", "task", "workflow", "runtime", "authorization"]
        case .export: Expression.arguments
        }
    }
}

/// What a task sees of what lies around it.
struct TaskScope {
    /// The variables of loops, catches and iterators that it stands in.
    var locals: Set<String> = []
    /// The names that a `then` may go to.
    var siblings: [String] = []
    var level = 0
    /// Whether extensions apply: not to the tasks of an extension itself.
    var isExtended = true
    var isBranch = false
    /// Whether a timeout ends what would go on for ever.
    var isTimed = false

    func variables(_ site: Site) -> Set<String> {
        site.variables.union(locals)
    }

    func adding(_ names: [String?]) -> TaskScope {
        var scope = self
        scope.locals.formUnion(names.compactMap(\.self))
        return scope
    }
}
