import Telemetry
import Wire

/// Keeps durable requests in the memory of this process, as Redis would: what it holds is lost with
/// it, and every answer says so.
///
/// It answers at once. Finished requests are remembered for a while, bounded in number and bytes,
/// so that a repeated submit gets the one answer instead of a second execution.
package struct MemoryStore {
    private let settings: StoreSettings
    private var records: [RecordKey: MemoryRecord] = [:]
    private var finished = KeyQueue()
    private var bytes = 0
    /// Requests that wait for an owner, that are parked, that are dead letters: in their order.
    private var ready: [RecordKey] = []
    private var parked: [RecordKey] = []
    private var dead: [RecordKey] = []
    private var inHand: [String: Int] = [:]
    private var hours: [Int: [String: AgentFigures]] = [:]
    private(set) package var frozen: [String: String] = [:]
    private var now: UInt64 = 0
    private var sessions: MemorySessions
    private var workflows = MemoryWorkflows()
    private var people = MemoryPeople()
    private var events = MemoryEvents()
    private var schedules = MemorySchedules()
    private var swept: UInt64 = 0

    package init(_ settings: StoreSettings = StoreSettings()) {
        self.settings = settings
        sessions = MemorySessions(settings)
    }

    /// Whether what it accepted outlives this process.
    package static let isDurable = false

    package var count: Int { records.count }
    package var waiting: Int { ready.count }
    package var sessionCount: Int { sessions.count }
    package var sessionBytes: Int { sessions.bytes }

    /// - Parameter time: milliseconds since 1970.
    package mutating func perform(_ command: StateCommand, at time: UInt64) -> StateReply {
        now = time
        switch command {
        case .accept(let token, let acceptance): return .accepted(token, accept(acceptance))
        case .attempt(let token, let attempt): return .attempted(token, note(attempt))
        case .start(let token, let start): return .started(token, begin(start))
        case .advance(let token, let advance): return .advanced(token, keep(advance))
        case .journal(let token, let item): return .journaled(token, keep(item))
        case .keepWorkflow(let ticket, let digest, let text):
            workflows.keep(digest, text, at: now)
            return .keptWorkflow(ticket)
        case .finish(let token, let ending): return .finished(token, finish(ending))
        case .park(let token, let parking): return .parked(token, park(parking))
        case .release(let token, let key): return .released(token, release(key))
        case .claim(let count): return .claimed(claim(count))
        case .beginEffect(let ticket, let effect): return .effect(ticket, begin(effect))
        case .endEffect(let ticket, let effect, let result):
            records[effect.key]?.effects[effect.name] = .done(result)
            return .effect(ticket, records[effect.key] == nil ? .stale : .go)
        case .deposit(let ticket, let item): return .deposited(ticket, keep(item))
        case .read, .readJournal, .workflow, .words, .list, .figures: return look(command)
        case .session(let ticket, let command):
            let records = records
            if now >= swept + 1000 {
                swept = now
                sessions.sweep(at: now) { records[$0]?.request }
            }
            return .session(
                ticket, sessions.perform(command, at: now) { records[$0]?.request })
        case .person(let ticket, let command):
            let records = records
            return .person(ticket, people.perform(command, at: now) { records[$0] })
        case .event(let ticket, let command):
            return .event(ticket, events.perform(command, at: now))
        case .schedule(let ticket, let command):
            let records = records
            return .schedule(
                ticket, schedules.perform(command, at: now) { records[$0]?.request })
        case .resolve, .cancel, .revive, .discard, .freeze: return decide(command)
        }
    }

    // MARK: - The life of a request

    private mutating func accept(_ acceptance: StateCommand.Acceptance) -> AcceptVerdict {
        trim()
        if let known = records[acceptance.key] {
            guard known.body == acceptance.body else { return .conflict }
            if known.request.state.isTerminal { return .ended }
            return known.request.state == .running ? .accepted : .known(known.request.state)
        }
        guard inHand[acceptance.tenant, default: 0] < settings.tenantInFlight else {
            return .tenantBusy
        }
        guard !acceptance.waits || ready.count < settings.ready else { return .readyBusy }
        let record = MemoryRecord(acceptance)
        records[acceptance.key] = record
        inHand[acceptance.tenant, default: 0] += 1
        guard acceptance.waits else {
            record.take()
            return .accepted
        }
        line(up: record)
        return .waits
    }

    private func note(_ attempt: StateCommand.Attempt) -> Keeping {
        guard let record = records[attempt.key] else { return .gone }
        guard record.request.state == .running else { return .fenced }
        record.request.attempts = max(record.request.attempts, attempt.number)
        return .kept
    }

    private mutating func begin(_ start: StateCommand.StepStart) -> Keeping {
        guard let record = records[start.key] else { return .gone }
        guard record.request.state == .running else { return .fenced }
        if record.step(start.step)?.attempt == start.attempt { return .kept }
        record.keep(
            StoredStep(
                number: start.step, state: .started, attempt: start.attempt, agent: start.agent,
                instance: start.instance, at: now, took: 0))
        record.note(
            "started", step: start.step, attempt: start.attempt, agent: start.agent,
            instance: start.instance, at: now)
        return .kept
    }

    private mutating func keep(_ advance: StateCommand.Advance) -> Keeping {
        guard let record = records[advance.key] else { return .gone }
        if record.step(advance.step)?.state == .done { return .kept }
        guard record.request.state == .running else { return .fenced }
        record.keep(
            StoredStep(
                number: advance.step, state: .done, attempt: advance.attempt,
                agent: advance.agent, instance: advance.instance, at: now, took: advance.took,
                result: StoredSession.Excerpt(advance.result.content)))
        record.request.lastResult = advance.result
        record.note(
            "done", step: advance.step, attempt: advance.attempt, agent: advance.agent,
            instance: advance.instance, at: now, took: advance.took)
        record.note("dispatched", step: advance.step + 1, agent: advance.next, at: now)
        return .kept
    }

    private func keep(_ item: StateCommand.Journaling) -> Keeping {
        guard let record = records[item.key] else { return .gone }
        let (count, total) = (record.journal.count, item.after + item.entries.count)
        if count >= total { return .kept }
        guard record.request.state == .running, count == item.after,
            total <= StateCommand.Journaling.mostEntries
        else { return .fenced }
        record.add(item, at: now)
        return .kept
    }

    private mutating func finish(_ ending: StateCommand.Ending) -> Keeping {
        guard let record = records[ending.key] else { return .gone }
        guard !record.request.state.isTerminal else {
            return record.isSame(ending) ? .kept : .fenced
        }
        guard record.request.state == .running else { return .fenced }
        record.request.instance = ending.instance
        record.request.attempt = ending.attempt
        record.request.took = ending.took
        record.note(
            "done", step: ending.step, attempt: ending.attempt, agent: ending.agent,
            instance: ending.instance, at: now, took: ending.took, code: ending.code)
        count(ending)
        close(record, ending.state, ending.code, ending.output, ending.size)
        if ending.isDead { bury(record) } else { shelve(record) }
        return .kept
    }

    private mutating func park(_ parking: StateCommand.Parking) -> Keeping {
        guard let record = records[parking.key] else { return .gone }
        if record.request.state == .uncertain { return .kept }
        guard record.request.state == .running else { return .fenced }
        record.keep(
            StoredStep(
                number: parking.step, state: .uncertain, attempt: parking.attempt,
                agent: parking.agent, instance: parking.instance, at: now, took: 0))
        record.request.state = .uncertain
        record.note(
            "uncertain", step: parking.step, attempt: parking.attempt, agent: parking.agent,
            instance: parking.instance, at: now, code: parking.reason)
        parked.append(parking.key)
        return .kept
    }

    private mutating func release(_ key: RecordKey) -> Keeping {
        guard let record = records[key] else { return .gone }
        guard record.request.state == .running else { return .fenced }
        record.note("released", at: now)
        line(up: record)
        return .kept
    }

    private mutating func claim(_ count: Int) -> [StoredRequest] {
        let keys = ready.prefix(count)
        ready.removeFirst(keys.count)
        return keys.compactMap { key in
            records[key]?.take()
            return records[key]?.request
        }
    }

    private func keep(_ item: StateCommand.Deposit) -> DepositVerdict {
        guard let record = records[item.key], !record.request.state.isTerminal else {
            return .over
        }
        if record.names.insert(item.name).inserted { record.request.words.append(item.message) }
        return .kept(owner: "")
    }

    private mutating func begin(_ effect: StateCommand.Effect) -> EffectVerdict {
        guard let record = records[effect.key], record.request.state == .running else {
            return .stale
        }
        switch record.effects[effect.name] {
        case .done(let result): return .skip(result)
        case .intended(let asking)
        where effect.isUnsafe && (asking.isEmpty || asking != effect.asking):
            return .unknown
        case .intended, nil:
            record.effects[effect.name] = .intended(asking: effect.asking)
            return .go
        }
    }

    // MARK: - What people decide

    private mutating func decide(_ command: StateCommand) -> StateReply {
        switch command {
        case .resolve(let ticket, let key, let resolution, _):
            return .decided(ticket, resolve(key, resolution))
        case .cancel(let ticket, let key, let who):
            return .decided(ticket, cancel(key, by: who))
        case .revive(let ticket, let key, _):
            return .decided(ticket, revive(key))
        case .discard(let ticket, let key):
            guard let record = records[key] else { return .decided(ticket, .unknown) }
            guard unbury(key) else { return .decided(ticket, .state(record.request.state)) }
            shelve(record)
            return .decided(ticket, .done)
        case .freeze(let ticket, let agent, let isOn, let reason):
            frozen[agent] = isOn ? reason : nil
            return .decided(ticket, .done)
        default: return .failed(0, reason: "no decision")
        }
    }

    private mutating func resolve(
        _ key: RecordKey, _ resolution: StateCommand.Resolution
    ) -> Decided {
        guard let record = records[key] else { return .unknown }
        guard record.request.state == .uncertain else { return .state(record.request.state) }
        parked.removeAll { $0 == key }
        record.note("resolved", at: now)
        switch resolution.verdict {
        case .again:
            record.forgetUncertain()
            line(up: record)
        case .done, .failed:
            let state = resolution.verdict == .done ? StoredState.succeeded : .failed
            close(record, state, resolution.code, resolution.output, 512)
            shelve(record)
        }
        return .done
    }

    private mutating func cancel(_ key: RecordKey, by who: String) -> Decided {
        guard let record = records[key] else { return .unknown }
        switch record.request.state {
        case .ready: ready.removeAll { $0 == key }
        case .uncertain: parked.removeAll { $0 == key }
        case .cancelled: return .done
        case let state: return .state(state)
        }
        close(record, .cancelled, who, nil, 512)
        shelve(record)
        return .done
    }

    private mutating func revive(_ key: RecordKey) -> Decided {
        guard let record = records[key] else { return .unknown }
        guard unbury(key) else { return .state(record.request.state) }
        record.request.output = nil
        record.request.ended = 0
        record.note("revived", at: now)
        inHand[record.request.tenant, default: 0] += 1
        line(up: record)
        return .done
    }

    // MARK: - Looking

    private mutating func look(_ command: StateCommand) -> StateReply {
        trim()
        switch command {
        case .read(let ticket, let key, let from):
            guard let record = records[key] else { return .read(ticket, nil) }
            var request = record.request
            request.events.removeAll { $0.number < from }
            return .read(ticket, request)
        case .readJournal(let ticket, let key, let from):
            return .journalPage(ticket, records[key]?.journal.page(from: from))
        case .workflow(let ticket, let digest):
            return .workflow(ticket, workflows.text(digest, at: now))
        case .words(let ticket, let key):
            return .words(ticket, records[key]?.request.words ?? [])
        case .list(let ticket, let query):
            let all = keys(query.kind).compactMap { records[$0]?.request }
                .filter { query.tenant == nil || $0.tenant == query.tenant }
            let page = all.dropFirst(query.offset).prefix(query.limit)
            return .listed(ticket, Array(page), total: all.count)
        case .figures(let ticket, let count):
            let first = Int(now / 3_600_000) - count
            let rows = hours.filter { $0.key > first }.flatMap(\.value.values)
            return .figures(ticket, rows.sorted { ($0.hour, $0.agent) < ($1.hour, $1.agent) })
        default: return .failed(0, reason: "no question")
        }
    }

    private func keys(_ kind: StateCommand.ListQuery.Kind) -> [RecordKey] {
        switch kind {
        case .ready: ready
        case .uncertain: parked
        case .dead: dead
        case .finished: finished.latestFirst
        case .open: records.filter { $0.value.request.state == .running }.map(\.key)
        }
    }

    // MARK: - Steps

    private mutating func line(up record: MemoryRecord) {
        record.request.state = .ready
        let key = record.request.key
        let place = ready.firstIndex { records[$0].map { $0.priority < record.priority } ?? false }
        ready.insert(key, at: place ?? ready.count)
    }

    private mutating func close(
        _ record: MemoryRecord, _ state: StoredState, _ code: String, _ output: StoredMessage?,
        _ size: Int
    ) {
        record.end(state, code, output, size, at: now)
        people.dismiss(record.request.key, at: now)
        let tenant = record.request.tenant
        inHand[tenant, default: 1] -= 1
        if inHand[tenant] == 0 { inHand[tenant] = nil }
    }

    private mutating func shelve(_ record: MemoryRecord) {
        finished.append(record.request.key)
        bytes += record.size
        trim()
    }

    private mutating func bury(_ record: MemoryRecord) {
        dead.append(record.request.key)
        guard dead.count > settings.deadKept, let oldest = records[dead.removeFirst()] else {
            return
        }
        shelve(oldest)
    }

    private mutating func unbury(_ key: RecordKey) -> Bool {
        guard let place = dead.firstIndex(of: key) else { return false }
        dead.remove(at: place)
        return true
    }

    private mutating func count(_ ending: StateCommand.Ending) {
        let hour = Int(now / 3_600_000)
        var figures =
            hours[hour]?[ending.agent]
            ?? AgentFigures(agent: ending.agent, hour: hour, count: 0, failed: 0, milliseconds: 0)
        figures.count += 1
        figures.failed += ending.code.isEmpty ? 0 : 1
        figures.milliseconds += Int(clamping: ending.took)
        if hours[hour] == nil {
            // A week is kept, as Redis does.
            hours = hours.filter { $0.key > hour - 7 * 24 }
        }
        hours[hour, default: [:]][ending.agent] = figures
    }

    private mutating func trim() {
        let retention = settings.retention.milliseconds
        while let oldest = finished.first, let record = records[oldest],
            finished.count > settings.finishedKept || bytes > settings.finishedBytes
                || now > record.request.ended + retention
        {
            bytes -= record.size
            records[oldest] = nil
            people.forget(oldest)
            finished.removeFirst()
        }
    }
}
