import Document

/// `call`: what is called, and with what.
extension DefinitionReader {
    mutating func call(_ node: Node, _ with: Node?, _ scope: TaskScope) -> Call? {
        guard let name = text(node) else { return nil }
        let variables = scope.variables(.definition)
        if let call = Call.ProtocolCall(rawValue: name) {
            guard let with else {
                problem(node, "call: \(name) needs a \"with\"")
                return nil
            }
            return .protocol(call, protocolArguments(call, with, variables))
        }
        if let message = DefinitionReader.refused[name] {
            problem(node, message, .configuration)
            return nil
        }
        let arguments = with.map { template($0, as: .map(.any), variables) }
        return callee(name, node).map { $0(arguments ?? .value([:])) }
    }

    private static let refused = [
        "grpc": "call: grpc is not supported; call the service over http or openapi, or start an "
            + "agent that speaks to it",
        "asyncapi": "call: asyncapi is not supported; use emit and listen, or start an agent that "
            + "speaks to the broker",
    ]

    private mutating func protocolArguments(
        _ call: Call.ProtocolCall, _ with: Node, _ variables: Set<String>
    ) -> Template {
        if call == .a2a, with.kind == .mapping, with["agentCard"] == nil, with["server"] == nil {
            problem(with, "an a2a call needs a server or an agentCard")
        }
        return template(with, as: .arguments(of: call), variables)
    }

    private mutating func callee(
        _ name: String, _ node: Node
    ) -> ((Template) -> Call)? {
        if used.functions.contains(name) {
            if let function {
                functionCalls[function, default: []].append(FunctionCall(callee: name, node: node))
            }
            return { .function(name, $0) }
        }
        if name.contains("://") {
            problem(
                node,
                "a function is not fetched from a URI; write it into the file under "
                    + "use.functions, or call an agent by its name", .configuration)
            return nil
        }
        if name.contains("@") { return cataloged(name, node) }
        if Call.builtins.contains(name) { return { .builtin(name, $0) } }
        guard AgentReference.isName(name) else {
            unknownCallee(name, node)
            return nil
        }
        let functions = used.functions.count <= 32 ? used.functions.sorted() : []
        let near = question(for: name, in: Call.known + functions)
        if !near.isEmpty { remark(node, "\(name) is taken for an agent\(near)") }
        let reference = AgentReference(name: name, version: nil, isPinned: false)
        return { .agent(reference, $0) }
    }

    private mutating func unknownCallee(_ name: String, _ node: Node) {
        if DefinitionReader.enclosed(name) != nil {
            problem(
                node,
                "whom a task calls stands in the file; where data decides, write call: agent "
                    + "and name the agent in \"with\"")
            return
        }
        let bare = name.split(separator: ":", omittingEmptySubsequences: false)
        if bare.count == 2, AgentReference.isName(String(bare[0])) {
            problem(node, "a version is followed by its catalog; write \(name)@default")
            return
        }
        problem(
            node,
            "\(Excerpt.quoted(name)) is neither a function under use.functions nor a name "
                + "that an agent can have (a-z, 0-9, '.', '_' and '-')"
                + question(for: name, in: Call.known + used.functions.sorted()))
    }

    /// `name:version@catalog`; the default catalog is the registry of agents.
    private mutating func cataloged(
        _ text: String, _ node: Node
    ) -> ((Template) -> Call)? {
        let halves = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        let parts = (halves.first ?? "").split(separator: ":", omittingEmptySubsequences: false)
            .map(String.init)
        guard halves.count == 2, parts.count == 2 else {
            problem(
                node,
                "\(Excerpt.quoted(text)) is no function of a catalog; write one like "
                    + "cost:1.0.0@default")
            return nil
        }
        guard isDefault(catalog: halves[1], node) else { return nil }
        let isPinned = parts[1].hasPrefix("=")
        let version = isPinned ? String(parts[1].dropFirst()) : parts[1]
        guard AgentReference.isName(parts[0]), let number = SemanticVersion(version) else {
            problem(
                node,
                AgentReference.isName(parts[0])
                    ? "\(Excerpt.quoted(version)) is no semantic version; write one like 1.0.0, or "
                        + "=1.0.0 for that one and no other"
                    : "\(Excerpt.quoted(parts[0])) is no name of an agent: 1 to 64 characters of "
                        + "a-z, 0-9, '.', '_' and '-'")
            return nil
        }
        let name = parts[0]
        guard Call.builtins.contains(name) else {
            let reference = AgentReference(name: name, version: version, isPinned: isPinned)
            return { .agent(reference, $0) }
        }
        guard number == SemanticVersion("1.0.0") else {
            problem(node, "\(name) is built in, in version 1.0.0", .configuration)
            return nil
        }
        return { .builtin(name, $0) }
    }

    private mutating func isDefault(catalog: String, _ node: Node) -> Bool {
        if used.catalogs.contains(catalog) {
            problem(
                node,
                "functions are not fetched from the catalog \(Excerpt.quoted(catalog)); "
                    + "write them into the file under use.functions, or call agents: "
                    + "NAME:VERSION@default", .configuration)
            return false
        }
        if catalog == "default" { return true }
        let known = ["default"] + used.catalogs.sorted()
        problem(
            node,
            "the catalog \(Excerpt.quoted(catalog)) is not defined"
                + question(for: catalog, in: known))
        return false
    }
}

extension Call {
    /// The functions of the default catalog that are built in, in version 1.0.0 each.
    package static let builtins: Set<String> = [
        "agent", "fan-out", "route", "classify", "synthesize", "memory-load", "memory-save",
        "keyword-match", "cached-agent", "ask-human", "policy",
    ]

    /// What a misspelt name may have meant.
    static let known =
        ["http", "openapi", "a2a", "mcp", "grpc", "asyncapi"] + builtins.sorted()
}

extension AgentReference {
    /// The names that agents have on the bus.
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte.isDigit
                    || "._-".utf8.contains(byte)
            }
    }
}
