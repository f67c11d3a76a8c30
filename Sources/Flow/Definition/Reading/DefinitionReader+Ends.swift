import Document

/// What would never end: tasks that lead back to themselves and nowhere else, functions that call
/// themselves.
extension DefinitionReader {
    /// Tells of tasks from which no way leads out of their list. Those that wait for something from
    /// outside may go on for ever, which is said and allowed.
    mutating func checkEnds(
        _ list: TaskList, _ items: [(key: String, position: TextPosition, node: Node)]
    ) {
        let ways = list.tasks.indices.map { list.ways(from: $0).map(\.target) }
        let leaving = leaving(ways)
        guard let first = reached(ways).first(where: { !leaving[$0] }) else { return }
        var round: [Int] = []
        var next = first
        while !round.contains(next) {
            round.append(next)
            for case .task(let position) in ways[next].prefix(1) { next = position }
        }
        let circle = round[(round.firstIndex(of: next) ?? 0)...] + [next]
        let names = circle.map { list.tasks[$0].name }.joined(separator: " -> ")
        let (_, position, node) = items[first]
        guard !circle.contains(where: { list.tasks[$0].waits }) else {
            remark(node, "\(names) goes on for as long as the workflow is not cancelled")
            return
        }
        problem(
            node,
            "\(names) never ends: no way leads out; add a switch, an \"if\", \"then: end\" "
                + "or a timeout", at: position)
    }

    /// Which tasks have a way out, be it over others.
    private func leaving(_ ways: [[TaskList.Target]]) -> [Bool] {
        var leaving = ways.map { targets in
            targets.isEmpty
                || targets.contains { if case .task = $0 { false } else { true } }
        }
        var sources = [[Int]](repeating: [], count: ways.count)
        for (source, targets) in ways.enumerated() {
            for case .task(let target) in targets { sources[target].append(source) }
        }
        var queue = leaving.indices.filter { leaving[$0] }
        while let target = queue.popLast() {
            for source in sources[target] where !leaving[source] {
                leaving[source] = true
                queue.append(source)
            }
        }
        return leaving
    }

    /// The tasks that are reached from the first one, in order.
    private func reached(_ ways: [[TaskList.Target]]) -> [Int] {
        guard !ways.isEmpty else { return [] }
        var known: Set<Int> = [0]
        var queue = [0]
        while let next = queue.popLast() {
            for case .task(let target) in ways[next] where known.insert(target).inserted {
                queue.append(target)
            }
        }
        return known.sorted()
    }

    /// Tells of functions that call themselves, be it over others.
    mutating func checkFunctionCalls() {
        var open = functionCalls
        // Whoever calls none that is still open is no part of a circle.
        while let closed = open.first(where: { _, calls in
            !calls.contains { open[$0.callee] != nil }
        }) {
            open[closed.key] = nil
        }
        guard var name = open.keys.min() else { return }
        var round: [String] = []
        var node: Node?
        while !round.contains(name) {
            round.append(name)
            guard let call = open[name]?.first(where: { open[$0.callee] != nil }) else { return }
            (name, node) = (call.callee, call.node)
        }
        let circle = round[(round.firstIndex(of: name) ?? 0)...] + [name]
        if let node {
            problem(
                node,
                "the functions \(circle.joined(separator: " -> ")) call themselves without "
                    + "an end")
        }
    }
}

extension FlowTask {
    /// Whether something within it waits for time or events from outside.
    fileprivate var waits: Bool {
        switch action {
        case .listen, .wait: true
        case .do(let list): list.tasks.contains(where: \.waits)
        case .for(let loop): loop.tasks.tasks.contains(where: \.waits)
        case .fork(let fork): fork.branches.tasks.contains(where: \.waits)
        case .try(let attempt): attempt.tasks.tasks.contains(where: \.waits)
        default: false
        }
    }
}
