import Bus
import Document
import Reactor
import Telemetry
package import Wire

/// What orchestrators tell each other, and what they tell everybody of each other.
extension Conductor {
    /// The other orchestrators this one is connected to, each with a live link.
    ///
    /// Whoever says HELLO from now on learns of them, and who listens is told.
    package mutating func met(_ others: [OrchestratorAddress], into outbox: inout Outbox) {
        let known = welcome.orchestrators.prefix(1) + others.sorted { $0.name < $1.name }
        guard Array(known) != welcome.orchestrators else { return }
        welcome.orchestrators = Array(known)
        tellMembers(into: &outbox)
    }

    /// This orchestrator leaves for good: nobody who heard of it only from others need look for it.
    package mutating func sayGoodbye(into outbox: inout Outbox) {
        tellMembers(left: [name], into: &outbox)
    }

    /// BREAKER: another orchestrator leaves an agent alone, or no longer does.
    mutating func breaker(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at now: Instant
    ) throws(Fault) {
        try checkIsOrchestrator(peer, "tell of breakers")
        let news = try read(content)
        heardBreaker(
            try Address(message[.receiver]), isOpen: news.state == .open,
            retryAfter: .milliseconds(Int64(clamping: news.retryAfter ?? 0)), at: now)
    }

    /// Tells all other orchestrators that an agent, or one of its instances, is left alone or no
    /// longer is.
    func announceBreaker(
        _ receiver: Address, isOpen: Bool, retryAfter: Duration, into outbox: inout Outbox
    ) {
        let news = BreakerNote(
            state: isOpen ? .open : .closed, retryAfter: isOpen ? retryAfter.milliseconds : nil)
        // SAFETY: a word and a number: encoding them cannot fail.
        let content = (try? JSON.encode(news)) ?? []
        outbox.announce(.breaker, receiver.description, ContentBytes(content))
    }

    // MARK: - Steps

    private mutating func heardBreaker(
        _ receiver: Address, isOpen: Bool, retryAfter: Duration, at now: Instant
    ) {
        // Somebody else's agents may be unknown here: then there is nobody to leave alone.
        guard let agent = registry.agent(receiver.agent) else { return }
        let change = isOpen ? Breaker.Change.opened(retryAfter: retryAfter) : .closed
        registry.heard(change, agent: agent, instance: receiver.instance, at: now)
    }

    private func read(_ content: any Content) throws(Fault) -> BreakerNote {
        do throws(Fault) {
            return try JSON.decode(BreakerNote.self, from: content.array)
        } catch {
            throw Fault(WireCode.invalid, "BREAKER: \(error)")
        }
    }

    private mutating func tellMembers(left: [String]? = nil, into outbox: inout Outbox) {
        // SAFETY: addresses came out of configuration; encoding them cannot fail.
        let content =
            (try? JSON.encode(Membership(orchestrators: welcome.orchestrators, left: left))) ?? []
        let sequence = nextNumber(on: Topic.membership)
        outbox.publish(Topic.membership, ContentBytes(content)) { writer in
            writer.begin(.membership)
            writer.text(.sender, name)
            writer.text(.fence, welcome.epoch)
            writer.sequence(sequence)
        }
    }
}

/// The content of BREAKER; described in `proto/agent_message.proto`.
private struct BreakerNote: Codable {
    enum State: String, Codable {
        case open, closed
    }

    let state: State
    let retryAfter: UInt64?

    enum CodingKeys: String, CodingKey {
        case state
        case retryAfter = "retry_after_ms"
    }
}
