import Bus
import Reactor
import Telemetry
import Wire

/// Watching requests: their events are asked for from the first one that is missing, of any
/// orchestrator, until the last one has come.
extension Session {
    /// Begins to watch; gives back a number to stop by.
    ///
    /// - Parameters:
    ///   - hand: takes the next event; false: there is no room for it now.
    ///   - onEnd: is called once, after the last event or with what went wrong.
    func watch(
        _ requestID: String, from number: Int, hand: @escaping (RequestEvent) -> Bool,
        onEnd: @escaping (Result<Void, any Error>) -> Void
    ) -> UInt64? {
        if let failure {
            onEnd(.failure(failure))
            return nil
        }
        guard
            let watch = watches.add(
                requestID, from: max(1, number), at: loop.now, hand: hand, onEnd: onEnd)
        else {
            let fault = Fault(WireCode.busy, "too many requests are watched: wait for some to end")
            onEnd(.failure(fault))
            return nil
        }
        tendWatches()
        return watch
    }

    /// Nobody reads any more. What the orchestrator still sends is ignored.
    func stopWatching(_ number: UInt64?) {
        if let number { _ = watches.remove(number) }
    }

    func endWatches(_ fault: Fault) {
        for watch in watches.takeAll() { watch.onEnd(.failure(fault)) }
    }

    /// Asks for what is due, as far as there is anybody to ask.
    func tendWatches() {
        guard let bus, !watches.isEmpty else { return }
        for watch in watches.takeDue(at: loop.now) {
            let own = watch.link.flatMap { bus.isLive($0) ? $0 : nil }
            guard let link = own ?? bus.anyLink() else { continue }
            let id = watches.messageID(watch)
            let isSent = bus.send(to: link) { writer in
                writer.begin(.watch)
                writer.text(.messageID, id)
                writer.text(.requestID, watch.requestID)
                writer.sequence(UInt64(watch.next))
            }
            if isSent { watches.asked(watch.number, over: link) }
        }
        if let next = watches.nextDue { lookSooner(next) }
    }

    /// EVENT: one thing that happened to a request that is watched.
    func event(_ message: borrowing EnvelopeView, _ content: any Content) {
        guard let number = watches.number(correlation: message.span(.correlationID)) else {
            return
        }
        do {
            let event = try RequestEvent(RawContent(content).value())
            if watches.take(event, number, at: loop.now) == .ended {
                watches.remove(number)?.onEnd(.success(()))
            }
        } catch {
            watches.remove(number)?.onEnd(.failure(error))
        }
        if let next = watches.nextDue { lookSooner(next) }
    }

    /// ERROR or NACK about a watch; false if it is about something else.
    func watchRefused(_ message: borrowing EnvelopeView, _ error: WireError) -> Bool {
        guard let number = watches.number(correlation: message.span(.correlationID)) else {
            return false
        }
        // That is about the connection, which says HELLO again, and then the watch.
        if error.code == WireCode.hello.rawValue { return true }
        guard error.retryable else {
            watches.remove(number)?.onEnd(.failure(error.fault))
            return true
        }
        let delay = Duration.milliseconds(Int64(clamping: min(error.retryAfter, 60_000)))
        let moment = loop.now + max(delay, .milliseconds(100))
        watches.postpone(number, until: moment)
        lookSooner(moment)
        return true
    }

    func recallWatches(from link: LinkID) {
        guard !watches.isEmpty else { return }
        watches.lost(link, at: loop.now)
        tendWatches()
    }

    func askForWatches() {
        guard !watches.isEmpty else { return }
        watches.hurry(at: loop.now)
        tendWatches()
    }
}
