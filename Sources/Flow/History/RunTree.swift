/// A run as a tree: each task of the file in its order, what ran in it below, and all rounds of a
/// loop as one.
package struct RunTree: Sendable {
    package struct Node: Sendable {
        package let name: String
        package let reference: String
        package let kind: Graph.Kind
        package let summary: String
        /// Its executions, by their places in the history; none: it was not reached.
        package var turns: [Int] = []
        package var children: [Node] = []
    }

    package private(set) var nodes: [Node] = []

    package init(_ history: RunHistory) {
        var turns: [String: [Int]] = [:]
        var order: [String] = []
        for (number, turn) in history.turns.enumerated() {
            let place = turn.key.place(of: turn.reference)
            if turns[place] == nil { order.append(place) }
            turns[place, default: []].append(number)
        }
        var tree = Builder(outline: history.outline, turns: turns)
        for task in history.outline.tasks where task.isInFlow {
            tree.add(task, at: task.reference, in: task.parent)
        }
        for place in order where !tree.has(place) {
            guard let first = turns[place]?.first else { continue }
            tree.add(called: history.turns[first].reference, at: place)
        }
        nodes = tree.nodes(of: nil)
    }
}

/// Nodes by their places, and which stands below which.
private struct Builder {
    let outline: Outline
    let turns: [String: [Int]]
    private var nodes: [String: RunTree.Node] = [:]
    private var children: [String?: [String]] = [:]

    init(outline: Outline, turns: [String: [Int]]) {
        self.outline = outline
        self.turns = turns
    }

    func has(_ place: String) -> Bool { nodes[place] != nil }

    mutating func add(_ task: Outline.Task, at place: String, in parent: String?) {
        nodes[place] = RunTree.Node(
            name: task.name, reference: task.reference, kind: task.kind, summary: task.summary,
            turns: turns[place] ?? [])
        children[parent, default: []].append(place)
    }

    /// A task of a function or an extension stands below the task that was there before: the one it
    /// lies in, or the one that called for it.
    mutating func add(called reference: String, at place: String) {
        guard let task = outline[reference] else { return }
        let callers = String(place.dropLast(reference.count))
        let caller = callers.hasSuffix(">") ? String(callers.dropLast()) : nil
        add(task, at: place, in: task.parent.map { callers + $0 } ?? caller)
    }

    func nodes(of parent: String?) -> [RunTree.Node] {
        (children[parent] ?? []).compactMap { place in
            var node = nodes[place]
            node?.children = nodes(of: place)
            return node
        }
    }
}
