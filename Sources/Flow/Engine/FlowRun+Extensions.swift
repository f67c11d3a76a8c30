import Document

/// Tasks that run before and after others. What they give is thrown away, unless one before leaves
/// by `exit`: then that is the raw output of the task they extend, which itself is skipped.
extension FlowRun {
    mutating func runBefore(_ strand: Int, _ depth: Int, from first: Int) throws(FlowError) {
        let task = strands[strand].levels[depth].node.task
        let input = strands[strand].levels[depth].input
        for next in task.extensions.indices.dropFirst(first) {
            let node = plan.extensions[task.extensions[next]]
            guard let list = node.before else { continue }
            guard try applies(node, strand, depth, input) else { continue }
            return try extend(strand, depth, list, input, isBefore: true, next: next + 1)
        }
        strands[strand].levels[depth].stage = .body
        try runBody(strand, depth)
    }

    mutating func runAfter(_ strand: Int, _ depth: Int, from first: Int) throws(FlowError) {
        let task = strands[strand].levels[depth].node.task
        let isExtended = !task.extensions.isEmpty && !strands[strand].levels[depth].isExtension
        if isExtended {
            let raw = strands[strand].levels[depth].raw
            for next in task.extensions.indices.dropFirst(first) {
                let node = plan.extensions[task.extensions[next]]
                guard let list = node.after else { continue }
                guard try applies(node, strand, depth, raw) else { continue }
                return try extend(strand, depth, list, raw, isBefore: false, next: next + 1)
            }
        }
        try complete(strand, depth)
    }

    mutating func endExtension(_ strand: Int, _ level: Level) {
        let top = strands[strand].levels.count - 1
        guard case .extend(let isBefore, let next) = strands[strand].levels[top].work else {
            return
        }
        strands[strand].levels[top].work = .none
        if isBefore, level.exits {
            strands[strand].levels[top].raw = level.data
            strands[strand].levels[top].stage = .after(.max)
        } else {
            strands[strand].levels[top].stage = isBefore ? .before(next) : .after(next)
        }
    }

    private mutating func extend(
        _ strand: Int, _ depth: Int, _ list: ListNode, _ data: Value, isBefore: Bool, next: Int
    ) throws(FlowError) {
        let key = strands[strand].levels[depth].key(strands[strand].base + depth)
        let extended = taskDescriptor(strand, depth, .definition)
        strands[strand].levels[depth].work = .extend(isBefore: isBefore, next: next)
        try push(
            strand, list, .extension, data: data,
            adding: [("task", extended)], under: key)
    }

    /// The condition sees `$task` with the members of its definition beside those that describe it:
    /// the specification writes `$task.call` and `$task.with`.
    private func applies(
        _ node: ExtensionNode, _ strand: Int, _ depth: Int, _ data: Value
    ) throws(FlowError) -> Bool {
        guard let condition = node.condition else { return true }
        return try holds(condition, data, RunScope(strand, depth, .extension))
    }
}
