import Bus
import Reactor
import Telemetry
import Wire

/// Listens at the taps of all orchestrators at once, on the loop: hands on what is heard, counts
/// what was lost, and says how the connections stand.
final class TapEars {
    struct Handler {
        var heard: (TapEvent, _ orchestrator: String) -> Void
        /// A sentence for people.
        var told: (String) -> Void
        /// So many events of that orchestrator were lost since this was said last.
        var lost: (UInt64, _ orchestrator: String) -> Void
        /// Nobody lets this key listen.
        var refused: (Fault) -> Void
    }

    private enum Limits {
        /// How long after the beginning it is said that somebody does not answer.
        static let patience = 3
    }

    private final class Ear {
        let place: TapPlace
        var listener: TapListener?
        var losses: TapLosses
        var delay = TapDelay()
        var isConnected = false
        var wasConnected = false
        var isRefused = false
        var toldLost: UInt64 = 0

        init(_ place: TapPlace, topics: [String]) {
            self.place = place
            losses = TapLosses(topics: topics)
        }
    }

    private let ears: [Ear]
    private let loop: EventLoop
    private let handler: Handler
    private var timer: Timer?
    private var seconds = 0

    init(
        _ places: [TapPlace], topics: [String], on loop: EventLoop, handler: Handler
    ) throws {
        self.handler = handler
        self.loop = loop
        ears = places.map { Ear($0, topics: topics) }
        let context = try BusContext()
        for ear in ears {
            // Tallies last: with the first of them all other subscriptions are there.
            ear.listener = try TapListener(
                ear.place.endpoint, topics: topics + [TapTopic.tallies], key: ear.place.key,
                context: context, loop: loop,
                handler: TapListener.Handler(
                    heard: { [unowned self, unowned ear] event in hear(event, ear) },
                    changed: { [unowned self, unowned ear] word in note(word, of: ear) }))
        }
        timer = loop.timer(every: .seconds(1)) { [unowned self] in tick() }
    }

    func close() {
        timer?.cancel()
        for ear in ears { ear.listener?.close() }
        tellLosses()
    }

    var lost: UInt64 { ears.reduce(0) { $0 + $1.losses.lost } }

    /// Nanoseconds by which the slowest ear is behind the bus, if it is.
    var behind: UInt64? { ears.compactMap { $0.delay.behind(now: loop.now.nanoseconds) }.max() }

    // MARK: - Events

    private func hear(_ event: TapEvent, _ ear: Ear) {
        // Over a socket of this host nobody says that it is connected.
        if !ear.isConnected { note(.connected, of: ear) }
        guard !event.topic.utf8.starts(with: TapTopic.tallies.utf8) else {
            if let tally = TapTally(event.content) { ear.losses.heard(tally, event.mark.number) }
            return
        }
        ear.losses.heard(event.mark.number, under: event.topic)
        ear.delay.hear(event.mark.at, now: loop.now.nanoseconds)
        handler.heard(event, ear.place.orchestrator)
    }

    private func note(_ word: TapListener.Word, of ear: Ear) {
        let name = ear.place.orchestrator
        switch word {
        case .connected:
            if ear.wasConnected, !ear.isConnected { handler.told("\(name) is back.") }
            ear.isConnected = true
            ear.wasConnected = true
        case .disconnected:
            guard ear.isConnected else { return }
            ear.isConnected = false
            ear.losses.interrupted()
            handler.told("\(name) is lost; what passes there until it is back is not seen.")
        case .refused:
            guard !ear.isRefused, !ear.wasConnected else { return }
            ear.isRefused = true
            refuse(name)
        }
    }

    private func refuse(_ name: String) {
        let reason = "this key may not listen: taps are for keys of the role operator"
        guard ears.allSatisfy(\.isRefused) else {
            return handler.told("\(name): \(reason).")
        }
        handler.refused(
            Fault(Exit.notPermitted, "\(reason); name the file of one in BATON_KEY.", at: name))
    }

    // MARK: - Every second

    private func tick() {
        seconds += 1
        tellLosses()
        guard seconds == Limits.patience else { return }
        for ear in ears where !ear.wasConnected && !ear.isRefused {
            handler.told(
                "\(ear.place.orchestrator) is not heard at \(ear.place.endpoint.address) yet;"
                    + " still trying.")
        }
    }

    private func tellLosses() {
        for ear in ears where ear.losses.lost > ear.toldLost {
            handler.lost(ear.losses.lost - ear.toldLost, ear.place.orchestrator)
            ear.toldLost = ear.losses.lost
        }
    }
}
