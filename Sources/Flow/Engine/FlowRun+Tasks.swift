import Document

/// A task from its raw input to its transformed output: condition, schema, input, extensions, the
/// work itself, output, export, and where control goes then.
extension FlowRun {
    mutating func begin(_ strand: Int, _ depth: Int) throws(FlowError) {
        guard steps < limits.steps else {
            return finish(.faulted(FlowError(.runtime, "more than \(limits.steps) tasks")))
        }
        steps += 1
        let node = strands[strand].levels[depth].node
        if !amendments.isEmpty { amend(strand, depth) }
        let raw = strands[strand].levels[depth].data
        strands[strand].levels[depth].began = clock
        strands[strand].levels[depth].stage = .waiting
        strands[strand].levels[depth].input = raw
        if let condition = node.task.condition,
            try !holds(condition, raw, scope(strand, depth, .beforeInput))
        {
            note(.skipped, strand, depth)
            advancePosition(strand, depth, to: strands[strand].levels[depth].position + 1)
            return
        }
        note(.started, strand, depth)
        try prepare(strand, depth, node.task, raw)
    }

    private mutating func prepare(
        _ strand: Int, _ depth: Int, _ task: FlowTask, _ raw: Value
    ) throws(FlowError) {
        try validate(raw, task.input.schema, "the input")
        if let from = task.input.from {
            let input = try evaluate(from, raw, scope(strand, depth, .beforeInput))
            strands[strand].levels[depth].input = input
        }
        strands[strand].levels[depth].deadline = around(strand, depth)
        if let timeout = task.timeout { try setTimeout(strand, depth, timeout) }
        let isExtended = !task.extensions.isEmpty && !strands[strand].levels[depth].isExtension
        strands[strand].levels[depth].stage = isExtended ? .before(0) : .body
        if !isExtended { try runBody(strand, depth) }
    }

    /// The deadline that the task around, or the workflow, has set already.
    private func around(_ strand: Int, _ depth: Int) -> Moment? {
        if depth > 0 { return strands[strand].levels[depth - 1].deadline }
        let parent = strands[strand].parent
        guard parent >= 0 else { return deadline }
        return strands[parent].levels[strands[strand].depth].deadline
    }

    /// Does what the task is for. Either its output is given, or a scope opens, or it waits.
    mutating func runBody(_ strand: Int, _ depth: Int) throws(FlowError) {
        let node = strands[strand].levels[depth].node
        strands[strand].levels[depth].stage = .waiting
        let input = strands[strand].levels[depth].input
        if let given = given(strand, depth) { return give(strand, given) }
        switch node.task.action {
        case .set(let template):
            give(strand, try evaluate(template, input, scope(strand, depth)))
        case .switch(let cases): try choose(strand, depth, cases)
        case .do: try push(strand, node.body ?? .empty, .do, data: input)
        case .for(let loop): try beginLoop(strand, depth, loop)
        case .fork(let fork): try beginFork(strand, depth, fork)
        case .try: try beginAttempts(strand, depth)
        case .call(let call): try beginCall(strand, depth, call)
        case .run(let run): try beginRun(strand, depth, run)
        case .emit(let template): try emit(strand, depth, template)
        case .listen(let listen): try beginListen(strand, depth, listen)
        case .wait(let duration): try wait(strand, depth, duration)
        case .raise(let error): throw try raise(strand, depth, error)
        }
    }

    private mutating func choose(
        _ strand: Int, _ depth: Int, _ cases: [SwitchCase]
    ) throws(FlowError) {
        let input = strands[strand].levels[depth].input
        var chosen: FlowDirective?
        for option in cases {
            guard let condition = option.condition else { continue }
            if try holds(condition, input, scope(strand, depth)) {
                chosen = option.then
                break
            }
        }
        if chosen == nil { chosen = cases.first { $0.condition == nil }?.then }
        strands[strand].levels[depth].directive = chosen
        give(strand, input)
    }

    private mutating func wait(
        _ strand: Int, _ depth: Int, _ duration: DurationTemplate
    ) throws(FlowError) {
        let input = strands[strand].levels[depth].input
        let pause = try evaluate(duration, input, scope(strand, depth))
        let key = strands[strand].levels[depth].key(strands[strand].base + depth)
        strands[strand].levels[depth].work = .wait
        setTimer(key, at: clock + pause, strand, depth, .wait)
    }

    /// Transforms what the task gave, leaves in the context what it exports, and goes on.
    mutating func complete(_ strand: Int, _ depth: Int) throws(FlowError) {
        let task = strands[strand].levels[depth].node.task
        var output = strands[strand].levels[depth].raw
        if let transform = task.output.as, given(strand, depth) == nil {
            output = try evaluate(transform, output, scope(strand, depth, .output))
        }
        if !amendments.isEmpty { output = amended(output, strand, depth) }
        try validate(output, task.output.schema, "the output")
        if let export = task.export {
            try self.export(export, output, scope(strand, depth, .export(output)))
        }
        takeBack(strand, depth)
        note(.completed, strand, depth, output: output)
        let directive = strands[strand].levels[depth].directive ?? task.then ?? .continue
        strands[strand].levels[depth].data = output
        strands[strand].levels[depth].raw = .null
        strands[strand].levels[depth].input = .null
        strands[strand].levels[depth].directive = nil
        strands[strand].levels[depth].authorization = nil
        try follow(directive, strand, depth)
    }

    mutating func export(
        _ rule: ExportRule, _ output: Value, _ scope: RunScope
    ) throws(FlowError) {
        if let transform = rule.as { context = try evaluate(transform, output, scope) }
        try validate(context, rule.schema, "the exported context")
    }

    private mutating func follow(
        _ directive: FlowDirective, _ strand: Int, _ depth: Int
    ) throws(FlowError) {
        let position = strands[strand].levels[depth].position
        let list = strands[strand].levels[depth].list
        let isBranch = strands[strand].levels[depth].role == .branch
        switch directive {
        case .end: finishRun(strands[strand].levels[depth].data)
        case .exit:
            strands[strand].levels[depth].exits = true
            advancePosition(strand, depth, to: list.tasks.count)
        case .continue:
            advancePosition(strand, depth, to: isBranch ? list.tasks.count : position + 1)
        case .task(let name):
            guard !isBranch, let target = list.positions[name] else {
                throw FlowError(.configuration, "there is no task \"\(name)\" to go to here")
            }
            if target <= position { strands[strand].levels[depth].lap += 1 }
            advancePosition(strand, depth, to: target)
        }
    }

    private mutating func advancePosition(_ strand: Int, _ depth: Int, to position: Int) {
        let isBranch = strands[strand].levels[depth].role == .branch
        let end = strands[strand].levels[depth].list.tasks.count
        strands[strand].levels[depth].position = isBranch ? end : position
        strands[strand].levels[depth].stage = .idle
    }
}

extension ListNode {
    static let empty = ListNode(TaskList([]))
}
