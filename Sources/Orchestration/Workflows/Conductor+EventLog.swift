import Document
import Flow
import Reactor
import Store
import Telemetry
import Wire

/// The logs of events as they are read here: for runs with a journal that listen, and for schedules
/// that begin with events.
extension Conductor {
    /// A run listens from now on. Where it keeps a journal that says from which place in the log
    /// on: whoever takes it over goes on there.
    mutating func listen(_ token: UInt64, into outbox: inout Outbox) {
        guard !flows.listeners.contains(token) else { return }
        flows.listen(token)
        guard let slot = requests.slot(token: token), let work = flows[token],
            work.journal != nil
        else { return }
        let tenant = requests[slot].tenant
        // What came while nobody had the run counts, too.
        let place = work.isReturning ? work.cursor : flows.readers.end(tenant)
        flows[token]?.cursor = place
        if let place { keepCursor(place, token, into: &outbox) }
        follow(tenant, from: place, into: &outbox)
    }

    /// A run listens no longer.
    mutating func unlisten(_ token: UInt64, into outbox: inout Outbox) {
        guard flows[token]?.run.isListening == false else { return }
        flows.unlisten(token)
        guard flows[token]?.cursor != nil else { return }
        flows[token]?.cursor = nil
        guard flows[token]?.run.outcome == nil else { return }
        keepCursor(nil, token, into: &outbox)
    }

    /// Somebody here wants what comes after a place in a log.
    mutating func follow(
        _ tenant: String, from place: LogPosition?, into outbox: inout Outbox
    ) {
        let from = flows.readers.follow(tenant, from: place, at: present)
        if let from { ask(tenant, from, into: &outbox) }
    }

    /// An event was kept, here or elsewhere.
    mutating func arrived(
        _ event: Value, _ tenant: String, _ place: LogPosition, after before: LogPosition?,
        into outbox: inout Outbox
    ) {
        if let before { open(tenant, at: before, into: &outbox) }
        switch flows.readers.heard(tenant, place, after: before ?? .end) {
        case .none: break
        case .next: deliver(event, tenant, place, into: &outbox)
        case .behind: readOn(tenant, into: &outbox)
        }
    }

    /// A stretch of a log.
    mutating func eventsRead(_ tenant: String, _ page: EventPage, into outbox: inout Outbox) {
        let isUseful = flows.readers.answered(tenant, page)
        if isUseful {
            open(tenant, at: page.last, into: &outbox)
            for entry in page.entries {
                guard let head = flows.readers.head(tenant), entry.position > head else {
                    continue
                }
                flows.readers.told(tenant, entry.position)
                let event = (try? JSON.parse(entry.bytes)) ?? .null
                deliver(event, tenant, entry.position, into: &outbox)
            }
        }
        if page.hasMore || !isUseful || flows.readers.isBehind(tenant) {
            readOn(tenant, into: &outbox)
        }
    }

    /// Looks at the logs of which nothing was heard for a while, and forgets those that nobody here
    /// wants.
    mutating func lookAfterLogs(into outbox: inout Outbox) {
        guard !flows.readers.isEmpty else { return }
        for tenant in flows.readers.due(at: present) {
            if isFollowed(tenant) {
                readOn(tenant, into: &outbox)
            } else {
                flows.readers.drop(tenant)
            }
        }
    }

    // MARK: - Steps

    private func isFollowed(_ tenant: String) -> Bool {
        if schedules.follows(tenant) { return true }
        return flows.listeners.contains { token in
            guard flows[token]?.journal != nil, let slot = requests.slot(token: token) else {
                return false
            }
            return requests[slot].tenant == tenant
        }
    }

    private mutating func readOn(_ tenant: String, into outbox: inout Outbox) {
        guard let from = flows.readers.ask(tenant, at: present) else { return }
        ask(tenant, from, into: &outbox)
    }

    private mutating func ask(
        _ tenant: String, _ from: LogPosition, into outbox: inout Outbox
    ) {
        guard !inquiries.isFull else { return flows.readers.failed(tenant) }
        let ticket = inquiries.ask(.events(tenant: tenant))
        outbox.ask(.event(ticket, .read(tenant: tenant, after: from)))
    }

    /// The end of a log is known: those who wait for that begin there.
    private mutating func open(
        _ tenant: String, at place: LogPosition, into outbox: inout Outbox
    ) {
        guard flows.readers.opened(tenant, at: place) else { return }
        for token in flows.listeners {
            guard let work = flows[token], work.journal != nil, work.cursor == nil,
                let slot = requests.slot(token: token), requests[slot].tenant == tenant
            else { continue }
            flows[token]?.cursor = place
            keepCursor(place, token, into: &outbox)
        }
    }

    private mutating func keepCursor(
        _ place: LogPosition?, _ token: UInt64, into outbox: inout Outbox
    ) {
        flows[token]?.journal?.write(.cursor(place))
        keepJournal(token, into: &outbox)
    }

    private mutating func deliver(
        _ event: Value, _ tenant: String, _ place: LogPosition, into outbox: inout Outbox
    ) {
        for token in flows.listeners {
            guard let work = flows[token], work.journal != nil, let cursor = work.cursor,
                cursor < place, let slot = requests.slot(token: token),
                requests[slot].tenant == tenant
            else { continue }
            flows[token]?.cursor = place
            tell(token, .event(event), at: place, into: &outbox)
        }
        schedules.take(event, of: tenant, at: place, now: present)
    }
}
