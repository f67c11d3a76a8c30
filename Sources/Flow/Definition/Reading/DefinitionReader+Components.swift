import Document

/// `use`: what a file defines once. Names come first, so that whatever uses them finds them.
extension DefinitionReader {
    private static let useKeys = [
        "authentications", "errors", "extensions", "functions", "retries", "secrets", "timeouts",
        "catalogs",
    ]
    /// What an extension may extend.
    static let extensible = [
        "call", "composite", "emit", "for", "listen", "raise", "run", "set", "switch", "try",
        "wait", "all",
    ]

    /// Everything but the tasks of functions and extensions, which may use all of it.
    mutating func components(_ node: Node?) -> Components {
        var components = Components()
        guard let node, let fields = fields(node, DefinitionReader.useKeys) else {
            return components
        }
        used.secrets = elements(fields["secrets"]).compactMap { text($0) }
        used.functions = Set(members(fields["functions"]).map(\.key))
        for (name, _, node) in members(fields["catalogs"]) { readCatalog(name, node) }
        let variables = Site.definition.variables
        for (name, _, node) in members(fields["authentications"]) {
            let policy = template(node, as: .policy, variables)
            used.authentications[name] = .some(policy)
            components.authentications[name] = policy
        }
        for (name, _, node) in members(fields["errors"]) {
            used.errors[name] = .some(errorTemplate(node, variables))
        }
        for (name, _, node) in members(fields["timeouts"]) {
            used.timeouts[name] = .some(
                node.kind == .mapping ? timeout(node, variables) : mismatchedTimeout(node))
        }
        for (name, _, node) in members(fields["retries"]) {
            // The error of whichever catch uses it is in sight under its usual name.
            used.retries[name] = .some(retryRule(node, variables.union(["error"])))
        }
        used.extended = elements(fields["extensions"]).map { item in
            item.members.first?.node["extend"].flatMap { try? $0.string() } ?? ""
        }
        components.secrets = used.secrets
        return components
    }

    private mutating func mismatchedTimeout(_ node: Node) -> Timeout? {
        problem(node, "expected a mapping with after, found \(node.found)")
        return nil
    }

    private mutating func readCatalog(_ name: String, _ node: Node) {
        used.catalogs.insert(name)
        guard let fields = fields(node, ["endpoint"]),
            let endpoint = required(fields, "endpoint")
        else { return }
        _ = template(endpoint, as: .endpoint, Site.workflowInput.variables)
    }

    /// The tasks of functions and extensions.
    mutating func readBodies(_ node: Node?, _ components: inout Components, _ scope: TaskScope) {
        guard let node, node.kind == .mapping else { return }
        for (name, _, node) in node["functions"]?.members ?? [] {
            function = name
            if let task = task(name, node, scope) { components.functions[name] = task }
            function = nil
        }
        for node in node["extensions"]?.elements ?? [] {
            guard let (name, _, node) = item(node, "extension"),
                let read = `extension`(name, node, scope)
            else { continue }
            components.extensions.append(read)
        }
    }

    private mutating func `extension`(
        _ name: String, _ node: Node, _ scope: TaskScope
    ) -> Components.Extension? {
        guard let fields = fields(node, ["extend", "when", "before", "after"]) else { return nil }
        var scope = scope
        scope.isExtended = false
        let extends = required(fields, "extend")
            .flatMap { choice($0, DefinitionReader.extensible) }
        let condition = expression(fields["when"], scope.variables(.definition))
        let before = fields["before"].flatMap { taskList($0, scope) }
        let after = fields["after"].flatMap { taskList($0, scope) }
        guard let extends else { return nil }
        return Components.Extension(
            name: name, extends: extends, when: condition, before: before, after: after)
    }
}
