import Document

/// What comes back under a key: answers, failures and times.
extension FlowRun {
    mutating func setTimer(
        _ key: StepKey, at moment: Moment, _ strand: Int, _ depth: Int, _ kind: Target.Kind
    ) {
        expect(key, strand, depth, kind)
        actions.append(.setTimer(key, at: moment))
    }

    /// Notes who waits for a key.
    mutating func expect(_ key: StepKey, _ strand: Int, _ depth: Int, _ kind: Target.Kind) {
        open[key] = Target(strand: strand, depth: depth, kind: kind)
        strands[strand].levels[depth].open.insert(key)
    }

    /// A task may take this long, whatever it does and however often.
    mutating func setTimeout(
        _ strand: Int, _ depth: Int, _ timeout: Timeout
    ) throws(FlowError) {
        let input = strands[strand].levels[depth].input
        let end = clock + (try evaluate(timeout.after, input, scope(strand, depth)))
        let key = strands[strand].levels[depth].key(strands[strand].base + depth).timeout
        let around = strands[strand].levels[depth].deadline
        strands[strand].levels[depth].deadline = around.map { min($0, end) } ?? end
        setTimer(key, at: end, strand, depth, .timeout)
    }

    mutating func answer(_ key: StepKey, _ result: Result<Value, FlowError>) {
        guard let target = open.removeValue(forKey: key) else { return }
        let (strand, depth) = (target.strand, target.depth)
        strands[strand].levels[depth].open.remove(key)
        if case .part(let position) = target.kind {
            endPart(strand, depth, position, result)
        } else {
            endCall(strand, depth, result)
        }
        ready.append(strand)
    }

    private mutating func endCall(
        _ strand: Int, _ depth: Int, _ result: Result<Value, FlowError>
    ) {
        switch result {
        case .failure(let error): fail(strand, error)
        case .success(let value):
            guard case .call(let call) = strands[strand].levels[depth].work else { return }
            give(strand, call.output ?? value)
        }
    }

    mutating func fire(_ key: StepKey) {
        guard let target = open.removeValue(forKey: key) else { return }
        let (strand, depth) = (target.strand, target.depth)
        if strand >= 0 { strands[strand].levels[depth].open.remove(key) }
        switch target.kind {
        case .wait: give(strand, strands[strand].levels[depth].input)
        case .retry: retry(strand, depth)
        case .timeout:
            cancelLevels(strand, above: depth)
            fail(strand, FlowError(.timeout, "the task took longer than it may"))
        case .attemptTimeout:
            cancelLevels(strand, above: depth + 1)
            if strands[strand].levels.count - 1 > depth {
                fail(strand, FlowError(.timeout, "the attempt took longer than it may"))
            }
        case .workflowTimeout:
            finish(.faulted(FlowError(.timeout, "the workflow took longer than it may", at: "/")))
        case .due: endQuestion(strand, depth)
        case .partTimeout(let position):
            let error = FlowError(.timeout, "the agent did not answer in time")
            endPart(strand, depth, position, .failure(error))
        case .call, .listen, .part: return
        }
        if strand >= 0 { ready.append(strand) }
    }

    /// Nobody answered a question in time.
    private mutating func endQuestion(_ strand: Int, _ depth: Int) {
        guard case .call(let call) = strands[strand].levels[depth].work else { return }
        let fallback = call.fallback
        for key in strands[strand].levels[depth].open where open[key]?.kind.isCall ?? false {
            withdraw(key, strand, depth)
        }
        if let fallback {
            give(strand, fallback)
        } else {
            fail(strand, FlowError(.timeout, "nobody answered in time"))
        }
    }
}

extension FlowRun.Target.Kind {
    var isCall: Bool { if case .call = self { true } else { false } }
}
