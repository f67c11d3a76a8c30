import Flow
import Store
import Telemetry

/// When schedules are due, by the clock of the store and what is known of them; all times are
/// milliseconds since 1970. Every orchestrator comes to the same, whenever it looks.
extension Schedule {
    /// Of what fell due while nobody could act on it, all that is as young as this comes still, and
    /// else the latest alone.
    static let grace: UInt64 = 2_000
    /// Nothing happens more often than this.
    private static let shortest: UInt64 = 10

    /// The due time that is next to be acted upon, where there is one by now.
    func due(_ state: ScheduleState, at now: UInt64) -> UInt64? {
        guard let first = next(state), first <= now else { return nil }
        let young = now - min(now, Self.grace)
        guard first < young else { return first }
        switch self {
        case .every, .cron:
            if let next = next(after: young - 1), next <= now { return next }
            return latest(at: now)
        case .after, .on: return first
        }
    }

    /// The first due time that was not acted upon, past or to come; nothing while that is not known
    /// and where events decide.
    func next(_ state: ScheduleState) -> UInt64? {
        let known = max(state.due, state.since)
        switch self {
        case .every, .cron: return next(after: known)
        case .on: return nil
        case .after(let pause):
            guard !state.request.isEmpty else { return state.since }
            // What is not kept any more has ended.
            guard state.state?.isTerminal != false else { return nil }
            let ended = max(state.ended, state.fired)
            return max(ended.adding(max(Self.shortest, pause.milliseconds)), state.since)
        }
    }

    /// The first due time behind a moment.
    func next(after moment: UInt64) -> UInt64? {
        switch self {
        case .every(let pause):
            let step = max(Self.shortest, pause.milliseconds)
            return (moment / step).adding(1).multiplied(by: step)
        case .cron(let cron):
            return cron.next(after: Int64(clamping: moment / 1000)).map {
                UInt64(clamping: $0) * 1000
            }
        case .after, .on: return nil
        }
    }

    /// The last due time up to a moment, if there is one within eight years.
    private func latest(at now: UInt64) -> UInt64? {
        if case .every(let pause) = self {
            let step = max(Self.shortest, pause.milliseconds)
            return now / step * step
        }
        // Twice as far back each time: what lies in between is never much.
        var span: UInt64 = 120_000
        while span < 8 * 366 * 86_400_000 {
            if var found = next(after: now - min(now, span)), found <= now {
                while let later = next(after: found), later <= now { found = later }
                return found
            }
            span *= 2
        }
        return nil
    }
}

extension UInt64 {
    fileprivate func adding(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    fileprivate func multiplied(by other: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }
}
