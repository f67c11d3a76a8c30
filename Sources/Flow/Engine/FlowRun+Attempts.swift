import Document

/// `try`: which errors are caught, when what failed is tried again, and what else is done about it.
extension FlowRun {
    mutating func beginAttempts(_ strand: Int, _ depth: Int) throws(FlowError) {
        try attempt(strand, AttemptWork(since: clock))
    }

    private mutating func attempt(_ strand: Int, _ work: AttemptWork) throws(FlowError) {
        let depth = strands[strand].levels.count - 1
        let node = strands[strand].levels[depth].node
        guard case .try(let rule) = node.task.action else { return }
        let input = strands[strand].levels[depth].input
        strands[strand].levels[depth].work = .attempt(work)
        if let limit = rule.rule.retry?.attemptDuration {
            let time = try evaluate(limit, input, scope(strand, depth))
            let key = strands[strand].levels[depth].key(strands[strand].base + depth).attempt
            setTimer(key, at: clock + time, strand, depth, .attemptTimeout)
        }
        try push(strand, node.body ?? .empty, .attempt, data: input, ordinal: work.attempt)
    }

    mutating func endAttempt(_ strand: Int, _ output: Value) {
        clearAttemptTimer(strand)
        give(strand, output)
    }

    private mutating func clearAttemptTimer(_ strand: Int) {
        let depth = strands[strand].levels.count - 1
        let key = strands[strand].levels[depth].key(strands[strand].base + depth).attempt
        withdraw(key, strand, depth)
    }

    /// Does what the `try` on top of a strand says about an error; false where it is not caught.
    mutating func handle(_ strand: Int, _ error: FlowError) throws(FlowError) -> Bool {
        let depth = strands[strand].levels.count - 1
        clearAttemptTimer(strand)
        let node = strands[strand].levels[depth].node
        guard case .try(let task) = node.task.action,
            case .attempt(let work) = strands[strand].levels[depth].work
        else { return false }
        let rule = task.rule
        let isCancelled = isCancellation(error)
        guard !isCancelled || rule.namesCancellation && node.handler != nil else { return false }
        // A policy that is used by name knows the error as `$error`, whatever `as` says.
        let names = [("error", error.value), (rule.variable, error.value)]
        let scope = scope(strand, depth, .definition, names)
        let input = strands[strand].levels[depth].input
        guard error.matches(rule.filter), try allows(rule.when, rule.exceptWhen, input, scope)
        else { return false }
        if !isCancelled, let retry = rule.retry,
            try allows(retry.when, retry.exceptWhen, input, scope)
        {
            if try retryLater(strand, depth, retry, work, scope) { return true }
            // What only a retry was meant to mend is not mended.
            if node.handler == nil, rule.then == nil { return false }
        }
        try caught(strand, depth, rule, node.handler, error)
        return true
    }

    mutating func endHandler(_ strand: Int, _ output: Value) {
        let top = strands[strand].levels.count - 1
        guard case .makeGood = strands[strand].levels[top].work else { return give(strand, output) }
        goOnCancelling(strand)
    }

    private func allows(
        _ when: Expression?, _ exceptWhen: Expression?, _ input: Value, _ scope: RunScope
    ) throws(FlowError) -> Bool {
        if let when, try !holds(when, input, scope) { return false }
        if let exceptWhen, try holds(exceptWhen, input, scope) { return false }
        return true
    }

    private mutating func caught(
        _ strand: Int, _ depth: Int, _ rule: CatchRule, _ handler: ListNode?, _ error: FlowError
    ) throws(FlowError) {
        let input = strands[strand].levels[depth].input
        strands[strand].levels[depth].directive = rule.then
        strands[strand].levels[depth].work = isCancellation(error) ? .makeGood : .none
        if let handler {
            try push(
                strand, handler, .handler, data: input, adding: [(rule.variable, error.value)])
        } else {
            give(strand, input)
        }
        ready.append(strand)
    }

    /// Sets the time of the next attempt; false where a limit leaves none.
    private mutating func retryLater(
        _ strand: Int, _ depth: Int, _ rule: RetryRule, _ work: AttemptWork, _ scope: RunScope
    ) throws(FlowError) -> Bool {
        var work = work
        work.attempt += 1
        if let most = rule.attempts, work.attempt > most { return false }
        let input = strands[strand].levels[depth].input
        let key = strands[strand].levels[depth].key(strands[strand].base + depth)
        let pause = try delay(rule, work.attempt, key, input, scope)
        if let limit = rule.duration {
            let most = try evaluate(limit, input, scope)
            if clock + pause > work.since + most { return false }
        }
        note(.retried, strand, depth)
        strands[strand].levels[depth].work = .attempt(work)
        strands[strand].levels[depth].stage = .waiting
        setTimer(key.retry, at: clock + pause, strand, depth, .retry)
        return true
    }

    private func delay(
        _ rule: RetryRule, _ attempt: Int, _ key: StepKey, _ input: Value, _ scope: RunScope
    ) throws(FlowError) -> Duration {
        var base = Duration.zero
        if let delay = rule.delay { base = try evaluate(delay, input, scope) }
        let steps = attempt - 1
        var pause =
            switch rule.backoff {
            case .constant: base
            case .linear(let increment): base + (increment ?? base) * Double(steps)
            case .exponential(let factor): FlowRun.grown(base, factor, steps)
            }
        if let jitter = rule.jitter {
            let from = try evaluate(jitter.from, input, scope)
            let span = try evaluate(jitter.to, input, scope) - from
            let chance = identity.random("\(key.text)/jitter/\(attempt)") >> 11
            pause += from + max(span, .zero) * (Double(chance) / Double(1 << 53))
        }
        return min(pause, .seconds(365 * 86_400))
    }

    private static func grown(_ base: Duration, _ factor: Double, _ steps: Int) -> Duration {
        var seconds = min(Double(base.nanoseconds) / 1e9, 365 * 86_400)
        for _ in 0..<min(steps, 64) { seconds = min(seconds * factor, 365 * 86_400) }
        return .nanoseconds(Int64(seconds * 1e9))
    }

    /// The pause is over: the tasks are tried again.
    mutating func retry(_ strand: Int, _ depth: Int) {
        guard case .attempt(let work) = strands[strand].levels[depth].work else { return }
        do throws(FlowError) {
            try attempt(strand, work)
            ready.append(strand)
        } catch {
            fail(strand, error)
        }
    }
}
