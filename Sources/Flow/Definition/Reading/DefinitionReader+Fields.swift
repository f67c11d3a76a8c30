import Document
import Telemetry

/// Reading what stands at a place as what is expected there. Each answers nothing where it has told
/// a problem.
extension DefinitionReader {
    /// A mapping of which only these keys are known; all others are told with what they may mean.
    mutating func fields(_ node: Node, _ known: [String]) -> Node? {
        guard node.kind == .mapping else {
            problem(node, "expected a mapping with \(known.listed("or")), found \(node.found)")
            return nil
        }
        for (key, position, member) in node.members where !known.contains(key) {
            let offer = question(for: key, in: known)
            let all = known.isEmpty ? "; none is known here" : "; known are \(known.listed("and"))"
            problem(
                member, "unknown key \(Excerpt.quoted(key))\(offer.isEmpty ? all : offer)",
                at: position)
        }
        return node
    }

    /// The members of a mapping whose keys are names of the user's choice.
    mutating func members(
        _ node: Node?
    ) -> [(key: String, position: TextPosition, node: Node)] {
        guard let node else { return [] }
        guard node.kind == .mapping else {
            problem(node, "expected a mapping, found \(node.found)")
            return []
        }
        return node.members
    }

    mutating func elements(_ node: Node?) -> [Node] {
        guard let node else { return [] }
        guard node.kind == .list else {
            problem(node, "expected a list, found \(node.found)")
            return []
        }
        return node.elements
    }

    /// The one member of an item of a list: its name and what it stands for.
    mutating func item(
        _ node: Node, _ what: String
    ) -> (key: String, position: TextPosition, node: Node)? {
        let members = node.members
        guard let first = members.first, members.count == 1 else {
            guard let second = members.dropFirst().first else {
                problem(node, "expected the name of a \(what) with what it is, found \(node.found)")
                return nil
            }
            problem(
                second.node,
                "each item of the list holds one \(what); begin another item with "
                    + "\"- \(Excerpt.quoted(second.key).dropFirst().dropLast()):\"",
                at: second.position)
            return nil
        }
        return first
    }

    mutating func required(_ node: Node, _ key: String) -> Node? {
        if let member = node[key] { return member }
        problem(node, "the key \"\(key)\" is missing")
        return nil
    }

    /// Text as it was written: `no`, `1.10` and `1:30` come as they stand.
    mutating func text(_ node: Node?, mayBeEmpty: Bool = false) -> String? {
        guard let node else { return nil }
        do throws(Fault) {
            let text = try node.string()
            if mayBeEmpty || !text.isEmpty { return text }
            problem(node, "expected text, found an empty one")
        } catch {
            problem(node, "expected text, found \(node.found)")
        }
        return nil
    }

    mutating func flag(_ node: Node?) -> Bool? {
        guard let node else { return nil }
        if let flag = try? node.bool() { return flag }
        problem(node, "expected true or false, found \(node.found)")
        return nil
    }

    mutating func integer(_ node: Node?, _ range: ClosedRange<Int>) -> Int? {
        guard let node else { return nil }
        if let integer: Int = try? node.integer(in: range) { return integer }
        problem(
            node,
            range.upperBound == .max
                ? "expected an integer of \(range.lowerBound) or more, found \(node.found)"
                : "expected an integer from \(range.lowerBound) to \(range.upperBound), found "
                    + node.found)
        return nil
    }

    mutating func choice(_ node: Node?, _ known: [String]) -> String? {
        guard let node, let text = text(node) else { return nil }
        if known.contains(text) { return text }
        problem(
            node,
            "expected \(known.listed("or")), found \(Excerpt.quoted(text))"
                + question(for: text, in: known))
        return nil
    }

    /// What stands here as a value; a number that none holds is told where it stands.
    mutating func value(_ node: Node) -> Value {
        do throws(Fault) {
            guard node.isScalar else { return node.value(of: { value($0) }) }
            return try node.value()
        } catch {
            problem(
                node, "no number holds \(node.found) exactly; quote it if it is text")
            return .null
        }
    }
}

extension Node {
    var isScalar: Bool { kind != .list && kind != .mapping }

    /// What stands here for those who look at the file through an expression: what no number holds
    /// is the text that it was written as.
    var source: Value {
        guard isScalar else { return value(of: \.source) }
        return (try? value()) ?? (try? string()).map(Value.string) ?? .null
    }

    /// A list or a mapping of what each of its parts is.
    func value(of part: (Node) -> Value) -> Value {
        kind == .list
            ? .array(elements.map(part))
            : .object(ObjectValue(members.map { ($0.key, part($0.node)) }))
    }

    /// What a message says of what stands here.
    var found: String {
        switch kind {
        case .nothing: "nothing"
        case .list: "a list"
        case .mapping: "a mapping"
        case .bool, .number, .text: Excerpt.quoted((try? string()) ?? "")
        }
    }
}

extension [String] {
    /// `a, b or c`.
    func listed(_ last: String) -> String {
        guard count > 1, let end = self.last else { return first ?? "" }
        return "\(dropLast().joined(separator: ", ")) \(last) \(end)"
    }
}
