import Document

/// What each kind of task does.
extension DefinitionReader {
    mutating func action(_ kind: String, _ node: Node, _ scope: TaskScope) -> TaskAction? {
        guard let what = node[kind] else { return nil }
        switch kind {
        case "call": return call(what, node["with"], scope).map(TaskAction.call)
        case "do": return taskList(what, scope).map(TaskAction.do)
        case "emit": return emit(what, scope)
        case "for": return loop(what, node, scope)
        case "fork": return fork(what, scope)
        case "listen": return listen(what, node["foreach"], scope)
        case "raise": return `raise`(what, scope)
        case "run": return run(what, scope).map(TaskAction.run)
        case "set": return set(what, scope)
        case "switch": return `switch`(what, scope)
        case "try": return attempt(what, node, scope)
        default: return duration(what, scope.variables(.definition)).map(TaskAction.wait)
        }
    }

    private mutating func set(_ node: Node, _ scope: TaskScope) -> TaskAction? {
        if node.kind == .mapping, node.members.isEmpty {
            problem(node, "set sets nothing; give at least one name with its value")
            return nil
        }
        return expressionOrTemplate(node, scope.variables(.definition)).map(TaskAction.set)
    }

    private mutating func loop(_ what: Node, _ node: Node, _ scope: TaskScope) -> TaskAction? {
        guard let fields = fields(what, ["each", "in", "at"]) else { return nil }
        let item = variable(fields["each"], default: "item")
        let index = variable(fields["at"], default: "index")
        if let item, item == index {
            problem(what, "item and index of a loop have one name, $\(item); give one another")
        }
        let collection = required(fields, "in").flatMap { self.collection($0, scope) }
        let inner = scope.adding([item, index])
        let condition = expression(node["while"], inner.variables(.definition))
        let tasks = required(node, "do").flatMap { taskList($0, inner) }
        guard let item, let index, let collection, let tasks else { return nil }
        return .for(
            Loop(
                item: item, collection: collection, index: index, condition: condition,
                tasks: tasks))
    }

    private mutating func collection(_ node: Node, _ scope: TaskScope) -> Template? {
        guard node.kind != .list else { return template(node, scope.variables(.definition)) }
        guard node.kind != .mapping else {
            problem(node, "expected an expression or a list, found a mapping")
            return nil
        }
        return expression(node, scope.variables(.definition)).map(Template.expression)
    }

    /// The name of a variable, without its `$`.
    mutating func variable(_ node: Node?, default name: String) -> String? {
        guard let node else { return name }
        guard let text = text(node) else { return nil }
        let bytes = text.utf8
        let isLegal = bytes.allSatisfy { $0.isAlphanumeric || $0 == UInt8(ascii: "_") }
        guard isLegal, bytes.count <= 64, bytes.first.map({ !$0.isDigit }) ?? false else {
            let bare = text.first == "$" ? "; leave the $ out" : ""
            problem(
                node,
                "\(Excerpt.quoted(text)) is no name of a variable: letters, digits and _, no "
                    + "digit first\(bare)")
            return nil
        }
        if Expression.arguments.contains(text) {
            remark(node, "$\(text) is the language's own; within these tasks it means this one")
        }
        return text
    }

    private mutating func fork(_ node: Node, _ scope: TaskScope) -> TaskAction? {
        guard let fields = fields(node, ["branches", "compete"]) else { return nil }
        let competes = flag(fields["compete"]) ?? false
        guard let branches = required(fields, "branches"),
            let list = taskList(branches, scope, isBranches: true)
        else { return nil }
        return .fork(Fork(branches: list, competes: competes))
    }

    private mutating func `switch`(_ node: Node, _ scope: TaskScope) -> TaskAction? {
        var cases: [SwitchCase] = []
        var names: Set<String> = []
        var other: String?
        let elements = elements(node)
        if node.kind == .list, elements.isEmpty { problem(node, "a switch has at least one case") }
        for element in elements {
            guard let (name, position, node) = item(element, "case"),
                let fields = fields(node, ["when", "then"])
            else { continue }
            let condition = expression(fields["when"], scope.variables(.definition))
            if fields["when"] == nil {
                if let other {
                    problem(
                        node,
                        "the case \(Excerpt.quoted(other)) has no \"when\" either; one at "
                            + "most is the default", at: position)
                }
                other = name
            }
            if !names.insert(name).inserted {
                problem(
                    node,
                    "there is another case \(Excerpt.quoted(name)); the names of one switch "
                        + "differ", at: position)
            }
            guard let then = required(fields, "then").flatMap({ directive($0, scope) }) else {
                continue
            }
            cases.append(SwitchCase(name: name, condition: condition, then: then))
        }
        return cases.isEmpty ? nil : .switch(cases)
    }
}
