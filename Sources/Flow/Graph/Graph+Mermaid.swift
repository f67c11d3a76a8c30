/// The graph as a Mermaid flowchart, for a page or a pull request.
extension Graph {
    /// Words that mean something to Mermaid where a node is named.
    private static let reserved: Set<String> = [
        "end", "graph", "subgraph", "flowchart", "style", "class", "classdef", "click", "default",
        "linkstyle", "direction", "call", "href", "interpolate",
    ]

    package var mermaid: String { mermaidLines.joined(separator: "\n") + "\n" }

    package var mermaidLines: [String] {
        let ids = mermaidIDs
        let parents = Set(nodes.compactMap(\.parent))
        var lines = ["---", "title: \"\(Graph.escaped(title))\"", "---", "flowchart TD"]
        // Those that are open, the innermost last.
        var open: [String] = []
        for node in nodes {
            // In the order of the file the last one open is the parent, or has ended.
            while let last = open.last, last != node.parent {
                open.removeLast()
                lines.append(Graph.indent(open.count + 1) + "end")
            }
            if parents.contains(node.id) {
                let id = ids[node.id] ?? ""
                lines.append(
                    Graph.indent(open.count + 1)
                        + "subgraph in_\(id)[\"\(Graph.escaped(node.name))\"]")
                open.append(node.id)
            }
            lines.append(Graph.indent(open.count + 1) + Graph.drawn(node, ids[node.id] ?? ""))
        }
        for edge in edges {
            let arrow = edge.kind == .normal ? "-->" : "-.->"
            let label = edge.label.map { "|\"\(Graph.escaped($0))\"|" } ?? ""
            lines.append("    \(ids[edge.from] ?? "") \(arrow)\(label) \(ids[edge.to] ?? "")")
        }
        return lines
    }

    private static func indent(_ level: Int) -> String { String(repeating: "    ", count: level) }

    private static func drawn(_ node: Node, _ id: String) -> String {
        let isPlain = node.summary.isEmpty || node.summary == node.kind.rawValue
        let text =
            isPlain
            ? escaped(node.name) : "\(escaped(node.name))<br/>\(escaped(node.summary))"
        switch node.kind {
        case .start, .end: return "\(id)([\"\(text)\"])"
        case .switch: return "\(id){\"\(text)\"}"
        case .for, .fork, .join: return "\(id){{\"\(text)\"}}"
        case .raise, .catch: return "\(id)>\"\(text)\"]"
        default: return "\(id)[\"\(text)\"]"
        }
    }

    /// A name for each node that Mermaid reads as one: letters, digits and `_`, none twice, as
    /// close to the node's own name as that goes.
    private var mermaidIDs: [String: String] {
        var ids: [String: String] = [:]
        var taken: Set<String> = []
        for node in nodes {
            var name = String(
                String.UnicodeScalarView(
                    node.name.unicodeScalars.map { scalar in
                        scalar.isASCII && UInt8(scalar.value).isAlphanumeric ? scalar : "_"
                    }))
            let isOwn = node.kind != .start && node.kind != .end
            if name.isEmpty || isOwn && Graph.reserved.contains(name.lowercased()) { name += "_" }
            var candidate = name
            var count = 1
            while !taken.insert(candidate).inserted {
                count += 1
                candidate = "\(name)_\(count)"
            }
            ids[node.id] = candidate
        }
        return ids
    }

    /// A text between quotes. What Mermaid or a browser would read as its own becomes an entity.
    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "\"", "#", "<", ">", "&", "`", "\\", "{", "}", "|", ";":
                escaped += "#\(scalar.value);"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }
}
