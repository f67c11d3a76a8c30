import Bus
import Reactor
import Telemetry
import Wire

/// A worker's part of what is published to many: the topics it listens to, who handles them, what
/// was lost on the way.
final class BroadcastDesk {
    /// What is done with a broadcast to everybody.
    typealias Handler = @Sendable (Broadcast) async throws -> Void

    private struct Source: Hashable {
        let link: LinkID
        let topic: String
    }

    /// What happened so far.
    struct Figures: Equatable {
        var heard = 0, missed: UInt64 = 0, repeated = 0, dropped = 0, failed = 0
    }

    let everybody: Handler?
    private(set) var figures = Figures()
    private let offers: [String: TaskDesk.Offer]
    private var watches: [Source: SequenceWatch] = [:]
    private var told = Instant.zero
    private var isTold = true

    /// Losses are told in the log no more often than this.
    private static let telling = Duration.seconds(10)

    init(_ offers: some Collection<TaskDesk.Offer>, everybody: Handler?) {
        self.everybody = everybody
        self.offers = Dictionary(
            offers.map { (Topic.broadcast(to: $0.name), $0) }
        ) { first, _ in first }
    }

    /// What this worker asks each orchestrator for.
    var topics: [String] {
        let general = everybody == nil ? [Topic.membership] : [Topic.membership, Topic.everybody]
        return general + offers.keys.sorted()
    }

    func offer(on topic: String) -> TaskDesk.Offer? { offers[topic] }

    /// How many were lost before this one; nil if this one is not to be heard.
    func arrived(_ message: borrowing EnvelopeView, on topic: String, _ link: LinkID) -> UInt64? {
        switch watches[Source(link: link, topic: topic), default: SequenceWatch()].note(message) {
        case .first, .next:
            figures.heard += 1
            return 0
        case .gap(let missed):
            figures.heard += 1
            figures.missed += missed
            isTold = false
            return missed
        case .repeated:
            figures.repeated += 1
            return nil
        }
    }

    /// There was no place for one.
    func dropped() {
        figures.dropped += 1
        isTold = false
    }

    func failed() { figures.failed += 1 }

    /// What is to be logged about losses, if it is time for it.
    func report(at now: Instant) -> Figures? {
        guard !isTold, told == .zero || now - told >= Self.telling else { return nil }
        isTold = true
        told = now
        return figures
    }
}
