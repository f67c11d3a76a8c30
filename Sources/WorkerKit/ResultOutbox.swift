import Bus
import Reactor
import Wire

/// The results of durable tasks until an orchestrator has acknowledged them: pure, bounded, in the
/// order they came.
///
/// A result goes first to the orchestrator that gave the task. Another one gets it only when that
/// has been unreachable for so long that it must have given the task away: one that does not know
/// the task would acknowledge it for nothing.
struct ResultOutbox {
    struct Key: Hashable {
        let request: String
        let step: UInt32
        let attempt: UInt32
        let dispatch: UInt64
    }

    struct Entry {
        let key: Key
        let tenant: String
        /// Nil: from before a restart.
        let link: LinkID?
        let envelope: [UInt8]
        let content: any Content
        var due: Instant
        var delay: Duration

        var size: Int { envelope.count + content.count + 128 }
    }

    struct Limits {
        var results = 1000
        var bytes = 64 << 20
        var firstDelay = Duration.milliseconds(250)
        var longestDelay = Duration.seconds(5)
        /// Longer than an orchestrator waits for a silent worker.
        var patience = Duration.seconds(5)

        init() {}
    }

    private let limits: Limits
    private var entries: [Key: Entry] = [:]
    private var lostSince: [LinkID: Instant] = [:]
    private var bytes = 0
    /// Whether new tasks are refused; it ends only when a quarter of the room is free again.
    private(set) var isFull = false

    init(_ limits: Limits = Limits()) { self.limits = limits }

    var count: Int { entries.count }
    var nextDue: Instant? { entries.values.lazy.map(\.due).min() }

    var all: [Entry] { Array(entries.values) }

    subscript(key: Key) -> Entry? { entries[key] }

    mutating func add(
        _ key: Key, tenant: String = "", link: LinkID?, envelope: [UInt8], _ content: any Content,
        at now: Instant
    ) {
        let entry = Entry(
            key: key, tenant: tenant, link: link, envelope: envelope, content: content,
            due: now + limits.firstDelay, delay: limits.firstDelay)
        if let old = entries.updateValue(entry, forKey: key) { bytes -= old.size }
        bytes += entry.size
        if entries.count >= limits.results || bytes >= limits.bytes { isFull = true }
    }

    /// Takes out a result that needs to be kept no longer.
    mutating func remove(_ key: Key) -> Entry? {
        guard let entry = entries.removeValue(forKey: key) else { return nil }
        bytes -= entry.size
        if entries.count <= limits.results / 4 * 3, bytes <= limits.bytes / 4 * 3 { isFull = false }
        return entry
    }

    mutating func lost(_ link: LinkID, at now: Instant) { lostSince[link] = now }

    mutating func found(_ link: LinkID) { lostSince[link] = nil }

    /// The results that are to be sent by now; each is due again later, with growing delays.
    mutating func takeDue(at now: Instant) -> [Entry] {
        let due = entries.values.filter { $0.due <= now }
        for entry in due {
            let delay = min(entry.delay * 2, limits.longestDelay)
            entries[entry.key]?.delay = delay
            entries[entry.key]?.due = now + delay
        }
        return due.sorted { ($0.due, $0.key.dispatch) < ($1.due, $1.key.dispatch) }
    }

    /// Where a result goes: the giver of the task if it can be reached, any other once that is
    /// given up.
    func destination(of entry: Entry, live: [LinkID], any: LinkID?, at now: Instant) -> LinkID? {
        guard let link = entry.link else { return any }
        return destination(from: link, live: live, any: any, at: now)
    }

    /// Likewise of anything that is about a task of this link.
    func destination(
        from link: LinkID, live: [LinkID], any: LinkID?, at now: Instant
    ) -> LinkID? {
        if live.contains(link) { return link }
        guard let since = lostSince[link], now - since >= limits.patience else { return nil }
        return any
    }

    /// The results of tasks that this link gave.
    func results(of link: LinkID) -> [Entry] {
        entries.values.filter { $0.link == link }.sorted { $0.key.dispatch < $1.key.dispatch }
    }

    /// The stored result of a step, for a task that came again.
    func result(request: String, step: UInt32, attempt: UInt32) -> Entry? {
        entries.values.first {
            $0.key.request == request && $0.key.step == step && $0.key.attempt == attempt
        }
    }

    /// Makes the results of a link due at once.
    mutating func hurry(_ link: LinkID, at now: Instant) {
        for entry in results(of: link) {
            entries[entry.key]?.due = now
            entries[entry.key]?.delay = limits.firstDelay
        }
    }
}
