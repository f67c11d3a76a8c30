import Reactor
import Telemetry

/// How it stands with the store, from what both connections and the lease say.
extension StateStore {
    func workChanged(_ condition: RedisLink.Condition) {
        workStanding = standing(condition)
        if case .ready(let facts) = condition, let text = StartCheck.warning(facts, settings) {
            log.warning("the store is less safe than it could be", ["reason": .text(text)])
        }
        if case .ready = workStanding { isCut = false }
        review()
    }

    func pulseChanged(_ condition: RedisLink.Condition) {
        pulseStanding = standing(condition)
        if case .ready(let run) = pulseStanding {
            leaseFault = nil
            ask(lease.handle(.linked(run: run), at: loop.now))
        } else {
            ask(lease.handle(.cut, at: loop.now))
        }
        review()
    }

    private func standing(_ condition: RedisLink.Condition) -> Standing {
        switch condition {
        case .away(let reason): return .away(reason)
        case .refused(let fault): return .refused(fault)
        case .ready(let facts):
            let isFirst = lease.epoch == 0
            if let fault = StartCheck.fault(facts, settings, isFirst: isFirst) {
                return .refused(fault)
            }
            if StartCheck.isBlind(facts, settings), !hasWarnedOfBlindness {
                hasWarnedOfBlindness = true
                log.warning(
                    "CONFIG GET is not allowed: whether Redis keeps what it accepts is not known")
            }
            return .ready(run: facts.runID)
        }
    }

    /// Looks at everything anew, says what changed, and does what has become possible.
    func review() {
        let condition = condition
        let wasReady = isReady
        if case .ready = condition { isReady = true } else { isReady = false }
        // What others have taken over is let go of before anything is given away again.
        if isReady && !wasReady { tellReclaimed() }
        show(condition)
        if wasReady && !isReady { withdraw() }
        if isReady && !wasReady { begin() }
        reclaim()
        send()
    }

    private var condition: StoreCondition {
        if lease.isWiped { return .refused(wiped) }
        if case .refused(let fault) = workStanding { return .refused(fault) }
        if case .refused(let fault) = pulseStanding { return .refused(fault) }
        if let leaseFault { return .refused(leaseFault) }
        if lease.isFenced {
            return .fenced(reason: "the lease was not renewed in time\(trouble)")
        }
        if lease.epoch > 0 && !lease.isLive {
            return .fenced(reason: "the lease was lost and is taken anew\(trouble)")
        }
        if case .away(let reason) = workStanding { return .away(reason: reason) }
        guard lease.isLive else {
            if case .away(let reason) = pulseStanding { return .away(reason: reason) }
            return .away(reason: "this instance is being registered\(trouble)")
        }
        // A new run of the server means nothing yet to a lease that knows only the old one.
        guard case .ready(let run) = workStanding, run == lease.run else {
            return .away(reason: "Redis has started anew")
        }
        return .ready(epoch: lease.epoch)
    }

    /// What keeps the lease from being renewed, where that is known.
    private var trouble: String {
        if case .away(let reason) = pulseStanding { return ": \(reason)" }
        return leaseTrouble.map { ": \($0)" } ?? ""
    }

    private var wiped: Fault {
        Fault(
            StoreCode.wiped,
            "the data in Redis is not what this instance left there: it was flushed, or another "
                + "server answers. Bring the data back, or restart batond to begin anew without it",
            at: settings.prefix)
    }

    /// Why something is refused now.
    var refusal: String {
        switch shown {
        case .away(let reason): "the store is away: \(reason)"
        case .fenced(let reason): "this instance may decide nothing now: \(reason)"
        case .refused(let fault): "the store cannot be used: \(fault.message)"
        case .ready: "this instance is leaving"
        case nil: "the store has not been reached yet"
        }
    }

    private func show(_ condition: StoreCondition) {
        guard !condition.isLike(shown) else { return }
        shown = condition
        switch condition {
        case .ready(let epoch):
            log.info("the store is ready", ["epoch": .integer(Int(clamping: epoch))])
        case .away(let reason): log.warning("the store is away", ["reason": .text(reason)])
        case .fenced(let reason):
            log.warning("this instance decides nothing for now", ["reason": .text(reason)])
        case .refused(let fault):
            log.error(
                "the store cannot be used",
                ["code": .text(fault.code.rawValue), "reason": .text(fault.message)])
        }
        handler.changed(condition)
    }

    /// What never left is answered; what may have run, and what is owned, waits.
    private func withdraw() {
        refuse(batches.withdraw { $0 == .accept || $0 == .decision || $0 == .claim })
        guard !mayAsk else { return }
        refuse(batches.withdraw { $0 == .question })
    }

    private func begin() {
        hold.tryAgain()
        handOver()
        repair()
        recount()
    }
}

extension StoreCondition {
    /// Whether it need not be said again.
    fileprivate func isLike(_ other: StoreCondition?) -> Bool {
        switch (self, other) {
        case (.ready(let mine), .ready(let theirs)?): mine == theirs
        case (.away, .away?), (.fenced, .fenced?): true
        case (.refused(let mine), .refused(let theirs)?):
            mine.code.rawValue == theirs.code.rawValue
        default: false
        }
    }
}
