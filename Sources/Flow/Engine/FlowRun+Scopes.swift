import Document

/// Loops and forks: scopes that open more than once, one after another or side by side.
extension FlowRun {
    mutating func beginLoop(_ strand: Int, _ depth: Int, _ loop: Loop) throws(FlowError) {
        let input = strands[strand].levels[depth].input
        let items: [Value] =
            switch try evaluate(loop.collection, input, scope(strand, depth)) {
            case .array(let items): items
            case .null: []
            case let value:
                throw FlowError(
                    .expression, "what is iterated over is \(FlowRun.kind(value)), not an array")
            }
        strands[strand].levels[depth].work = .loop(LoopWork(items: items))
        try iterate(strand, input)
    }

    /// Begins the next iteration of the loop on top of a strand, with what the last one gave.
    mutating func iterate(_ strand: Int, _ data: Value) throws(FlowError) {
        let depth = strands[strand].levels.count - 1
        let node = strands[strand].levels[depth].node
        guard case .for(let loop) = node.task.action,
            case .loop(var work) = strands[strand].levels[depth].work
        else { return }
        guard work.next < work.items.count else { return give(strand, data) }
        let names = [(loop.item, work.items[work.next]), (loop.index, Value(work.next))]
        if let condition = loop.condition,
            try !holds(condition, data, scope(strand, depth, .definition, names))
        {
            return give(strand, data)
        }
        let ordinal = work.next
        work.next += 1
        strands[strand].levels[depth].work = .loop(work)
        try push(
            strand, node.body ?? .empty, .iteration, data: data, ordinal: ordinal, adding: names)
    }

    static func kind(_ value: Value) -> String {
        switch value {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .unsigned, .number: "a number"
        case .string: "text"
        case .array: "an array"
        case .object: "an object"
        }
    }

    mutating func beginFork(_ strand: Int, _ depth: Int, _ fork: Fork) throws(FlowError) {
        let list = strands[strand].levels[depth].node.body ?? .empty
        let count = list.tasks.count
        guard count > 0 else { return give(strand, .array([])) }
        guard strands.count - free.count + count <= limits.strands else {
            throw FlowError(.runtime, "more than \(limits.strands) branches at the same time")
        }
        guard strands[strand].base + depth < limits.depth else {
            throw FlowError(.runtime, "more than \(limits.depth) scopes within each other")
        }
        var children: [Int] = []
        for branch in list.tasks.indices {
            children.append(openBranch(strand, depth, list, branch))
        }
        strands[strand].levels[depth].work = .fork(
            ForkWork(
                strands: children, outputs: Array(repeating: .null, count: count), left: count,
                competes: fork.competes))
        for child in children { ready.append(child) }
    }

    private mutating func openBranch(
        _ strand: Int, _ depth: Int, _ list: ListNode, _ branch: Int
    ) -> Int {
        let around = strands[strand].levels[depth]
        var level = Level(
            list, .branch, data: around.input, variables: around.variables, prefix: around.prefix,
            suffix: around.lapped(strands[strand].base + depth), isExtension: around.isExtension)
        level.position = branch
        let child = Strand(
            levels: [level], parent: strand, depth: depth, branch: branch,
            base: strands[strand].base + depth + 1)
        if let slot = free.popLast() {
            strands[slot] = child
            return slot
        }
        strands.append(child)
        return strands.count - 1
    }

    /// A branch has ended.
    mutating func join(_ strand: Int, _ output: Value) {
        let (parent, depth, branch) = place(strand)
        release(strand)
        guard case .fork(var fork) = strands[parent].levels[depth].work else { return }
        strands[parent].levels[depth].work = .none
        fork.left -= 1
        fork.outputs[branch] = output
        if fork.competes {
            cancelBranches(fork, of: parent, depth)
            give(parent, output)
        } else if fork.left == 0 {
            give(parent, .array(fork.outputs))
        } else {
            strands[parent].levels[depth].work = .fork(fork)
            return
        }
        ready.append(parent)
    }

    /// A branch has failed. Of competing branches the others may still win, and the first error
    /// counts if none does; elsewhere it is the error of the fork. When the run is cancelled each
    /// branch makes good what is its own. Answers the strand that now fails, if one does.
    mutating func loseBranch(
        _ strand: Int, _ error: FlowError
    ) -> (strand: Int, error: FlowError)? {
        let (parent, depth, _) = place(strand)
        release(strand)
        guard case .fork(var fork) = strands[parent].levels[depth].work else { return nil }
        fork.left -= 1
        fork.error = fork.error ?? error
        strands[parent].levels[depth].work = .fork(fork)
        let mayWait = fork.competes || isCancellation(error)
        return mayWait && fork.left > 0 ? nil : (parent, fork.error ?? error)
    }

    private func place(_ strand: Int) -> (Int, Int, Int) {
        (strands[strand].parent, strands[strand].depth, strands[strand].branch)
    }
}
