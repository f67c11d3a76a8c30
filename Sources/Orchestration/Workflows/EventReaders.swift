import Reactor
import Store

/// How far the log of events of each tenant was read here, while somebody here wants to know. It
/// asks for nothing itself: it says what is to be asked.
struct EventReaders {
    /// How long nothing may come of a log before it is looked at.
    static let patience = Duration.seconds(5)

    private struct Reader {
        /// All events up to here were told; nothing while the end of the log is asked for.
        var head: LogPosition?
        /// The latest event that is known to be there.
        var known = LogPosition.start
        /// From where the log was asked for, while no answer has come, and what was known then.
        var asking: LogPosition?
        var knownThen = LogPosition.start
        var asked: Instant
    }

    /// What becomes of an event, or of a page of them.
    enum News {
        /// Nobody here wants it, or has it already.
        case none
        /// It is the next one.
        case next
        /// Others come before it.
        case behind
    }

    private var readers: [String: Reader] = [:]

    var isEmpty: Bool { readers.isEmpty }

    /// Where a listener begins that begins now; nothing where nobody here knows the end of the log.
    func end(_ tenant: String) -> LogPosition? {
        readers[tenant].flatMap { reader in reader.head.map { max($0, reader.known) } }
    }

    /// How far a log was read.
    func head(_ tenant: String) -> LogPosition? { readers[tenant]?.head }

    /// Somebody wants what comes after a place; or, without one, what comes from now on. Says from
    /// where the log is to be asked for, if it is.
    mutating func follow(
        _ tenant: String, from place: LogPosition?, at now: Instant
    ) -> LogPosition? {
        guard var reader = readers[tenant] else {
            let from = place ?? .end
            readers[tenant] = Reader(head: place, asking: from, asked: now)
            return from
        }
        guard let place, place < reader.head ?? .end else { return nil }
        reader.head = place
        readers[tenant] = reader
        return ask(tenant, at: now)
    }

    /// An event was kept, behind another.
    mutating func heard(
        _ tenant: String, _ position: LogPosition, after before: LogPosition
    ) -> News {
        guard let reader = readers[tenant], let head = reader.head else { return .none }
        readers[tenant]?.known = max(position, reader.known)
        guard position > head else { return .none }
        guard before <= head else { return .behind }
        readers[tenant]?.head = position
        return .next
    }

    /// The end of the log is known now. Says whether it was not before.
    mutating func opened(_ tenant: String, at place: LogPosition) -> Bool {
        guard let reader = readers[tenant], reader.head == nil else { return false }
        readers[tenant]?.head = place
        if reader.asking == .end { readers[tenant]?.asking = nil }
        return true
    }

    /// Asks for what comes next, unless an answer to that is on its way.
    mutating func ask(_ tenant: String, at now: Instant) -> LogPosition? {
        guard let reader = readers[tenant], reader.asking == nil else { return nil }
        let from = reader.head ?? .end
        readers[tenant]?.asking = from
        readers[tenant]?.asked = now
        readers[tenant]?.knownThen = reader.known
        return from
    }

    /// An answer came to what was asked. Says whether it is of use: nobody may have wanted anything
    /// from before it.
    mutating func answered(_ tenant: String, _ page: EventPage) -> Bool {
        guard let reader = readers[tenant], let asking = reader.asking else { return false }
        readers[tenant]?.asking = nil
        // What was known before it was asked for and is not there has been lost with the log.
        let known = reader.known == reader.knownThen ? .start : reader.known
        readers[tenant]?.known = max(known, page.last)
        guard let head = reader.head else { return asking == .end }
        return asking <= head
    }

    /// No answer came.
    mutating func failed(_ tenant: String) { readers[tenant]?.asking = nil }

    /// All events up to here were told.
    mutating func told(_ tenant: String, _ position: LogPosition) {
        guard let head = readers[tenant]?.head, head < position else { return }
        readers[tenant]?.head = position
    }

    /// Whether more is known to be there than was told.
    func isBehind(_ tenant: String) -> Bool {
        guard let reader = readers[tenant], let head = reader.head else { return false }
        return head < reader.known
    }

    /// Logs that nothing was heard of for a while.
    func due(at now: Instant) -> [String] {
        readers.filter { $0.value.asking == nil && now - $0.value.asked >= Self.patience }
            .keys.sorted()
    }

    mutating func drop(_ tenant: String) { readers[tenant] = nil }
}

/// The latest events that were told to runs without a journal: what comes twice is told once.
struct RecentEvents {
    private static let most = 2_000

    private var seen: Set<Digest> = []
    private var order = Deque<Digest>()

    /// Whether it is new.
    mutating func insert(_ digest: Digest) -> Bool {
        guard seen.insert(digest).inserted else { return false }
        order.append(digest)
        if order.count > Self.most, let oldest = order.popFirst() { seen.remove(oldest) }
        return true
    }
}
