package import Document

/// A workflow as nodes and edges, to be drawn and to be looked at: where it begins, what follows
/// what and why, and where it ends. The same workflow always gives the same graph.
package struct Graph: Sendable, Hashable {
    /// `namespace/name version`.
    package var title: String
    /// START first and END last, the tasks between in the order of their file.
    package var nodes: [Node]
    package var edges: [Edge]

    package struct Node: Sendable, Hashable {
        /// The JSON pointer to a task; `START` and `END` for where it begins and ends.
        package var id: String
        package var name: String
        package var kind: Kind
        /// What it does, in a few words.
        package var summary: String
        /// The task it lies in; nothing at the top.
        package var parent: String?
        /// How many tasks it lies in.
        package var level: Int
    }

    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case start, end
        case call, `do`, emit, `for`, fork, listen, raise, run, set, `switch`, `try`, wait
        /// Where the branches of a fork come together.
        case join
        /// What is done about an error of a try.
        case `catch`
    }

    package struct Edge: Sendable, Hashable {
        package var from: String
        package var to: String
        /// The case of a switch, or why else it is taken; nothing where it is the only way.
        package var label: String?
        package var kind: EdgeKind
    }

    package enum EdgeKind: String, Sendable, Hashable {
        case normal
        /// Taken when an error was raised.
        case error
        /// Back to what is done once more: the next round of a loop, another attempt.
        case again
    }

    package static let start = "START"
    package static let end = "END"

    package init(_ workflow: Workflow) {
        var builder = GraphBuilder()
        builder.build(workflow)
        let about = workflow.document
        title = "\(about.namespace)/\(about.name) \(about.version)"
        nodes = builder.nodes
        edges = builder.edges
    }

    /// The graph as a value, for programs.
    package var value: Value {
        [
            "workflow": .string(title),
            "nodes": .array(
                nodes.map { node in
                    [
                        "id": .string(node.id), "name": .string(node.name),
                        "kind": .string(node.kind.rawValue), "summary": .string(node.summary),
                        "parent": node.parent.map(Value.string) ?? .null,
                    ]
                }),
            "edges": .array(
                edges.map { edge in
                    [
                        "from": .string(edge.from), "to": .string(edge.to),
                        "label": edge.label.map(Value.string) ?? .null,
                        "kind": .string(edge.kind.rawValue),
                    ]
                }),
        ]
    }
}
