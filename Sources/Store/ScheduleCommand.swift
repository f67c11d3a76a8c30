/// What is asked of whoever keeps what becomes of schedules. All of it may be repeated.
package enum ScheduleCommand: Sendable {
    /// What is known of schedules; one that is not known, or has another rule by now, is from now
    /// on. At most a hundred at a time.
    case read([Entry])
    /// A request was accepted because a schedule was due.
    case fired(Firing)
    /// Nothing comes of a schedule until it is resumed; what falls due meanwhile never comes.
    case pause(ScheduleKey, by: String)
    case resume(ScheduleKey)

    package struct Entry: Sendable {
        package var key: ScheduleKey
        package var rule: String

        package init(key: ScheduleKey, rule: String) {
            self.key = key
            self.rule = rule
        }
    }

    package struct Firing: Sendable {
        package var key: ScheduleKey
        /// When it was due, in milliseconds since 1970.
        package var due: UInt64
        package var record: RecordKey
        package var request: String
        /// The last of the events that made it due, where events did.
        package var position: LogPosition?

        package init(
            key: ScheduleKey, due: UInt64, record: RecordKey, request: String,
            position: LogPosition? = nil
        ) {
            self.key = key
            self.due = due
            self.record = record
            self.request = request
            self.position = position
        }
    }

    var kind: StateCommand.Kind {
        switch self {
        case .read: .question
        case .fired, .pause, .resume: .decision
        }
    }

    var script: RedisScript {
        switch self {
        case .read: .schedules
        case .fired, .pause, .resume: .schedule
        }
    }

    func write(_ arguments: inout RedisArguments, now: UInt64) {
        switch self {
        case .read(let entries):
            arguments.number(now)
            for entry in entries {
                arguments.digest(entry.key.digest)
                arguments.text(entry.rule)
            }
        case .fired(let firing):
            arguments.text("fired")
            arguments.number(now)
            arguments.digest(firing.key.digest)
            arguments.number(firing.due)
            arguments.digest(firing.record.digest)
            arguments.text(firing.request)
            arguments.text(firing.position?.description ?? "")
        case .pause(let key, let who):
            arguments.text("pause")
            arguments.number(now)
            arguments.digest(key.digest)
            arguments.text(who)
        case .resume(let key):
            arguments.text("resume")
            arguments.number(now)
            arguments.digest(key.digest)
        }
    }

    /// What a script answered; nothing where that makes no sense.
    func answer(_ reply: RedisReply) -> ScheduleAnswer? {
        guard case .read(let entries) = self else { return reply.text == "K" ? .done : nil }
        guard let rows = reply.array, rows.count == entries.count else { return nil }
        return .states(rows.map { ScheduleState($0) })
    }
}

/// Names what falls due: a workflow of a tenant.
package struct ScheduleKey: Hashable, Sendable {
    package let digest: Digest

    package init(tenant: String, namespace: String, name: String) {
        digest = Digest("schedule", tenant, namespace, name)
    }
}

/// What the store says of schedules.
package enum ScheduleAnswer: Sendable, Equatable {
    case done
    /// In the order in which they were asked for.
    case states([ScheduleState])
}

/// What became of a schedule so far. All times are milliseconds since 1970; 0: never.
package struct ScheduleState: Sendable, Equatable {
    /// Since when it is as it is: nothing that was due before counts.
    package var since: UInt64 = 0
    /// The latest due time that a request was accepted for, and when that was.
    package var due: UInt64 = 0
    package var fired: UInt64 = 0
    package var count: UInt64 = 0
    /// That request: its id, and where it is now; `nil` where it is not kept any more.
    package var request = ""
    package var state: StoredState?
    package var ended: UInt64 = 0
    package var code = ""
    /// The last event that made it due.
    package var position: LogPosition?
    /// Who paused it; empty: it is not paused.
    package var pausedBy = ""

    package init() {}
}

extension ScheduleState {
    /// A row of `schedules`; what makes no sense was never written.
    init(_ reply: RedisReply) {
        let parts = reply.array ?? []
        guard parts.count == 10 else { return }
        since = parts[0].unsigned ?? 0
        due = parts[1].unsigned ?? 0
        fired = parts[2].unsigned ?? 0
        count = parts[3].unsigned ?? 0
        request = parts[4].text ?? ""
        state = parts[5].text.flatMap { StoredState(rawValue: $0) }
        ended = parts[6].unsigned ?? 0
        code = parts[7].text ?? ""
        position = parts[8].text.flatMap { LogPosition($0) }
        pausedBy = parts[9].text ?? ""
    }
}
