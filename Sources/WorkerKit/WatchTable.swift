import Bus
import Reactor
import Wire

/// The requests whose events this process waits for: pure, bounded.
///
/// Each is asked for from the first event that is missing, under one id: asking again at the same
/// orchestrator takes the place of the time before. Whoever reads slowly is not waited for: what
/// has no room is dropped and asked for again.
struct WatchTable {
    struct Watch {
        let number: UInt64
        let requestID: String
        /// The first event that was not handed out.
        fileprivate(set) var next: Int
        /// Where it was asked; nil: nowhere yet.
        var link: LinkID?
        /// When it is asked again, unless an event comes before.
        fileprivate(set) var due: Instant
        fileprivate var delay: Duration
        let hand: (RequestEvent) -> Bool
        let onEnd: (Result<Void, any Error>) -> Void
    }

    enum Arrival: Equatable {
        case handed
        /// The end of the request was handed out.
        case ended
        /// It was handed out before.
        case repeated
        /// Some in between are missing, or there is no room: it is asked for again.
        case missing
    }

    private enum Limits {
        static let watches = 1024
        static let firstDelay = Duration.milliseconds(100)
        static let longestDelay = Duration.seconds(5)
        /// After so long without an event it is asked whether any was lost.
        static let silence = Duration.seconds(60)
    }

    private let names: MessageNumber
    private var watches: [UInt64: Watch] = [:]
    private var last: UInt64 = 0

    /// - Parameter prefix: six characters of `[a-z0-9]`, this process's own.
    init(prefix: String) { names = MessageNumber(prefix: prefix) }

    var isEmpty: Bool { watches.isEmpty }

    var nextDue: Instant? { watches.values.lazy.map(\.due).min() }

    subscript(number: UInt64) -> Watch? { watches[number] }

    func messageID(_ watch: Watch) -> String { names.text(watch.number) }

    func number(correlation: RawSpan) -> UInt64? {
        names.number(correlation).flatMap { watches[$0] == nil ? nil : $0 }
    }

    /// Begins a watch that is due at once; nil when there are too many.
    mutating func add(
        _ requestID: String, from next: Int, at now: Instant,
        hand: @escaping (RequestEvent) -> Bool,
        onEnd: @escaping (Result<Void, any Error>) -> Void
    ) -> UInt64? {
        guard watches.count < Limits.watches else { return nil }
        last += 1
        watches[last] = Watch(
            number: last, requestID: requestID, next: next, due: now, delay: Limits.firstDelay,
            hand: hand, onEnd: onEnd)
        return last
    }

    mutating func remove(_ number: UInt64) -> Watch? { watches.removeValue(forKey: number) }

    mutating func takeAll() -> [Watch] {
        defer { watches = [:] }
        return watches.values.sorted { $0.number < $1.number }
    }

    /// An event arrived: it is handed out if it is the next one.
    mutating func take(_ event: RequestEvent, _ number: UInt64, at now: Instant) -> Arrival {
        guard var watch = watches[number], event.number >= watch.next else { return .repeated }
        guard event.number == watch.next, watch.hand(event) else {
            watch.due = min(watch.due, now + watch.delay)
            watches[number] = watch
            return .missing
        }
        watch.next += 1
        watch.delay = Limits.firstDelay
        watch.due = now + Limits.silence
        watches[number] = watch
        return event.isLast ? .ended : .handed
    }

    /// The watches that are to be asked for by now; each is due again later.
    mutating func takeDue(at now: Instant) -> [Watch] {
        let due = watches.values.filter { $0.due <= now }
        for watch in due {
            // Asked for again and again without an event in between, it is asked for more seldom.
            watches[watch.number]?.delay = min(watch.delay * 2, Limits.longestDelay)
            watches[watch.number]?.due = now + Limits.silence
        }
        return due.sorted { $0.number < $1.number }
    }

    mutating func asked(_ number: UInt64, over link: LinkID) { watches[number]?.link = link }

    /// The orchestrator cannot say just now.
    mutating func postpone(_ number: UInt64, until moment: Instant) {
        watches[number]?.due = moment
    }

    /// The connection is lost, and with it what was asked for over it.
    mutating func lost(_ link: LinkID, at now: Instant) {
        for watch in watches.values where watch.link == link {
            watches[watch.number]?.link = nil
            watches[watch.number]?.due = now
        }
    }

    /// Somebody can be asked again.
    mutating func hurry(at now: Instant) {
        for watch in watches.values where watch.link == nil { watches[watch.number]?.due = now }
    }
}
