import Document

/// Events: which ones are waited for, and which are sent.
extension DefinitionReader {
    mutating func emit(_ node: Node, _ scope: TaskScope) -> TaskAction? {
        guard let fields = fields(node, ["event"]), let event = required(fields, "event"),
            let inner = self.fields(event, ["with"]), let with = required(inner, "with")
        else { return nil }
        if with.kind == .mapping { _ = required(with, "type") }
        return .emit(template(with, as: .event, scope.variables(.definition)))
    }

    mutating func listen(_ node: Node, _ each: Node?, _ scope: TaskScope) -> TaskAction? {
        guard let fields = fields(node, ["to", "read"]) else { return nil }
        let read = readMode(fields["read"])
        let to = required(fields, "to").flatMap { consumption($0, scope.variables(.definition)) }
        let iterator = each.flatMap { self.iterator($0, scope) }
        return to.map { .listen(Listen(to: $0, read: read, each: iterator)) }
    }

    mutating func readMode(_ node: Node?) -> Listen.ReadMode {
        choice(node, ["data", "envelope", "raw"]).flatMap(Listen.ReadMode.init) ?? .data
    }

    private mutating func iterator(_ node: Node, _ scope: TaskScope) -> Listen.Iterator? {
        guard let fields = fields(node, ["item", "at", "do", "output", "export"]) else {
            return nil
        }
        let item = variable(fields["item"], default: "item")
        let index = variable(fields["at"], default: "index")
        let inner = scope.adding([item, index])
        let tasks = fields["do"].flatMap { taskList($0, inner) }
        let output = outputRule(fields["output"], inner.variables(.definition))
        let export = exportRule(fields["export"], inner.variables(.export))
        guard let item, let index else { return nil }
        return Listen.Iterator(
            item: item, index: index, tasks: tasks, output: output, export: export)
    }

    mutating func consumption(
        _ node: Node, _ variables: Set<String>, isUntil: Bool = false
    ) -> Consumption? {
        let kinds = ["all", "any", "one"]
        guard let fields = fields(node, kinds + ["until"]) else { return nil }
        let given = kinds.filter { fields[$0] != nil }
        guard given.count == 1, let what = fields[given[0]] else {
            problem(
                node,
                given.isEmpty
                    ? "expected all, any or one: which events are waited for"
                    : "expected one of all, any and one, found \(given.listed("and"))")
            return nil
        }
        let until = until(fields["until"], variables, of: given[0], isUntil: isUntil)
        switch given[0] {
        case "one": return filter(what, variables).map(Consumption.one)
        case "all": return filters(what, variables).map(Consumption.all)
        default: return filters(what, variables).map { .any($0, until: until) }
        }
    }

    private mutating func until(
        _ node: Node?, _ variables: Set<String>, of kind: String, isUntil: Bool
    ) -> Consumption.Until? {
        guard let node else { return nil }
        guard kind == "any", !isUntil else {
            problem(
                node,
                isUntil
                    ? "an \"until\" cannot have an \"until\" of its own"
                    : "only \"any\" has an \"until\"; \"\(kind)\" ends by itself")
            return nil
        }
        if node.kind == .mapping {
            return consumption(node, variables, isUntil: true).map(Consumption.Until.events)
        }
        if (try? node.bool()) == false { return .never }
        return expression(node, variables).map(Consumption.Until.condition)
    }

    private mutating func filters(_ node: Node, _ variables: Set<String>) -> [EventFilter]? {
        guard node.kind == .list else {
            problem(node, "expected a list of event filters, found \(node.found)")
            return nil
        }
        let filters = node.elements.compactMap { filter($0, variables) }
        return filters.count == node.elements.count ? filters : nil
    }

    private mutating func filter(_ node: Node, _ variables: Set<String>) -> EventFilter? {
        guard let fields = fields(node, ["with", "correlate"]) else { return nil }
        let with = required(fields, "with").flatMap { attributes($0, variables) }
        var correlations: [String: EventFilter.Correlation] = [:]
        for (name, _, node) in members(fields["correlate"]) {
            guard let fields = self.fields(node, ["from", "expect"]) else { continue }
            let expect = fields["expect"].map { template($0, variables) }
            guard let from = required(fields, "from").flatMap({ expression($0, variables) })
            else { continue }
            correlations[name] = EventFilter.Correlation(from: from, expect: expect)
        }
        return with.map { EventFilter(with: $0, correlations: correlations) }
    }

    private mutating func attributes(
        _ node: Node, _ variables: Set<String>
    ) -> [(key: String, value: Template)]? {
        if node.kind == .mapping, node.members.isEmpty {
            problem(node, "a filter names at least one attribute; for any event write any: []")
            return nil
        }
        switch template(node, as: .event, variables) {
        case .object(let members): return members
        case .value(.object(let object)): return object.map { ($0.key, .value($0.value)) }
        default: return nil
        }
    }
}
