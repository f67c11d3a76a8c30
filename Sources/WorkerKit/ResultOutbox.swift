import Bus
import Reactor
import Wire

/// The results of durable tasks until an orchestrator has acknowledged them: pure, bounded, in the
/// order they came.
///
/// A result goes to the orchestrator that the task is done for. While that cannot be reached it
/// goes to any other, to one after the other, which keeps it for whoever has the request by then.
struct ResultOutbox {
    /// An attempt of a step, whoever it is done for.
    struct Key: Hashable {
        var tenant = ""
        let request: String
        let step: UInt32
        let attempt: UInt32
    }

    struct Entry {
        let key: Key
        /// The agent that did it; empty in what was kept before it was known here.
        let agent: String
        /// Nil: from before a restart, or no orchestrator's any more.
        fileprivate(set) var home: TaskHome?
        fileprivate(set) var fence: String
        let envelope: [UInt8]
        let content: any Content
        /// Whether it says only that the task ended as its orchestrator wished: nobody else's
        /// business.
        var isMoot = false
        /// In which order they came.
        fileprivate(set) var number: UInt64 = 0
        fileprivate(set) var due = Instant.zero
        fileprivate var delay = Duration.zero
        /// Who got it last.
        fileprivate var sentTo: LinkID?

        init(
            _ key: Key, agent: String, home: TaskHome?, fence: String, envelope: [UInt8],
            _ content: any Content
        ) {
            self.key = key
            self.agent = agent
            self.home = home
            self.fence = fence
            self.envelope = envelope
            self.content = content
        }

        var size: Int { envelope.count + content.count + 128 }
    }

    struct Limits {
        var results = 1000
        var bytes = 64 << 20
        var firstDelay = Duration.milliseconds(250)
        var longestDelay = Duration.seconds(5)
        /// How long the words about side effects wait for an orchestrator that was lost.
        var patience = Duration.seconds(5)

        init() {}
    }

    private let limits: Limits
    private var entries: [Key: Entry] = [:]
    private var homes: [TaskHome: Key] = [:]
    private var lostSince: [LinkID: Instant] = [:]
    private var bytes = 0
    private var last: UInt64 = 0
    /// Whether new tasks are refused; it ends only when a quarter of the room is free again.
    private(set) var isFull = false

    init(_ limits: Limits = Limits()) { self.limits = limits }

    var count: Int { entries.count }
    var nextDue: Instant? { entries.values.lazy.map(\.due).min() }

    var all: [Entry] { entries.values.sorted { $0.number < $1.number } }

    subscript(key: Key) -> Entry? { entries[key] }

    /// The result an orchestrator means; nil if it is another one's by now.
    func key(at home: TaskHome) -> Key? { homes[home] }

    mutating func add(_ entry: Entry, at now: Instant) {
        var entry = entry
        last += 1
        entry.number = last
        // Without a home nobody waits for it at first: whoever is there gets it at once.
        entry.due = entry.home == nil ? now : now + limits.firstDelay
        entry.delay = limits.firstDelay
        if let old = entries.updateValue(entry, forKey: entry.key) {
            bytes -= old.size
            leave(old)
        }
        if let home = entry.home { homes[home] = entry.key }
        bytes += entry.size
        if entries.count >= limits.results || bytes >= limits.bytes { isFull = true }
    }

    /// Takes out a result that needs to be kept no longer.
    mutating func remove(_ key: Key) -> Entry? {
        guard let entry = entries.removeValue(forKey: key) else { return nil }
        leave(entry)
        bytes -= entry.size
        if entries.count <= limits.results / 4 * 3, bytes <= limits.bytes / 4 * 3 { isFull = false }
        return entry
    }

    /// The results that are to be sent by now; each is due again later, with growing delays.
    mutating func takeDue(at now: Instant) -> [Entry] {
        let due = entries.values.filter { $0.due <= now }
        for entry in due {
            let delay = min(entry.delay * 2, limits.longestDelay)
            entries[entry.key]?.delay = delay
            entries[entry.key]?.due = now + delay
        }
        return due.sorted { ($0.due, $0.number) < ($1.due, $1.number) }
    }

    /// The results of tasks that are done for one of these.
    func results(where belongs: (TaskHome?) -> Bool) -> [Entry] {
        entries.values.filter { belongs($0.home) }.sorted { $0.number < $1.number }
    }

    // MARK: - Ways

    mutating func lost(_ link: LinkID, at now: Instant) {
        lostSince[link] = now
        for entry in entries.values where entry.home?.link == link {
            entries[entry.key]?.sentTo = link
            hurry(entry.key, at: now)
        }
    }

    /// A link is up: its results go there at once, and so do those whose own is not.
    mutating func found(_ link: LinkID, live: [LinkID], at now: Instant) {
        lostSince[link] = nil
        for entry in entries.values {
            let isElsewhere = entry.home.map { $0.link != link && live.contains($0.link) } ?? false
            if !isElsewhere { hurry(entry.key, at: now) }
        }
    }

    /// Where a result goes now: home, or to another one with each try.
    mutating func destination(of key: Key, live: [LinkID]) -> LinkID? {
        guard let entry = entries[key] else { return nil }
        if let home = entry.home?.link, live.contains(home) { return home }
        guard !live.isEmpty else { return nil }
        let before = entry.sentTo.flatMap { live.firstIndex(of: $0) }
        let place = before.map { $0 + 1 } ?? Int(entry.number % UInt64(live.count))
        let link = live[place % live.count]
        entries[key]?.sentTo = link
        return link
    }

    /// Where a word goes that is about a task of this link: another one gets it only when that has
    /// been gone for long.
    func destination(
        from link: LinkID, live: [LinkID], any: LinkID?, at now: Instant
    ) -> LinkID? {
        if live.contains(link) { return link }
        guard let since = lostSince[link] else { return nil }
        return isGivenUp(since: since, at: now) ? any : nil
    }

    func isGivenUp(since: Instant, at now: Instant) -> Bool { now - since >= limits.patience }

    // MARK: - Taken over

    /// Another orchestrator has taken the attempt over: its result goes there. Nil if there is
    /// none, or if somebody with a higher fence has it.
    mutating func move(
        _ key: Key, to home: TaskHome, fence: Fence, at now: Instant
    ) -> Entry? {
        guard let entry = entries[key], !entry.isMoot else { return nil }
        let known = (try? Fence(entry.fence)) ?? Fence(0)
        guard fence > known || fence == known && entry.home == home else { return nil }
        leave(entry)
        homes[home] = key
        entries[key]?.home = home
        entries[key]?.fence = fence.description
        entries[key]?.delay = limits.firstDelay
        entries[key]?.due = now + limits.firstDelay
        return entries[key]
    }

    /// The orchestrator it was meant for has lost the request to another: anybody gets it, at once.
    mutating func loseHome(_ key: Key, at now: Instant) {
        guard let entry = entries[key] else { return }
        leave(entry)
        entries[key]?.sentTo = entry.home?.link
        entries[key]?.home = nil
        hurry(key, at: now)
    }

    private mutating func leave(_ entry: Entry) {
        guard let home = entry.home, homes[home] == entry.key else { return }
        homes[home] = nil
    }

    private mutating func hurry(_ key: Key, at now: Instant) {
        entries[key]?.due = now
        entries[key]?.delay = limits.firstDelay
    }
}

extension ResultOutbox.Key {
    init(_ task: TaskContext) {
        self.init(
            tenant: task.tenant, request: task.requestID, step: task.step, attempt: task.attempt)
    }

    var stepKey: TaskTable.StepKey {
        TaskTable.StepKey(tenant: tenant, request: request, step: step)
    }
}
