/// The graph as text for a terminal: each task on a line, tasks within tasks below them, and an
/// arrow wherever it does not go on with the next line.
extension Graph {
    package var text: String { textLines.joined(separator: "\n") + "\n" }

    package var textLines: [String] {
        let names = shortNames
        let parents = Dictionary(
            nodes.map { ($0.id, $0.parent) }, uniquingKeysWith: { first, _ in first })
        let width = nodes.map { 2 * $0.level + $0.name.count }.max() ?? 0
        var lines = [title, ""]
        for (position, node) in nodes.enumerated() {
            let next = position + 1 < nodes.count ? nodes[position + 1].id : nil
            let indent = String(repeating: "  ", count: node.level)
            let edges = edges.filter { $0.from == node.id }
            // What lies in a task stands below it, and the next line comes next.
            let shown = edges.filter { edge in
                parents[edge.to] != node.id && (edge.to != next || edge.label != nil)
            }
            var line = indent + node.name
            let inline = shown.count == 1 && shown[0].label == nil ? shown : []
            let arrow = inline.map { "-> \(names[$0.to] ?? $0.to)" }.joined()
            if !node.summary.isEmpty || !arrow.isEmpty {
                line += String(repeating: " ", count: max(0, width - line.count))
                line += "  " + [node.summary, arrow].filter { !$0.isEmpty }.joined(separator: "  ")
            }
            lines.append(line)
            for edge in shown where inline.isEmpty {
                let label = edge.label.map { "\($0) " } ?? ""
                lines.append("\(indent)    \(label)-> \(names[edge.to] ?? edge.to)")
            }
        }
        return lines
    }

    /// What each node is called where an arrow names it: by its name alone where that is its own.
    private var shortNames: [String: String] {
        var counts: [String: Int] = [:]
        for node in nodes { counts[node.name, default: 0] += 1 }
        return Dictionary(
            nodes.map { ($0.id, counts[$0.name] == 1 ? $0.name : $0.id) },
            uniquingKeysWith: { first, _ in first })
    }
}
