import Document

/// How a run begins to have limits, pauses and ends.
extension FlowRun {
    func checkSecrets() throws(FlowError) {
        for name in plan.workflow.components.secrets where identity.secrets[name] == nil {
            throw FlowError(
                .authorization, "the secret \"\(name)\" is not there", at: "/use/secrets")
        }
    }

    static let workflowTimeout = StepKey("!timeout")

    mutating func setWorkflowTimeout(_ input: Value) throws(FlowError) {
        guard let timeout = plan.workflow.timeout else { return }
        let end = clock + (try evaluate(timeout.after, input, .workflow))
        deadline = end
        open[FlowRun.workflowTimeout] = Target(strand: -1, depth: -1, kind: .workflowTimeout)
        actions.append(.setTimer(FlowRun.workflowTimeout, at: end))
    }

    /// The last task has ended, or one said `end`.
    mutating func finishRun(_ data: Value) {
        let rule = plan.workflow.output
        do throws(FlowError) {
            var output = data
            if let transform = rule.as { output = try evaluate(transform, data, .workflow) }
            try validate(output, rule.schema, "the output")
            finish(.completed(output))
        } catch {
            finish(.faulted(error.located("/output")))
        }
    }

    mutating func finish(_ end: RunAction.Outcome) {
        guard outcome == nil else { return }
        // What stands in the root strand contains every other strand.
        if !strands.isEmpty { cancelStrand(0) }
        if open.removeValue(forKey: FlowRun.workflowTimeout) != nil {
            actions.append(.clearTimer(FlowRun.workflowTimeout))
        }
        outcome = end
        strands = []
        free = []
        listeners = []
        held = []
        ready.removeAll()
        switch end {
        case .completed(let output): note(.completed, output: output)
        case .faulted(let error): note(.faulted, error: error)
        case .cancelled: note(.cancelled)
        }
        actions.append(.finished(end))
    }

    mutating func suspend() {
        isSuspended = true
        note(.suspended)
    }

    /// What came while the run was suspended is taken up now, in the order in which it came.
    mutating func resume() {
        isSuspended = false
        note(.resumed)
        let events = held
        held = []
        for event in events where accepts(event) { take(event) }
    }

    mutating func hold(_ event: RunEvent) {
        guard held.count < limits.held else {
            return finish(
                .faulted(FlowError(.runtime, "more than \(limits.held) events while suspended")))
        }
        held.append(event)
    }
}

/// What is worth telling.
extension FlowRun {
    mutating func note(
        _ phase: Lifecycle.Phase, error: FlowError? = nil, output: Value? = nil,
        correlation: Value? = nil
    ) {
        actions.append(
            .lifecycle(
                Lifecycle(
                    phase: phase, at: clock, error: error, output: output, correlation: correlation)
            ))
    }

    mutating func note(
        _ phase: Lifecycle.Phase, _ strand: Int, _ depth: Int, error: FlowError? = nil,
        output: Value? = nil
    ) {
        guard notes > .workflow else { return }
        let level = strands[strand].levels[depth]
        let task = level.node.task
        guard notes >= .all || task.action.isEffectful else { return }
        let about = Lifecycle.Task(
            name: task.name, reference: task.reference,
            key: level.key(strands[strand].base + depth))
        var note = Lifecycle(phase: phase, task: about, at: clock, error: error, output: output)
        if notes == .data { note.data = Lifecycle.Data(input: level.input, context: context) }
        actions.append(.lifecycle(note))
    }
}

extension TaskAction {
    /// Whether the task is done outside of the run.
    var isEffectful: Bool {
        switch self {
        case .call, .emit, .listen, .run, .wait: true
        case .do, .for, .fork, .raise, .set, .switch, .try: false
        }
    }
}
