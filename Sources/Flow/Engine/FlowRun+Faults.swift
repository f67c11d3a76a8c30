import Document

/// What happens when a task fails: the levels of its strand are left one after another until a
/// `try` catches the error, and at the end the workflow faults.
extension FlowRun {
    mutating func fail(_ strand: Int, _ failure: FlowError) {
        var strand = strand
        var failure = failure
        while outcome == nil {
            let top = strands[strand].levels.count - 1
            guard top >= 0 else { return finish(end(of: failure)) }
            if strands[strand].levels[top].isRunning {
                failure = failure.located(strands[strand].levels[top].node.task.reference)
                takeBack(strand, top)
                note(.faulted, strand, top, error: failure)
            }
            guard let level = strands[strand].levels.popLast() else { return }
            switch level.role {
            case .root: return finish(end(of: failure))
            case .branch:
                guard let lost = loseBranch(strand, failure) else { return }
                (strand, failure) = lost
            case .attempt:
                // Should the clause itself fail to be evaluated, that is what is wrong now.
                do throws(FlowError) {
                    if try handle(strand, failure) { return }
                } catch {
                    failure = error
                }
            case .do, .iteration, .handler, .each, .function, .extension: break
            }
        }
    }

    private func end(of failure: FlowError) -> RunAction.Outcome {
        isCancellation(failure) ? .cancelled : .faulted(failure)
    }

    /// Takes back what the running task of a level has asked for: calls, timers, branches.
    mutating func takeBack(_ strand: Int, _ depth: Int) {
        let keys = strands[strand].levels[depth].open
        if !keys.isEmpty {
            for key in keys.sorted() { withdraw(key) }
            strands[strand].levels[depth].open = []
        }
        if case .fork(let fork) = strands[strand].levels[depth].work {
            cancelBranches(fork, of: strand, depth)
        }
        strands[strand].levels[depth].work = .none
    }

    /// A slot may have a new tenant by now, who is none of the fork's.
    mutating func cancelBranches(_ fork: ForkWork, of strand: Int, _ depth: Int) {
        for (branch, child) in fork.strands.enumerated() {
            let tenant = strands[child]
            guard tenant.parent == strand, tenant.depth == depth, tenant.branch == branch else {
                continue
            }
            cancelStrand(child)
        }
    }

    private mutating func withdraw(_ key: StepKey) {
        guard let target = open.removeValue(forKey: key) else { return }
        if target.kind.isTimer {
            actions.append(.clearTimer(key))
        } else if case .listen = target.kind {
            listeners.removeAll { $0 == key }
            actions.append(.unlisten(key))
        } else {
            actions.append(.cancel(key))
        }
    }

    /// Takes back one key of the task on top of a strand.
    mutating func withdraw(_ key: StepKey, _ strand: Int, _ depth: Int) {
        guard strands[strand].levels[depth].open.remove(key) != nil else { return }
        withdraw(key)
    }

    /// Leaves all levels above a depth, from the top down.
    mutating func cancelLevels(_ strand: Int, above depth: Int) {
        while strands[strand].levels.count - 1 > depth {
            let top = strands[strand].levels.count - 1
            if strands[strand].levels[top].isRunning {
                takeBack(strand, top)
                note(.cancelled, strand, top)
            }
            strands[strand].levels.removeLast()
        }
    }

    /// Ends a branch early, and the branches within it. Forks stand in each other as deep as the
    /// limit of scopes allows, so the recursion is bounded.
    mutating func cancelStrand(_ strand: Int) {
        guard strands[strand].isOpen else { return }
        cancelLevels(strand, above: -1)
        release(strand)
    }

    mutating func release(_ strand: Int) {
        strands[strand].isOpen = false
        strands[strand].levels = []
        free.append(strand)
    }

    mutating func raise(
        _ strand: Int, _ depth: Int, _ template: ErrorTemplate
    ) throws(FlowError) -> FlowError {
        let input = strands[strand].levels[depth].input
        let scope = scope(strand, depth)
        let status = try evaluate(template.status, input, scope)
        var error = FlowError(
            type: try text(template.type, input, scope) ?? "",
            status: status.integer ?? status.string.flatMap { Int($0) } ?? 500,
            title: try text(template.title, input, scope),
            detail: try text(template.detail, input, scope),
            instance: try text(template.instance, input, scope))
        if error.type.isEmpty {
            error.type = FlowError.family + FlowError.Standard.runtime.rawValue
        }
        return error
    }

    private func text(
        _ template: Template?, _ input: Value, _ scope: RunScope
    ) throws(FlowError) -> String? {
        guard let template else { return nil }
        switch try evaluate(template, input, scope) {
        case .null: return nil
        case .string(let text): return text
        case let value: return JSON.text(value)
        }
    }
}
