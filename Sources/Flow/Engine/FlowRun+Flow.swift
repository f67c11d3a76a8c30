import Document

/// How a run goes on: which event moves which strand, and the one loop that moves strands. No step
/// calls the next, so nothing grows with the length of a run.
extension FlowRun {
    mutating func take(_ event: RunEvent) {
        switch event {
        case .started: start()
        case .answered(let key, let value): answer(key, .success(value))
        case .failed(let key, let error): answer(key, .failure(error))
        case .timer(let key): fire(key)
        case .event(let event): offer(event)
        case .proceed, .suspended, .resumed, .cancelled: break
        }
    }

    private mutating func start() {
        startedAt = clock
        describe()
        note(.started)
        do throws(FlowError) {
            try checkSecrets()
            let rule = plan.workflow.input
            try validate(rawInput, rule.schema, "the input")
            var input = rawInput
            if let from = rule.from { input = try evaluate(from, rawInput, .workflow) }
            context = input
            try setWorkflowTimeout(input)
            strands.append(
                Strand(
                    levels: [
                        Level(
                            plan.tasks, .root, data: input, variables: [:], prefix: "", suffix: "",
                            isExtension: false)
                    ], parent: -1, depth: 0, branch: 0, base: 0))
            ready.append(0)
        } catch {
            finish(.faulted(error.located("/input")))
        }
    }

    /// Moves every strand that can go on, until each waits or the slice is used up.
    mutating func drive() {
        let end = steps + limits.slice
        while outcome == nil, let strand = ready.next() {
            while outcome == nil, advance(strand) {
                guard steps < end else {
                    ready.append(strand)
                    ready.compact()
                    actions.append(.more)
                    return
                }
            }
        }
        ready.compact()
    }

    /// Does the next thing in a strand; false if it has to wait or is over.
    private mutating func advance(_ strand: Int) -> Bool {
        guard strands[strand].isOpen, !strands[strand].levels.isEmpty else { return false }
        do throws(FlowError) {
            let top = strands[strand].levels.count - 1
            switch strands[strand].levels[top].stage {
            case .waiting: return false
            case .idle:
                if isAtEnd(strand, top) { try close(strand) } else { try begin(strand, top) }
            case .before(let next): try runBefore(strand, top, from: next)
            case .body: try runBody(strand, top)
            case .after(let next): try runAfter(strand, top, from: next)
            }
        } catch {
            fail(strand, error)
        }
        return true
    }

    private func isAtEnd(_ strand: Int, _ depth: Int) -> Bool {
        let position = strands[strand].levels[depth].position
        return position >= strands[strand].levels[depth].list.tasks.count
    }

    /// Takes the level whose list has ended off the stack and hands its output to the task around.
    private mutating func close(_ strand: Int) throws(FlowError) {
        guard let level = strands[strand].levels.popLast() else { return }
        switch level.role {
        case .root: finishRun(level.data)
        case .branch: join(strand, level.data)
        case .do, .function: give(strand, level.data)
        case .handler: endHandler(strand, level.data)
        case .iteration: try iterate(strand, level.data)
        case .attempt: endAttempt(strand, level.data)
        case .each: try endEach(strand, level.data)
        case .extension: endExtension(strand, level)
        }
    }

    /// The raw output of the task on top of a strand is there.
    mutating func give(_ strand: Int, _ output: Value) {
        let top = strands[strand].levels.count - 1
        strands[strand].levels[top].raw = output
        strands[strand].levels[top].work = .none
        strands[strand].levels[top].stage = .after(0)
    }

    /// Opens a scope within the task on top of a strand.
    mutating func push(
        _ strand: Int, _ list: ListNode, _ role: Level.Role, data: Value, ordinal: Int? = nil,
        adding variables: [(String, Value)] = [], under caller: StepKey? = nil
    ) throws(FlowError) {
        let top = strands[strand].levels.count - 1
        let depth = strands[strand].base + top
        guard depth < limits.depth else {
            throw FlowError(.runtime, "more than \(limits.depth) scopes within each other")
        }
        let around = strands[strand].levels[top]
        var suffix = caller == nil ? around.lapped(depth) : ""
        if let ordinal { suffix = (suffix.isEmpty ? "#" : suffix + ".") + String(ordinal) }
        var names = around.variables
        for (name, value) in variables { names[name] = value }
        strands[strand].levels[top].stage = .waiting
        strands[strand].levels.append(
            Level(
                list, role, data: data, ordinal: ordinal ?? 0, variables: names,
                prefix: caller.map { $0.text + ">" } ?? around.prefix, suffix: suffix,
                isExtension: around.isExtension || role == .extension))
    }
}
