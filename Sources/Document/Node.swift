package import Telemetry

/// One place of a file that was read: what stands there, its line and column, and the keys that
/// lead to it.
///
/// A plain scalar has no type before it is asked for one: `1.10` and `no` are text where text is
/// wanted, and the core schema of YAML 1.2 decides where a bool or a number is.
package struct Node: Sendable {
    let tree: NodeTree
    let source: String?
    let keys: NodePath

    init(_ tree: NodeTree, source: String?, keys: NodePath = .root) {
        self.tree = tree
        self.source = source
        self.keys = keys
    }

    package var position: TextPosition { tree.position }

    /// The keys from the top: `agents[2].capacity`, empty at the top.
    package var path: String { keys.description }

    /// Whether nothing stands here, or a plain `null` or `~`.
    package var isNull: Bool {
        if case .scalar(let scalar) = tree.content { scalar.isNull } else { false }
    }

    /// The member of a mapping, nil for what has none.
    package subscript(key: String) -> Node? {
        guard case .mapping(let entries) = tree.content,
            let entry = entries.first(where: { ExactText.same($0.key, key) })
        else { return nil }
        return child(entry.tree, .member(keys, key))
    }

    func child(_ tree: NodeTree, _ keys: NodePath) -> Node {
        Node(tree, source: source, keys: keys)
    }

    /// A fault about this place, for rules that only the reader knows.
    package func fault(
        _ code: any FaultCode, _ message: String, at position: TextPosition? = nil
    ) -> Fault {
        fault(code, message, at: position ?? self.position, keys: keys)
    }

    func fault(
        _ code: any FaultCode, _ message: String, at position: TextPosition, keys: NodePath
    ) -> Fault {
        let place = position.named(source)
        let path = keys.description
        return Fault(code, path.isEmpty ? message : "\(path): \(message)", at: place)
    }
}

/// What was read, shared by every alias of it.
struct NodeTree: Sendable {
    enum Content: Sendable {
        case scalar(Scalar)
        case sequence([NodeTree])
        case mapping([Entry])
    }

    struct Entry: Sendable {
        let key: String
        let position: TextPosition
        let tree: NodeTree
    }

    let content: Content
    let position: TextPosition
    /// How many nodes this is when every alias within it is written out.
    let count: Int
    /// How many levels lie below, likewise.
    let height: Int

    /// What an empty file holds.
    static let nothing = NodeTree(
        content: .scalar(Scalar(text: "", plain: true)),
        position: TextPosition(line: 1, column: 1), count: 1, height: 0)
}

/// The keys and positions that lead to a node.
typealias NodePath = CodingPath
