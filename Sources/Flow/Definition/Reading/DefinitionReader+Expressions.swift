import Document
import Telemetry

/// Texts that are expressions, or may hold some.
extension DefinitionReader {
    /// What stands in `${ … }` if that is the whole text.
    static func enclosed(_ text: String) -> String? {
        let bytes = text.utf8
        guard let from = bytes.firstIndex(where: { !isBlank($0) }),
            let to = bytes.lastIndex(where: { !isBlank($0) }),
            bytes[from...].starts(with: "${".utf8), bytes[to] == UInt8(ascii: "}"),
            bytes.distance(from: from, to: to) >= 2
        else { return nil }
        return String(text[bytes.index(from, offsetBy: 2)..<to])
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }

    /// Where only an expression can stand it needs no `${ … }` around it.
    mutating func expression(_ node: Node?, _ variables: Set<String>) -> Expression? {
        guard let node, let text = text(node) else { return nil }
        return compile(DefinitionReader.enclosed(text) ?? text, node, variables)
    }

    mutating func compile(
        _ text: String, _ node: Node, _ variables: Set<String>
    ) -> Expression? {
        do throws(Fault) {
            return try Expression(text, variables: variables)
        } catch {
            let code = error.code as? FlowCode ?? .expression
            problem(node, hint(text, variables) ?? error.message, code)
            return nil
        }
    }

    /// What is said of a variable of the language that does not exist at this place.
    private func hint(_ text: String, _ variables: Set<String>) -> String? {
        guard problems.count < WorkflowLimits.problems else { return nil }
        let absent = Expression.arguments.subtracting(variables).sorted()
        for name in absent {
            guard (try? Expression(text, variables: variables.union([name]))) != nil else {
                continue
            }
            return "$\(name) is not known here; known are "
                + variables.sorted().map { "$\($0)" }.listed("and")
        }
        return nil
    }

    /// A value in which some texts are expressions.
    mutating func template(_ node: Node, _ variables: Set<String>) -> Template {
        switch node.kind {
        case .list:
            return .list(node.elements.map { template($0, variables) })
        case .mapping:
            return .members(node.members.map { ($0.key, template($0.node, variables)) })
        case .text: return textTemplate(node, variables)
        case .nothing, .bool, .number: return .value(value(node))
        }
    }

    /// A text, be it written as a number or not, that may be an expression.
    mutating func textTemplate(
        _ node: Node, _ variables: Set<String>, remarks: Bool = true
    ) -> Template {
        guard let text = try? node.string() else {
            problem(node, "expected text, found \(node.found)")
            return .value(.null)
        }
        if let inner = DefinitionReader.enclosed(text) {
            return compile(inner, node, variables).map(Template.expression) ?? .value(.null)
        }
        if isLoose, let loose = try? Expression(text, variables: variables) {
            return .loose(loose)
        }
        if remarks, text.utf8.count <= WorkflowLimits.bytes, text.contains("${") {
            remark(
                node,
                "the ${ within the text stands as it is: only a text that is ${ … } as a whole "
                    + #"is an expression; join texts within it, as in ${ "Hello \(.name)" }"#)
        }
        return .value(.string(text))
    }

    /// A mapping of values, or one expression that gives it all.
    mutating func expressionOrTemplate(
        _ node: Node?, _ variables: Set<String>
    ) -> Template? {
        guard let node else { return nil }
        guard node.kind != .mapping else { return template(node, variables) }
        guard node.kind != .list, node.kind != .nothing else {
            problem(node, "expected an expression or a mapping, found \(node.found)")
            return nil
        }
        return expression(node, variables).map(Template.expression)
    }
}

extension Template {
    /// A list; what holds no expression at all is one value.
    static func list(_ elements: [Template]) -> Template {
        let values = elements.compactMap(\.constant)
        return values.count == elements.count ? .value(.array(values)) : .array(elements)
    }

    static func members(_ members: [(key: String, value: Template)]) -> Template {
        let values = members.compactMap { member in
            member.value.constant.map { (key: member.key, value: $0) }
        }
        return values.count == members.count
            ? .value(.object(ObjectValue(values))) : .object(members)
    }

    var constant: Value? { if case .value(let value) = self { value } else { nil } }
}
