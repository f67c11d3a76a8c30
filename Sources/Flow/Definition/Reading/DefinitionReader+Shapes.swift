import Document

/// Reading a template whose shape is known.
extension DefinitionReader {
    mutating func template(
        _ node: Node, as shape: Shape, _ variables: Set<String>
    ) -> Template {
        switch shape {
        case .any: return template(node, variables)
        case .text: return textTemplate(node, variables)
        case .command: return textTemplate(node, variables, remarks: false)
        case .flag: return .value(.bool(flag(node) ?? false))
        case .choice(let known): return .value(.string(choice(node, known) ?? ""))
        case .list(let inner):
            return .list(elements(node).map { template($0, as: inner, variables) })
        case .map(let inner):
            return .members(members(node).map { ($0.key, template($0.node, as: inner, variables)) })
        case .arguments(let inner): return arguments(node, inner, variables)
        case .duration:
            _ = duration(node, variables, isPositive: true)
            return template(node, variables)
        case .object(let fields, let group): return object(node, fields, group, variables)
        case .open(let fields): return open(node, fields, variables)
        case .endpoint: return endpoint(node, variables)
        case .resource:
            let fields: [Shape.Field] = [
                .optional("name", .text), .required("endpoint", .endpoint),
            ]
            return object(node, fields, [], variables)
        case .authentication: return authentication(node, variables)
        case .policy: return policy(node, variables)
        }
    }

    private mutating func arguments(
        _ node: Node, _ inner: Shape, _ variables: Set<String>
    ) -> Template {
        guard node.kind == .text else { return template(node, as: .map(inner), variables) }
        guard (try? node.string()).flatMap(DefinitionReader.enclosed) != nil || isLoose else {
            problem(
                node, "expected a mapping, or an expression as ${ … }, found \(node.found)")
            return .value(.null)
        }
        return textTemplate(node, variables)
    }

    private mutating func object(
        _ node: Node, _ known: [Shape.Field], _ group: [String], _ variables: Set<String>
    ) -> Template {
        guard let fields = fields(node, known.map(\.key)) else { return .value(.null) }
        for field in known where field.isRequired { _ = required(fields, field.key) }
        if !group.isEmpty, group.count(where: { fields[$0] != nil }) != 1 {
            problem(node, "expected one of \(group.listed("and"))")
        }
        return open(node, known, variables)
    }

    private mutating func open(
        _ node: Node, _ known: [Shape.Field], _ variables: Set<String>
    ) -> Template {
        .members(
            members(node).map { key, _, member in
                let shape = known.first { $0.key == key }?.shape ?? .any
                return (key, template(member, as: shape, variables))
            })
    }
}

/// Where something is, and how one gets in.
extension DefinitionReader {
    private mutating func endpoint(_ node: Node, _ variables: Set<String>) -> Template {
        guard node.kind == .mapping else { return uri(node, variables) }
        guard let fields = fields(node, ["uri", "authentication"]),
            let place = required(fields, "uri")
        else { return .value(.null) }
        var members = [(key: "uri", value: uri(place, variables))]
        if let node = fields["authentication"] {
            members.append(("authentication", authentication(node, variables)))
        }
        return .members(members)
    }

    private mutating func uri(_ node: Node, _ variables: Set<String>) -> Template {
        guard let text = text(node) else { return .value(.null) }
        if DefinitionReader.enclosed(text) != nil { return textTemplate(node, variables) }
        if isLoose, let loose = try? Expression(text, variables: variables) {
            return .loose(loose)
        }
        do throws(UriTemplate.Mistake) {
            let template = try UriTemplate(text)
            return template.isFixed ? .value(.string(text)) : .uri(template)
        } catch {
            problem(node, error.message)
            return .value(.null)
        }
    }

    private mutating func authentication(_ node: Node, _ variables: Set<String>) -> Template {
        guard node.kind == .mapping, let use = node["use"] else {
            return policy(node, variables, isUse: true)
        }
        guard fields(node, ["use"]) != nil, let name = text(use) else { return .value(.null) }
        let what = "the authentication policy \(Excerpt.quoted(name))"
        return lookUp(name, in: used.authentications, what, use).flatMap(\.self) ?? .value(.null)
    }

    private mutating func policy(
        _ node: Node, _ variables: Set<String>, isUse: Bool = false
    ) -> Template {
        let known = Shape.schemes
        guard node.kind == .mapping else {
            let offer = isUse ? ", or use with the name of one under use.authentications" : ""
            problem(
                node, "expected a mapping with \(known.listed("or"))\(offer), found \(node.found)")
            return .value(.null)
        }
        guard let fields = fields(node, known), fields.members.count == 1,
            let (name, _, member) = fields.members.first, known.contains(name)
        else {
            if node.members.count != 1 { problem(node, "expected one of \(known.listed("and"))") }
            return .value(.null)
        }
        return .members([(name, scheme(name, member, variables))])
    }

    /// A scheme with what it needs, or with the name of the secret that holds it.
    private mutating func scheme(
        _ name: String, _ node: Node, _ variables: Set<String>
    ) -> Template {
        guard node.kind == .mapping, let use = node["use"] else {
            return template(node, as: Shape.scheme(name), variables)
        }
        guard fields(node, ["use"]) != nil, let secret = text(use) else { return .value(.null) }
        if !used.secrets.contains(secret) {
            problem(
                use,
                "the secret \(Excerpt.quoted(secret)) is not listed under use.secrets"
                    + question(for: secret, in: used.secrets))
        }
        return .value(["use": .string(secret)])
    }
}
