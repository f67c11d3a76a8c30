import Telemetry

/// What the store in memory knows of schedules.
struct MemorySchedules {
    private struct Known {
        var rule: String?
        var state = ScheduleState()
        var record: RecordKey?
    }

    private var known: [ScheduleKey: Known] = [:]

    /// - Parameter request: what is kept of a request.
    mutating func perform(
        _ command: ScheduleCommand, at now: UInt64, _ request: (RecordKey) -> StoredRequest?
    ) -> ScheduleAnswer {
        switch command {
        case .read(let entries): return .states(entries.map { state($0, at: now, request) })
        case .fired(let firing): fired(firing, at: now)
        case .pause(let key, let who): known[key, default: Known()].state.pausedBy = who
        case .resume(let key):
            guard known[key]?.state.pausedBy.isEmpty == false else { break }
            known[key]?.state.pausedBy = ""
            known[key]?.state.since = now
            known[key]?.state.position = nil
        }
        return .done
    }

    private mutating func state(
        _ entry: ScheduleCommand.Entry, at now: UInt64, _ request: (RecordKey) -> StoredRequest?
    ) -> ScheduleState {
        var found = known[entry.key] ?? Known()
        if found.rule != entry.rule || found.state.since == 0 {
            found.rule = entry.rule
            found.state.since = now
            found.state.position = nil
        }
        known[entry.key] = found
        if let record = found.record.flatMap(request) {
            found.state.state = record.state
            found.state.ended = record.ended
            found.state.code = record.code
        }
        return found.state
    }

    private mutating func fired(_ firing: ScheduleCommand.Firing, at now: UInt64) {
        var found = known[firing.key] ?? Known()
        let isNews =
            firing.position.map { $0 > found.state.position ?? .start }
            ?? (firing.due > found.state.due)
        if isNews {
            found.state.due = firing.due
            found.state.fired = now
            found.state.request = firing.request
            found.state.count += 1
            found.state.position = firing.position ?? found.state.position
            found.record = firing.record
        }
        known[firing.key] = found
    }
}
