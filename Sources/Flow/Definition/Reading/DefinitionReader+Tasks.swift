import Document

/// Lists of tasks, and what every task may say.
extension DefinitionReader {
    private static let commonKeys = [
        "if", "input", "output", "export", "timeout", "then", "metadata",
    ]
    /// The key that says what a task does, and those that stand beside it.
    private static let kinds: [(key: String, beside: [String])] = [
        ("call", ["with"]), ("do", []), ("emit", []), ("for", ["while", "do"]), ("fork", []),
        ("listen", ["foreach"]), ("raise", []), ("run", []), ("set", []), ("switch", []),
        ("try", ["catch"]), ("wait", []),
    ]

    mutating func taskList(
        _ node: Node, _ scope: TaskScope, isBranches: Bool = false
    ) -> TaskList? {
        guard node.kind == .list else {
            problem(
                node,
                "expected a list of tasks, each as \"- name:\" with what it does below, found "
                    + node.found)
            return nil
        }
        guard scope.level < WorkflowLimits.levels else {
            problem(node, "tasks nested deeper than \(WorkflowLimits.levels) levels", .limit)
            return nil
        }
        let items = node.elements.compactMap { item($0, "task") }
        var inner = scope
        inner.level += 1
        inner.siblings = items.map(\.key)
        inner.isBranch = isBranches
        checkNames(items)
        var tasks: [FlowTask] = []
        for (name, _, node) in items {
            if let task = task(name, node, inner) { tasks.append(task) }
        }
        guard tasks.count == node.elements.count else { return nil }
        let list = TaskList(tasks)
        if !isBranches, !scope.isTimed { checkEnds(list, items) }
        return list
    }

    private mutating func checkNames(
        _ items: [(key: String, position: TextPosition, node: Node)]
    ) {
        var known: [String: Int] = [:]
        for (name, position, node) in items {
            if let line = known[name] {
                problem(
                    node,
                    "there is another task \(Excerpt.quoted(name)) in line \(line); the names "
                        + "of one list differ", at: position)
            }
            known[name] = known[name] ?? position.line
            if name.isEmpty || name.utf8.count > WorkflowLimits.nameBytes {
                problem(
                    node, "the name of a task has 1 to \(WorkflowLimits.nameBytes) bytes",
                    at: position)
            }
            if FlowDirective(word: name) != nil {
                remark(
                    node,
                    "a task by the name of \(name) cannot be gone to: \"then: \(name)\" has "
                        + "a meaning of its own")
            }
        }
    }

    mutating func task(_ name: String, _ node: Node, _ scope: TaskScope) -> FlowTask? {
        taskCount += 1
        guard taskCount <= WorkflowLimits.tasks else {
            if taskCount == WorkflowLimits.tasks + 1 {
                problem(node, "more than \(WorkflowLimits.tasks) tasks", .limit)
            }
            return nil
        }
        guard node.kind == .mapping else {
            problem(node, "expected what the task does: \(kindNames), found \(node.found)")
            return nil
        }
        guard let kind = kind(node) else { return nil }
        _ = fields(node, DefinitionReader.commonKeys + [kind.key] + kind.beside)
        return common(name, node, kind.key, scope)
    }

    private var kindNames: String { DefinitionReader.kinds.map(\.key).listed("or") }

    private mutating func kind(_ node: Node) -> (key: String, beside: [String])? {
        var found = DefinitionReader.kinds.filter { node[$0.key] != nil }
        if found.contains(where: { $0.key == "for" }) { found.removeAll { $0.key == "do" } }
        if found.count == 1 { return found[0] }
        guard found.isEmpty else {
            problem(
                node, "a task does one thing; here are \(found.map(\.key).listed("and"))")
            return nil
        }
        let known = DefinitionReader.kinds.map(\.key)
        let beside = DefinitionReader.kinds.flatMap(\.beside)
        let strange = node.members.first { member in
            !(DefinitionReader.commonKeys + beside).contains(member.key)
        }
        guard let strange else {
            problem(node, "the task does not say what it does: \(kindNames)")
            return nil
        }
        problem(
            strange.node,
            "unknown key \(Excerpt.quoted(strange.key)); a task does one of \(known.listed("or"))"
                + question(for: strange.key, in: known),
            at: strange.position)
        return nil
    }

    private mutating func common(
        _ name: String, _ node: Node, _ kind: String, _ scope: TaskScope
    ) -> FlowTask? {
        let condition = expression(node["if"], scope.variables(.before))
        let input = inputRule(node["input"], scope.variables(.before))
        let timeout = timeout(node["timeout"], scope.variables(.definition))
        var inner = scope
        inner.isTimed = scope.isTimed || timeout != nil
        let action = action(kind, node, inner)
        let output = outputRule(node["output"], scope.variables(.definition))
        let export = exportRule(node["export"], scope.variables(.export))
        let then = directive(node["then"], scope)
        _ = members(node["metadata"])
        let metadata = node["metadata"].map { value($0) }
        guard let action else { return nil }
        let word = ["do", "fork"].contains(kind) ? "composite" : kind
        let extensions = used.extended.indices.filter {
            scope.isExtended && (used.extended[$0] == word || used.extended[$0] == "all")
        }
        return FlowTask(
            name: name, reference: node.pointer, condition: condition, input: input,
            output: output, export: export, timeout: timeout, then: then,
            metadata: metadata, action: action, source: node.source,
            extensions: Array(extensions))
    }

    /// What follows a task: a task of its own list, or a word of the language.
    mutating func directive(_ node: Node?, _ scope: TaskScope) -> FlowDirective? {
        guard let node, let text = text(node) else { return nil }
        if let word = FlowDirective(word: text) { return word }
        guard scope.siblings.contains(text) else {
            let known = scope.siblings + ["continue", "exit", "end"]
            problem(
                node,
                "there is no task \(Excerpt.quoted(text)) in this list, and a \"then\" "
                    + "stays within its own" + question(for: text, in: known))
            return nil
        }
        if scope.isBranch {
            problem(
                node,
                "branches run side by side: none can go to another; put both into one branch "
                    + "with \"do\"")
            return nil
        }
        return .task(text)
    }
}

extension FlowDirective {
    init?(word: String) {
        switch word {
        case "continue": self = .continue
        case "exit": self = .exit
        case "end": self = .end
        default: return nil
        }
    }
}
