import Telemetry
import Wire

/// What is asked of whoever keeps the events of tenants: a log each, bounded in number, bytes and
/// age, that everybody reads from where they were.
package enum EventCommand: Sendable {
    /// Keep an event; one that is known already is not kept again.
    case publish(Event)
    /// A stretch of a tenant's log, behind a place in it.
    case read(tenant: String, after: LogPosition)

    /// Bounds of a tenant's log; a single event may have as many bytes.
    package static let mostEvents = 10_000
    package static let mostBytes = 64 << 20
    package static let largest = 256 << 10
    package static let life = Duration.seconds(86_400)

    package struct Event: Sendable {
        package var tenant: String
        /// Tells it from any other event of the tenant: its source and its id.
        package var digest: Digest
        package var bytes: [UInt8]

        package init(tenant: String, source: String, id: String, bytes: [UInt8]) {
            self.tenant = tenant
            digest = Digest("event", source, id)
            self.bytes = bytes
        }
    }

    var kind: StateCommand.Kind {
        switch self {
        case .publish: .decision
        case .read: .question
        }
    }

    var size: Int {
        switch self {
        case .publish(let event): event.bytes.count
        case .read: 0
        }
    }

    var script: RedisScript {
        switch self {
        case .publish: .publish
        case .read: .events
        }
    }

    /// Names a tenant's log.
    static func log(of tenant: String) -> Digest { Digest("events", tenant) }
}

/// What the store says of events.
package enum EventAnswer: Sendable, Equatable {
    /// It is kept there; the place of the event before it, where it was not kept before.
    case published(LogPosition, after: LogPosition?)
    case page(EventPage)
}

/// A stretch of a tenant's log of events.
package struct EventPage: Sendable, Equatable {
    /// Events of a stretch, and bytes of it: a single one may have more.
    static let mostEvents = 64
    static let mostBytes = 256 << 10

    package struct Entry: Sendable, Equatable {
        package var position: LogPosition
        package var bytes: [UInt8]

        package init(position: LogPosition, bytes: [UInt8]) {
            self.position = position
            self.bytes = bytes
        }
    }

    package var entries: [Entry] = []
    /// Where the log ends.
    package var last: LogPosition
    /// Where the events begin that are kept still.
    package var first: LogPosition?
    /// Whether there are more behind these.
    package var hasMore = false

    package init(
        entries: [Entry] = [], last: LogPosition, first: LogPosition? = nil, hasMore: Bool = false
    ) {
        self.entries = entries
        self.last = last
        self.first = first
        self.hasMore = hasMore
    }
}

extension EventCommand {
    func write(_ arguments: inout RedisArguments, now: UInt64) {
        switch self {
        case .publish(let event):
            arguments.digest(Self.log(of: event.tenant))
            arguments.number(now)
            arguments.number(Self.life.milliseconds)
            arguments.number(Self.mostEvents)
            arguments.number(Self.mostBytes)
            arguments.digest(event.digest)
            arguments.bytes(event.bytes)
        case .read(let tenant, let after):
            arguments.digest(Self.log(of: tenant))
            arguments.text(after == .end ? "$" : after.description)
            arguments.number(EventPage.mostEvents)
            arguments.number(EventPage.mostBytes)
        }
    }

    /// What a script answered; nothing where that makes no sense.
    func answer(_ reply: RedisReply) -> EventAnswer? {
        guard let parts = reply.array else { return nil }
        switch self {
        case .publish:
            guard parts.count == 2, let place = parts[0].text.flatMap({ LogPosition($0) }) else {
                return nil
            }
            return .published(place, after: parts[1].text.flatMap { LogPosition($0) })
        case .read:
            guard parts.count == 4, let last = parts[0].text.flatMap({ LogPosition($0) }),
                let flat = parts[3].array, flat.count % 2 == 0
            else { return nil }
            var page = EventPage(last: last)
            page.first = parts[1].text.flatMap { LogPosition($0) }
            page.hasMore = parts[2].integer == 1
            for place in stride(from: 0, to: flat.count, by: 2) {
                guard let position = flat[place].text.flatMap({ LogPosition($0) }),
                    let bytes = flat[place + 1].bytes
                else { return nil }
                page.entries.append(EventPage.Entry(position: position, bytes: bytes))
            }
            return .page(page)
        }
    }
}
