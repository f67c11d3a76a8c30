import Bus
import Document
import Flow
import Reactor
import Store
import Telemetry
import Wire

/// Workflows that begin by themselves. Every orchestrator acts on what is due: it asks the store to
/// accept a durable request under an id made of the schedule and its due time, so that there is
/// one, whoever asks; only then the store is told that this was acted upon.
extension Conductor {
    /// Which workflows are served has changed.
    mutating func arrangeSchedules() {
        schedules.arrange(
            shelf.all.compactMap { versions in
                guard let first = versions.first,
                    let edition = versions.first(where: { $0.version.prerelease.isEmpty })
                        ?? versions.first
                else { return nil }
                let tenant = flows.tenants[first.key] ?? Identity.local.tenant
                return (edition, tenant)
            })
    }

    /// A worker has brought workflows; theirs are its tenant's.
    mutating func scheduleBrought(_ editions: [Edition], by tenant: String) {
        guard !editions.isEmpty else { return }
        for edition in editions where flows.tenants[edition.key] == nil {
            flows.tenants[edition.key] = tenant
        }
        arrangeSchedules()
    }

    /// Time passed.
    mutating func lookAfterSchedules(into outbox: inout Outbox) {
        guard !schedules.isEmpty, standing == .ready, !isFenced, !isDraining else { return }
        let (time, names) = (storeTime(at: present), welcome.orchestrators.map(\.name))
        let me = name
        let rank = { (line: Timetable.Line) in Self.rank(of: me, among: names, for: line.key) }
        for firing in schedules.due(at: present, time: time, rank) { fire(firing, into: &outbox) }
        readStates(schedules.unknown(at: present, rank, time: time), into: &outbox)
        for (tenant, place) in schedules.behind() { follow(tenant, from: place, into: &outbox) }
    }

    /// The store's word on a request that a schedule asked for.
    mutating func fired(
        _ slot: Int, _ verdict: AcceptVerdict, at now: Instant, into outbox: inout Outbox
    ) {
        guard let firing = schedules.answered(requests.token(slot)) else { return }
        switch verdict {
        case .tenantBusy, .readyBusy, .refused, .unknown:
            log.warning(
                "a schedule is due and its request was not kept: it is tried again",
                ["request": .text(firing.request), "reason": .text("\(verdict)")])
            schedules.unkept(firing.key, at: now)
            return close(slot)
        case .accepted:
            counters.accepted += 1
            note(firing, into: &outbox)
            if let outcome = requests[slot].outcome {
                return conclude(slot, outcome, into: &outbox)
            }
            return begin(slot, at: now, into: &outbox)
        case .waits: readyElsewhere += 1
        case .known, .ended: break
        case .conflict, .unreadable:
            log.error(
                "a schedule is due and another request has its id",
                ["request": .text(firing.request)])
        }
        note(firing, into: &outbox)
        close(slot)
    }

    /// What the store says of events.
    mutating func told(_ ticket: UInt64, _ answer: EventAnswer, into outbox: inout Outbox) {
        switch (inquiries.answered(ticket), answer) {
        case (.publication(let publication), .published(let place, let before)):
            published(publication, at: place, after: before, into: &outbox)
        case (.copy(let publication), .published(let place, let before)):
            arrived(
                publication.event, publication.tenant, place, after: before, into: &outbox)
        case (.events(let tenant), .page(let page)): eventsRead(tenant, page, into: &outbox)
        default: break
        }
    }

    /// What the store says of schedules.
    mutating func told(_ ticket: UInt64, _ answer: ScheduleAnswer, into outbox: inout Outbox) {
        switch (inquiries.answered(ticket), answer) {
        case (.schedules(let keys), .states(let states)):
            schedules.heard(keys, states, at: present)
        case (.fired(let firing), .done):
            schedules.kept(firing, at: present, time: storeTime(at: present))
        case (.scheduling(let asker, let key, let done), .done):
            if let line = schedules[key] { readStates([line], into: &outbox) }
            self.answer(
                asker,
                [
                    "workflow": .string(schedules[key]?.edition.name ?? ""),
                    "state": .string(done),
                ], into: &outbox)
        default: break
        }
    }

    // MARK: - Steps

    /// Whose turn it is: an order of all orchestrators that each of them comes to, another for each
    /// schedule.
    private static func rank(of name: String, among names: [String], for key: ScheduleKey) -> Int {
        func weight(_ name: String) -> UInt64 {
            Digest(name, key.digest.description).high
        }
        let mine = weight(name)
        return names.count { $0 != name && weight($0) < mine }
    }

    private mutating func readStates(_ lines: [Timetable.Line], into outbox: inout Outbox) {
        guard !lines.isEmpty else { return }
        guard !inquiries.isFull else { return schedules.unread(lines.map(\.key)) }
        let ticket = inquiries.ask(.schedules(lines.map(\.key)))
        let entries = lines.map { ScheduleCommand.Entry(key: $0.key, rule: $0.rule) }
        outbox.ask(.schedule(ticket, .read(entries)))
    }

    /// The request is kept: nothing more is to come of this due time.
    private mutating func note(
        _ firing: ScheduleCommand.Firing, into outbox: inout Outbox
    ) {
        guard !inquiries.isFull else { return schedules.unkept(firing.key, at: present) }
        outbox.ask(.schedule(inquiries.ask(.fired(firing)), .fired(firing)))
    }

    private mutating func fire(_ firing: Timetable.Firing, into outbox: inout Outbox) {
        guard let line = schedules[firing.key], registry.frozen[line.edition.label] == nil,
            requests.count < limits.inFlight + limits.waiting
        else { return }
        let id = line.edition.requestID(
            due: firing.position?.description ?? String(firing.due))
        let record = RecordKey(tenant: line.tenant, id: id)
        let note = ScheduleCommand.Firing(
            key: firing.key, due: firing.due, record: record, request: id,
            position: firing.position)
        let key = RequestKey(scope: Peer.scope(ofTenant: line.tenant), id: id)
        guard requests.slot(key) == nil else { return self.note(note, into: &outbox) }
        let slot = requests.take(key)
        fill(slot, line, record, firing)
        schedules.firing(requests.token(slot), note)
        if case .workflow(let journey) = requests[slot].plan {
            keepText(of: journey, into: &outbox)
        }
        outbox.ask(.accept(requests.token(slot), acceptance(slot, id)))
    }

    private mutating func fill(
        _ slot: Int, _ line: Timetable.Line, _ record: RecordKey, _ firing: Timetable.Firing
    ) {
        let journey = Plan.Journey(line.edition, isSilent: true)
        let id = requests[slot].key.id
        var writer = EnvelopeWriter()
        writer.begin(.notification)
        writer.text(.messageID, id)
        writer.text(.receiver, journey.address.receiver)
        requests[slot].state = .accepting
        requests[slot].plan = .workflow(journey)
        requests[slot].agent = registry.expect(line.edition.label)
        requests[slot].caller = Caller(peer: .nobody, messageID: id)
        requests[slot].tenant = line.tenant
        requests[slot].delivery = .durable
        requests[slot].record = record
        requests[slot].priority = 0
        requests[slot].content = ContentBytes(JSON.write(firing.input))
        requests[slot].envelope = writer.bytes
        requests[slot].accepted = present
        requests[slot].began = storeTime(at: present)
        requests[slot].deadline = present + patience(requests[slot].plan, nil)
        requests[slot].trace = dice.trace()
        requests[slot].beganTrace = true
        deadlines.set(slot, due: requests[slot].deadline)
    }

    /// The same whoever asks, with whatever version of the workflow.
    private func acceptance(_ slot: Int, _ id: String) -> StateCommand.Acceptance {
        let time = storeTime(at: present)
        return StateCommand.Acceptance(
            key: requests[slot].record, id: id, tenant: requests[slot].tenant,
            agent: registry.agents[requests[slot].agent].name, body: Digest("schedule", id),
            accepted: time, deadline: time + (requests[slot].deadline - present).milliseconds,
            priority: 0, waits: requests.count > limits.inFlight,
            input: StoredMessage(
                envelope: requests[slot].envelope, content: requests[slot].content))
    }
}

extension Edition {
    /// The id of the request that a due time of its schedule leads to. Where its name is too long
    /// or another namespace's, some letters tell it from others.
    func requestID(due: String) -> String {
        guard about.namespace != "default" || about.name.utf8.count > 34 else {
            return "sched.\(about.name).\(due)"
        }
        let mark = String(Digest(about.namespace, about.name).high, radix: 36).prefix(8)
        return "sched.\(about.name.prefix(25))-\(mark).\(due)"
    }
}
