import Document

/// `run`: other programs and workflows.
extension DefinitionReader {
    private static let processes = ["container", "script", "shell", "workflow"]

    mutating func run(_ node: Node, _ scope: TaskScope) -> Run? {
        let keys = DefinitionReader.processes
        guard let fields = fields(node, keys + ["await", "return"]) else { return nil }
        let awaits = flag(fields["await"]) ?? true
        let returns =
            choice(fields["return"], ["stdout", "stderr", "code", "all", "none"])
            .flatMap(Run.Returns.init) ?? .stdout
        let given = keys.filter { fields[$0] != nil }
        guard given.count == 1, let what = fields[given[0]] else {
            problem(
                node,
                given.isEmpty
                    ? "run has one of \(keys.listed("or"))"
                    : "run has one of \(keys.listed("or")), found \(given.listed("and"))")
            return nil
        }
        guard let process = process(given[0], what, scope) else { return nil }
        return Run(process: process, awaits: awaits, returns: returns)
    }

    private mutating func process(
        _ kind: String, _ node: Node, _ scope: TaskScope
    ) -> Run.Process? {
        switch kind {
        case "container":
            problem(
                node,
                "run: container is not supported: no containers are started from a workflow; "
                    + "start an agent that does the work, in a container of its own, and call it",
                .configuration)
            return nil
        case "script":
            problem(
                node,
                "run: script is not supported: no code of a workflow file is run; use "
                    + "expressions, run: shell, or an agent that does the work", .configuration)
            return nil
        case "shell": return .shell(template(node, as: .shell, scope.variables(.definition)))
        default: return subflow(node, scope)
        }
    }

    private mutating func subflow(_ node: Node, _ scope: TaskScope) -> Run.Process? {
        guard let fields = fields(node, ["namespace", "name", "version", "input"]) else {
            return nil
        }
        let namespace = required(fields, "namespace").flatMap { label($0) }
        let name = required(fields, "name").flatMap { label($0) }
        var number: String?
        if let node = fields["version"], (try? node.string()) != "latest" {
            number = version(node)
        }
        let input = fields["input"].map { template($0, scope.variables(.definition)) }
        guard let namespace, let name else { return nil }
        return .workflow(
            WorkflowReference(namespace: namespace, name: name, version: number), input: input)
    }
}
