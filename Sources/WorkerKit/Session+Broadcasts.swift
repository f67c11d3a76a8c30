import Bus
import Document
import Reactor
import Telemetry
import Wire

/// Hearing what orchestrators publish: broadcasts become tasks that nobody waits for, membership
/// becomes links.
extension Session {
    func published(
        _ topic: String, _ message: borrowing EnvelopeView, _ content: any Content, _ link: LinkID
    ) {
        guard let desk else { return }
        if topic == Topic.membership { return members(message, content, link) }
        guard message.type == .broadcast,
            let missed = desk.broadcasts.arrived(message, on: topic, link)
        else { return }
        if let offer = offer(on: topic, message, content, link, missed) {
            hear(offer, message, content, link, missed)
        }
        tellLosses()
    }

    /// A handler of a broadcast threw: nobody waits for it, so it is only counted.
    func broadcastFailed() { desk?.broadcasts.failed() }

    // MARK: - Steps

    private func offer(
        on topic: String, _ message: borrowing EnvelopeView, _ content: any Content,
        _ link: LinkID, _ missed: UInt64
    ) -> TaskDesk.Offer? {
        guard topic == Topic.everybody else { return desk?.broadcasts.offer(on: topic) }
        guard let handler = desk?.broadcasts.everybody else { return nil }
        let broadcast = Broadcast(
            message, RawContent(content, contentType: message[.contentType]),
            orchestrator: bus?.name(of: link) ?? "", missed: missed)
        return TaskDesk.Offer(
            "*", .idempotent,
            .task { _, _ in
                try await handler(broadcast)
                return RawContent([])
            })
    }

    /// Direct handlers always have their turn, others as long as there is a place.
    private func hear(
        _ offer: TaskDesk.Offer, _ message: borrowing EnvelopeView, _ content: any Content,
        _ link: LinkID, _ missed: UInt64
    ) {
        guard let desk else { return }
        let isFull = desk.tasks.count >= desk.credit
        guard !isFull || offer.isDirect && !desk.isDraining else {
            return desk.broadcasts.dropped()
        }
        let budget = message.budget == 0 ? 900_000 : Int64(clamping: message.budget)
        let context = TaskContext(
            message, agent: offer.name, effect: offer.effect, key: desk.nextKey(), link: link,
            deadline: loop.now.advanced(by: .milliseconds(budget)), session: self,
            broadcast: TaskContext.Hearing(missed: missed))
        run(offer, RawContent(content, contentType: message[.contentType]), context)
    }

    private func tellLosses() {
        guard let figures = desk?.broadcasts.report(at: loop.now) else { return }
        plan.log.warning(
            "broadcasts were lost",
            [
                "missed": .integer(Int(clamping: figures.missed)),
                "dropped": .integer(figures.dropped), "heard": .integer(figures.heard),
            ])
    }

    private func members(
        _ message: borrowing EnvelopeView, _ content: any Content, _ link: LinkID
    ) {
        guard message.type == .membership,
            let members = try? JSON.decode(Membership.self, from: content.array)
        else { return }
        bus?.meet(members.orchestrators, by: link)
        bus?.dismiss(members.left ?? [])
    }
}
