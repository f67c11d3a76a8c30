/// Looking at a node without asking it for a type: for readers that tell all that is wrong at once
/// instead of stopping at the first fault.
extension Node {
    package enum Kind: Sendable, Hashable {
        case nothing, bool, number, text, list, mapping
    }

    /// What the core schema makes of it; a plain `12` is a number also where text will do.
    package var kind: Kind {
        switch tree.content {
        case .sequence: return .list
        case .mapping: return .mapping
        case .scalar(let scalar):
            if scalar.isNull { return .nothing }
            if scalar.bool != nil { return .bool }
            if case .none = scalar.number { return .text }
            return .number
        }
    }

    /// The JSON pointer (RFC 6901) that leads here; empty at the top.
    package var pointer: String { keys.pointer }

    /// The members of a mapping with the places of their keys; none of anything else.
    package var members: [(key: String, position: TextPosition, node: Node)] {
        guard case .mapping(let entries) = tree.content else { return [] }
        return entries.map { ($0.key, $0.position, child($0.tree, .member(keys, $0.key))) }
    }

    /// The elements of a list; none of anything else.
    package var elements: [Node] {
        guard case .sequence(let trees) = tree.content else { return [] }
        return trees.indices.map { child(trees[$0], .element(keys, $0)) }
    }
}

extension CodingPath {
    var pointer: String {
        switch self {
        case .root: ""
        case .member(let path, let name): "\(path.pointer)/\(CodingPath.escaped(name))"
        case .element(let path, let position): "\(path.pointer)/\(position)"
        }
    }

    private static func escaped(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") })
        else { return name }
        return name.reduce(into: "") { text, letter in
            switch letter {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.append(letter)
            }
        }
    }
}
