import Conformance
import Document

/// What has to be known of a workflow's text before anybody runs it: its address, and which
/// versions it asks for.
struct Definition {
    private let value: Value

    init(_ text: String) {
        value = (try? YAML.parse(text).value()) ?? .null
    }

    /// Whom a request for exactly this workflow is sent to.
    var receiver: String {
        let about = value["document"] ?? .null
        func part(_ key: String) -> String { about[key]?.string ?? "unknown" }
        return "workflow/\(part("namespace"))/\(part("name")):\(part("version"))"
    }

    /// The version in which the workflow asks for an agent, where it asks for one.
    func version(of agent: String) -> String? {
        var found: String?
        visit(value) { value in
            if let text = value.string, text.hasPrefix("\(agent):") {
                let rest = text.dropFirst(agent.count + 1).prefix { $0 != "@" }
                found = String(rest.drop { $0 == "=" })
            }
            let name = value["name"]?.string ?? ""
            if name == agent || name.hasPrefix("${"), let version = value["version"]?.string,
                value["input"] != nil
            {
                found = version
            }
        }
        return found
    }

    /// The version in which it runs another workflow.
    func version(ofWorkflow name: String) -> String {
        var found = "1.0.0"
        visit(value) { value in
            guard let wanted = value["workflow"], let version = wanted["version"]?.string else {
                return
            }
            let its = "\(wanted["namespace"]?.string ?? "")/\(wanted["name"]?.string ?? "")"
            if its == name { found = version }
        }
        return found == "latest" ? "1.0.0" : found
    }

    /// The agents that are called by a bare name, and the protocols that are.
    var called: Set<String> {
        var names: Set<String> = []
        visit(value) { value in
            if let name = value["call"]?.string { names.insert(String(name.prefix { $0 != ":" })) }
        }
        return names
    }

    /// The workflows it runs, each as `namespace/name`.
    var subordinates: Set<String> {
        var names: Set<String> = []
        visit(value) { value in
            guard let wanted = value["run"]?["workflow"], let name = wanted["name"]?.string else {
                return
            }
            names.insert("\(wanted["namespace"]?.string ?? "")/\(name)")
        }
        return names
    }

    /// The names of tasks of these kinds.
    func tasks(with keys: [String]) -> Set<String> {
        var names: Set<String> = []
        visit(value) { value in
            for (name, task) in value.object ?? [:] where keys.contains(where: { task[$0] != nil })
            {
                names.insert(name)
            }
        }
        return names
    }

    var secrets: [String] {
        (value["use"]?["secrets"]?.array ?? []).compactMap(\.string)
    }

    private func visit(_ value: Value, _ body: (Value) -> Void) {
        body(value)
        for member in value.array ?? [] { visit(member, body) }
        for (_, member) in value.object ?? [:] { visit(member, body) }
    }
}
