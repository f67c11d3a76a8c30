import Bus
import Document
import Flow
import Store
import Telemetry
import Wire

/// What people may ask about schedules, and decide about them.
extension Conductor {
    enum ScheduleQuestion: String, CaseIterable {
        case schedules, pause, unpause
    }

    mutating func askSchedules(
        _ question: ScheduleQuestion, _ body: Value, _ asker: Inquiries.Asker,
        _ message: borrowing EnvelopeView, into outbox: inout Outbox
    ) throws(Fault) {
        let peer = asker.caller.peer
        let seen = schedules.all.filter {
            isOperator(peer) || $0.tenant == peers.tenant(of: peer)
        }
        guard question != .schedules else {
            let rows = page(seen, body).map { Value.object($0.row) }
            return try tell(.array(rows), about: message, to: peer, into: &outbox)
        }
        let line = try line(body["name"]?.string ?? "", among: seen)
        let who = peers[peer]?.identity.name ?? ""
        let (done, command): (String, ScheduleCommand) =
            question == .pause
            ? ("paused", .pause(line.key, by: who.isEmpty ? "somebody" : who))
            : ("scheduled", .resume(line.key))
        try inquire(.scheduling(asker, line.key, done: done), into: &outbox) {
            .schedule($0, command)
        }
    }

    private func line(
        _ name: String, among lines: [Timetable.Line]
    ) throws(Fault) -> Timetable.Line {
        let address = try WorkflowAddress(name)
        let found = lines.filter {
            $0.edition.name == address.name
                && address.namespace ?? $0.edition.about.namespace == $0.edition.about.namespace
        }
        guard let first = found.first else {
            let near = Suggestion.question(for: name, in: lines.map(\.edition.name))
            throw Fault(
                WireCode.notFound, "there is no workflow \(name) with a schedule\(near)")
        }
        guard found.count == 1 else {
            let choices = found.map { $0.edition.key.description }.joined(separator: ", ")
            throw Fault(WireCode.invalid, "\(name) is ambiguous: say \(choices)")
        }
        return first
    }
}

extension Timetable.Line {
    /// As people are shown it.
    fileprivate var row: ObjectValue {
        let place = edition.key.description
        var row: ObjectValue = [
            "id": .string(tenant == Identity.local.tenant ? place : "\(tenant)/\(place)"),
            "workflow": .string(edition.name),
            "namespace": .string(edition.about.namespace),
            "version": .string(edition.about.version), "tenant": .string(tenant),
            "schedule": .string(schedule.summary),
            "state": .string(state.map { $0.pausedBy.isEmpty ? "scheduled" : "paused" } ?? "new"),
        ]
        guard let state else { return row }
        if !state.pausedBy.isEmpty { row["paused_by"] = .string(state.pausedBy) }
        if state.pausedBy.isEmpty, let next = self.next {
            row["next_ms"] = .integer(Int64(clamping: next))
            row["next"] = Self.time(next)
        }
        row["fired"] = .integer(Int64(clamping: state.count))
        guard !state.request.isEmpty else { return row }
        row["last"] = Self.time(state.due)
        row["last_ms"] = .integer(Int64(clamping: state.due))
        row["request"] = .string(state.request)
        row["result"] = .string(state.state?.word ?? "not kept any more")
        if !state.code.isEmpty { row["code"] = .string(state.code) }
        return row
    }

    private static func time(_ milliseconds: UInt64) -> Value {
        .string(Moment(milliseconds: Int64(clamping: milliseconds)).iso8601)
    }
}
