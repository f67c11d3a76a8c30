import Document
import Flow
import Reactor
import Store
import Telemetry
import Wire

/// The workflows that begin by themselves, and what is known of each. It fires nothing: it says
/// what is due, and is told what came of it.
struct Timetable {
    /// How long what the store knows of a schedule counts for an orchestrator whose turn it is, and
    /// for all others; those that count from the end of a run want to know it sooner.
    private static let fresh = Duration.seconds(2)
    private static let turn = Duration.milliseconds(100)
    private static let ends = Duration.milliseconds(400)
    /// How much later each orchestrator acts than the one before: the first is seldom gone.
    private static let stagger: UInt64 = 150
    private static let rest = Duration.milliseconds(500)
    /// Schedules that are asked for at once.
    private static let page = 100

    /// A workflow with a schedule.
    struct Line {
        let key: ScheduleKey
        let edition: Edition
        let tenant: String
        let schedule: Schedule
        let rule: String
        var state: ScheduleState? {
            didSet { next = state.flatMap { schedule.next($0) } }
        }
        /// When it is due next by the clock, so that nobody has to reckon until then.
        private(set) var next: UInt64?
        /// When that was heard, when it was asked for, and whether an answer is on its way.
        var heard = Instant.zero
        var asked = Instant.zero
        var isAsking = false
        /// Whether a request for it is on its way.
        var isFiring = false
        /// Not before this: the store did not take it.
        var rests = Instant.zero
        var matcher: EventMatcher?
        /// Whether the log is read for that.
        var isFollowing = false
        /// When the first of what events made due was found here.
        var found = Instant.zero

        /// What is known goes for another version with the same schedule.
        fileprivate mutating func learn(from other: Line) {
            state = other.state
            (heard, asked, isAsking) = (other.heard, other.asked, other.isAsking)
            (matcher, isFollowing, found) = (other.matcher, other.isFollowing, other.found)
            rests = other.rests
        }
    }

    /// What is to be begun.
    struct Firing {
        let key: ScheduleKey
        let due: UInt64
        var position: LogPosition?
        var input: Value = [:]
    }

    private var lines: [ScheduleKey: Line] = [:]
    /// What was asked to be accepted, by the token of its request.
    private var firings: [UInt64: ScheduleCommand.Firing] = [:]

    var isEmpty: Bool { lines.isEmpty }
    var all: [Line] {
        lines.values.sorted {
            ($0.edition.name, $0.edition.id) < ($1.edition.name, $1.edition.id)
        }
    }

    subscript(key: ScheduleKey) -> Line? { lines[key] }

    // MARK: - What there is

    /// The workflows that are served now; of each the version that answers to its name.
    mutating func arrange(_ editions: [(edition: Edition, tenant: String)]) {
        var arranged: [ScheduleKey: Line] = [:]
        for (edition, tenant) in editions {
            guard let schedule = edition.plan.workflow.schedule else { continue }
            let key = ScheduleKey(
                tenant: tenant, namespace: edition.about.namespace, name: edition.name)
            let text = JSON.text(edition.plan.workflow.source["schedule"] ?? .null)
            let rule = text.utf8.count <= 200 ? text : Digest("rule", text).description
            var line = Line(
                key: key, edition: edition, tenant: tenant, schedule: schedule, rule: rule)
            if let known = lines[key] {
                line.isFiring = known.isFiring
                if known.rule == rule { line.learn(from: known) }
            }
            arranged[key] = line
        }
        lines = arranged
    }

    // MARK: - What is known

    /// Schedules of which the store is to be asked now.
    mutating func unknown(at now: Instant, _ rank: (Line) -> Int, time: UInt64) -> [Line] {
        var wanted: [Line] = []
        for (key, line) in lines where !line.isAsking && wanted.count < Self.page {
            let age = now - line.heard
            let isDue = line.next.map { $0 <= time } ?? false
            let limit =
                switch line.schedule {
                case _ where line.state == nil: Self.rest
                case .every where isDue && rank(line) > 0, .cron where isDue && rank(line) > 0:
                    Self.turn
                case .on where line.matcher?.due.isEmpty == false && rank(line) > 0: Self.turn
                case .after: Self.ends
                default: Self.fresh
                }
            guard age >= limit, now - line.asked >= Self.turn else { continue }
            lines[key]?.isAsking = true
            lines[key]?.asked = now
            wanted.append(line)
        }
        return wanted
    }

    mutating func heard(_ keys: [ScheduleKey], _ states: [ScheduleState], at now: Instant) {
        for (key, state) in zip(keys, states) {
            guard var line = lines[key] else { continue }
            line.isAsking = false
            line.heard = now
            let isNew = line.state?.since != state.since || !state.pausedBy.isEmpty
            line.state = state
            if case .on(let events, let read) = line.schedule {
                if isNew { line.matcher = nil }
                if line.matcher == nil, state.pausedBy.isEmpty {
                    let place = LogPosition(milliseconds: state.since, number: .max)
                    line.matcher = EventMatcher(events, read, from: state.position ?? place)
                    line.isFollowing = false
                } else if let place = state.position {
                    line.matcher?.acted(place)
                }
            }
            lines[key] = line
        }
    }

    mutating func unread(_ keys: [ScheduleKey]) {
        for key in keys { lines[key]?.isAsking = false }
    }

    // MARK: - Events

    func follows(_ tenant: String) -> Bool {
        lines.values.contains { $0.tenant == tenant && $0.matcher != nil }
    }

    mutating func take(_ event: Value, of tenant: String, at place: LogPosition, now: Instant) {
        for (key, line) in lines where line.tenant == tenant && line.matcher != nil {
            let wasEmpty = line.matcher?.due.isEmpty == true
            lines[key]?.matcher?.take(event, at: place)
            if wasEmpty, lines[key]?.matcher?.due.isEmpty == false { lines[key]?.found = now }
        }
    }

    /// From where the log of a tenant is to be read, for each that has not read it yet.
    mutating func behind() -> [(tenant: String, from: LogPosition)] {
        var wanted: [(tenant: String, from: LogPosition)] = []
        for (key, line) in lines {
            guard let matcher = line.matcher else { continue }
            if lines[key]?.matcher?.returns() == true || !line.isFollowing {
                lines[key]?.isFollowing = true
                wanted.append((line.tenant, matcher.cursor))
            }
        }
        return wanted
    }

    // MARK: - What is due

    /// What is due now, of those that nothing is on its way for.
    func due(at now: Instant, time: UInt64, _ rank: (Line) -> Int) -> [Firing] {
        lines.values.compactMap { line in
            guard let state = line.state, state.pausedBy.isEmpty, !line.isFiring,
                line.rests <= now
            else { return nil }
            let first = line.matcher?.due.first
            guard first != nil || line.next.map({ $0 <= time }) == true else { return nil }
            let rank = rank(line)
            let age = now - line.heard
            guard age <= (rank == 0 ? Self.fresh + Self.fresh : Self.turn) else { return nil }
            let wait = UInt64(rank) * Self.stagger
            if let next = first {
                guard (now - line.found).milliseconds >= wait else { return nil }
                return Firing(
                    key: line.key, due: next.position.milliseconds, position: next.position,
                    input: next.input)
            }
            guard let due = line.schedule.due(state, at: time), due + wait <= time else {
                return nil
            }
            return Firing(key: line.key, due: due)
        }
    }

    mutating func firing(_ token: UInt64, _ firing: ScheduleCommand.Firing) {
        firings[token] = firing
        lines[firing.key]?.isFiring = true
    }

    func fires(_ token: UInt64) -> Bool { firings[token] != nil }

    mutating func answered(_ token: UInt64) -> ScheduleCommand.Firing? {
        firings.removeValue(forKey: token)
    }

    /// The store knows that it was acted upon.
    mutating func kept(_ firing: ScheduleCommand.Firing, at now: Instant, time: UInt64) {
        guard var line = lines[firing.key] else { return }
        line.isFiring = false
        line.found = now
        if var state = line.state {
            state.due = max(state.due, firing.due)
            state.fired = time
            state.request = firing.request
            state.state = .running
            state.count += 1
            if let place = firing.position {
                state.position = place
                line.matcher?.acted(place)
            }
            line.state = state
        }
        lines[firing.key] = line
    }

    /// It is tried again in a moment.
    mutating func unkept(_ key: ScheduleKey, at now: Instant) {
        lines[key]?.isFiring = false
        lines[key]?.rests = now + Self.rest
    }
}
