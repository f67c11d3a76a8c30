import Telemetry
import Wire

/// The logs of events that the store in memory has, one for each tenant.
struct MemoryEvents {
    private struct Log {
        var entries: [(position: LogPosition, digest: Digest, bytes: [UInt8])] = []
        var places: [Digest: LogPosition] = [:]
        var last = LogPosition.start
        var bytes = 0
    }

    /// Old events that one new one makes go, at most.
    private static let trimmed = 8

    private var logs: [String: Log] = [:]

    mutating func perform(_ command: EventCommand, at now: UInt64) -> EventAnswer {
        switch command {
        case .publish(let event): publish(event, at: now)
        case .read(let tenant, let after): .page(page(tenant, after))
        }
    }

    private mutating func publish(_ event: EventCommand.Event, at now: UInt64) -> EventAnswer {
        var log = logs[event.tenant] ?? Log()
        if let known = log.places[event.digest] { return .published(known, after: nil) }
        let before = log.last
        let place =
            now > before.milliseconds
            ? LogPosition(milliseconds: now, number: 0)
            : LogPosition(milliseconds: before.milliseconds, number: before.number + 1)
        log.entries.append((place, event.digest, event.bytes))
        log.places[event.digest] = place
        log.last = place
        log.bytes += event.bytes.count
        for _ in 0..<Self.trimmed {
            guard let oldest = log.entries.first, log.entries.count > 1,
                log.entries.count > EventCommand.mostEvents || log.bytes > EventCommand.mostBytes
                    || oldest.position.milliseconds + EventCommand.life.milliseconds < now
            else { break }
            log.entries.removeFirst()
            log.places[oldest.digest] = nil
            log.bytes -= oldest.bytes.count
        }
        logs[event.tenant] = log
        return .published(place, after: before)
    }

    private func page(_ tenant: String, _ after: LogPosition) -> EventPage {
        guard let log = logs[tenant] else { return EventPage(last: .start) }
        var page = EventPage(last: log.last, first: log.entries.first?.position)
        var size = 0
        let first = log.entries.firstIndex { $0.position > after } ?? log.entries.endIndex
        for entry in log.entries[first...] {
            size += entry.bytes.count
            if page.entries.count == EventPage.mostEvents
                || !page.entries.isEmpty && size > EventPage.mostBytes
            {
                page.hasMore = true
                break
            }
            page.entries.append(
                EventPage.Entry(position: entry.position, bytes: entry.bytes))
        }
        return page
    }
}
