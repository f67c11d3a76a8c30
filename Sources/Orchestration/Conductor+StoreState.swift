import Bus
package import Reactor
package import Store
import Telemetry
import Wire

/// How it stands with the store: while nothing can be kept nothing durable is accepted, and an
/// instance whose lease has run out gives nothing durable away.
extension Conductor {
    enum Standing: Equatable {
        case ready
        /// Nothing can be kept for now.
        case away(reason: String)
    }

    package mutating func storeChanged(
        _ condition: StoreCondition, at now: Instant, into outbox: inout Outbox
    ) {
        present = now
        switch condition {
        case .ready(let epoch):
            welcome.epoch = String(epoch)
            self.epoch = epoch
            standing = .ready
            isFenced = false
            reunion = reunion ?? now + delays.reunion
            for worker in registry.workers.indices { refill(worker, at: now, into: &outbox) }
        case .away(let reason): standing = .away(reason: reason)
        case .fenced(let reason):
            standing = .away(reason: reason)
            isFenced = true
        case .refused(let fault): standing = .away(reason: fault.message)
        }
    }

    /// Nothing can be kept before the store is there.
    package mutating func storeAwaited() { standing = .away(reason: "the store is not there yet") }

    package mutating func heard(
        _ news: StoreNews, at now: Instant, into outbox: inout Outbox
    ) {
        present = now
        storeClock = (news.time, now)
        readyElsewhere = news.ready
        sessionsKept = (news.sessions, news.sessionBytes)
        freeze(news.frozen, at: now, into: &outbox)
        claimMore(into: &outbox)
    }

    /// What a new durable request is told while nothing can be kept.
    func checkStore(_ message: borrowing EnvelopeView) throws(Fault) {
        guard case .away(let reason) = standing, message.delivery == .durable else { return }
        throw Fault(
            WireCode.unavailable, "nothing can be kept just now: \(reason)",
            retry: .after(.seconds(1)))
    }

    /// Frozen agents get nothing more; what waits for one that is not frozen any more goes on.
    mutating func freeze(
        _ frozen: [String: String], at now: Instant, into outbox: inout Outbox
    ) {
        guard frozen != registry.frozen else { return }
        let thawed = registry.freeze(frozen)
        for agent in thawed {
            for worker in registry.workers(of: agent) { refill(worker, at: now, into: &outbox) }
        }
    }
}
