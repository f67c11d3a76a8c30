/// Walks the tasks of a workflow and notes nodes and edges. Lists within tasks lead on to what
/// follows the task they lie in.
struct GraphBuilder {
    private(set) var nodes: [Graph.Node] = []
    private(set) var edges: [Graph.Edge] = []

    /// The list that is walked: what it lies in, and where its end leads.
    private struct Place {
        var parent: String?
        var level: Int
        var exit: String
        /// Whether its end leads back to what is done once more.
        var isRound = false
    }

    mutating func build(_ workflow: Workflow) {
        let schedule = workflow.schedule.map(Summary.of) ?? ""
        node(Graph.start, "START", .start, schedule, Place(parent: nil, level: 0, exit: ""))
        let place = Place(parent: nil, level: 0, exit: Graph.end)
        edge(Graph.start, workflow.tasks.entry ?? Graph.end)
        walk(workflow.tasks, place)
        node(Graph.end, "END", .end, "", place)
    }

    private mutating func walk(_ list: TaskList, _ place: Place) {
        for position in list.tasks.indices {
            let task = list.tasks[position]
            node(task.reference, task.name, task.kind, Summary.of(task), place)
            visit(task, ways(of: list, position, place), place)
        }
    }

    /// The edge a way will be, from a task still to be told.
    private func ways(
        of list: TaskList, _ position: Int, _ place: Place
    ) -> [(reason: TaskList.Reason, edge: Graph.Edge)] {
        list.ways(from: position).map { way in
            var edge = Graph.Edge(
                from: list.tasks[position].reference, to: place.exit,
                label: way.reason.label, kind: way.reason == .caught ? .error : .normal)
            switch way.target {
            case .task(let target): edge.to = list.tasks[target].reference
            case .end: edge.to = Graph.end
            case .exit:
                if place.isRound { (edge.label, edge.kind) = (edge.label ?? "next", .again) }
            }
            return (way.reason, edge)
        }
    }

    private mutating func visit(
        _ task: FlowTask, _ ways: [(reason: TaskList.Reason, edge: Graph.Edge)], _ place: Place
    ) {
        let onward = ways.first { $0.reason == .done }?.edge
        let others = ways.filter { $0.reason != .done && $0.reason != .caught }.map(\.edge)
        switch (task.action, onward) {
        case (.do(let list), let onward?) where !list.tasks.isEmpty:
            within(task.reference, list, place, onward)
        case (.for(let loop), let onward?):
            round(task.reference, loop.tasks, "each", place, onward)
        case (.listen(let listen), let onward?):
            round(task.reference, listen.each?.tasks, "each", place, onward)
        case (.fork(let fork), let onward?): branches(task, fork, place, onward)
        case (.try(let attempt), let onward?):
            let caught = ways.first { $0.reason == .caught }?.edge
            within(task.reference, attempt.tasks, place, onward)
            rescue(task, attempt.rule, place, caught ?? onward)
        case (_, let onward?): edges.append(onward)
        case (_, nil): break
        }
        for edge in others {
            // Skipped or not, it goes on with the same.
            let isSame = edge.label == TaskList.Reason.skipped.label && onward?.to == edge.to
            if !isSame { edges.append(edge) }
        }
    }

    /// Tasks in sequence, whose end leads on.
    private mutating func within(
        _ id: String, _ list: TaskList, _ place: Place, _ onward: Graph.Edge
    ) {
        guard let entry = list.entry else {
            edges.append(Graph.Edge(from: id, to: onward.to, label: nil, kind: onward.kind))
            return
        }
        edge(id, entry)
        walk(
            list,
            Place(
                parent: id, level: place.level + 1, exit: onward.to,
                isRound: onward.kind == .again))
    }

    /// Tasks whose end leads back to the task they lie in.
    private mutating func round(
        _ id: String, _ list: TaskList?, _ label: String, _ place: Place, _ onward: Graph.Edge
    ) {
        if let list, let entry = list.entry {
            edge(id, entry, label)
            walk(list, Place(parent: id, level: place.level + 1, exit: id, isRound: true))
            edges.append(
                Graph.Edge(
                    from: id, to: onward.to, label: onward.label ?? "done", kind: onward.kind))
        } else {
            edges.append(onward)
        }
    }

    private mutating func branches(
        _ task: FlowTask, _ fork: Fork, _ place: Place, _ onward: Graph.Edge
    ) {
        let join = "\(task.reference)/fork/join"
        let inner = Place(parent: task.reference, level: place.level + 1, exit: join)
        for branch in fork.branches.tasks {
            edge(task.reference, branch.reference)
            walk(TaskList([branch]), inner)
        }
        if fork.branches.tasks.isEmpty { edge(task.reference, join) }
        node(join, "\(task.name) join", .join, fork.competes ? "the first" : "all", inner)
        edges.append(Graph.Edge(from: join, to: onward.to, label: onward.label, kind: onward.kind))
    }

    private mutating func rescue(
        _ task: FlowTask, _ rule: CatchRule, _ place: Place, _ onward: Graph.Edge
    ) {
        let id = "\(task.reference)/catch"
        let inner = Place(parent: task.reference, level: place.level + 1, exit: onward.to)
        node(id, "\(task.name) catch", .catch, Summary.of(rule), inner)
        edges.append(Graph.Edge(from: task.reference, to: id, label: "error", kind: .error))
        if rule.retry != nil {
            edges.append(Graph.Edge(from: id, to: task.reference, label: "retry", kind: .again))
        }
        let resumed = onward.kind == .again ? Graph.EdgeKind.again : .normal
        within(
            id, rule.tasks ?? TaskList([]), inner,
            Graph.Edge(from: id, to: onward.to, label: nil, kind: resumed))
    }
}

/// Adding to the graph.
extension GraphBuilder {
    private mutating func node(
        _ id: String, _ name: String, _ kind: Graph.Kind, _ summary: String, _ place: Place
    ) {
        nodes.append(
            Graph.Node(
                id: id, name: Summary.plain(name), kind: kind, summary: Summary.plain(summary),
                parent: place.parent, level: place.level))
    }

    private mutating func edge(_ from: String, _ to: String, _ label: String? = nil) {
        edges.append(Graph.Edge(from: from, to: to, label: label, kind: .normal))
    }
}

extension TaskList {
    /// The reference of the task that it begins with.
    fileprivate var entry: String? { tasks.first?.reference }
}

extension TaskList.Reason {
    fileprivate var label: String? {
        switch self {
        case .done, .caught: nil
        case .skipped: "if not"
        case .chosen(let name): Summary.plain(name)
        case .otherwise: "else"
        }
    }
}
