import Bus
import Document
package import Reactor
package import Store
import Telemetry
import Wire

/// Words that are for another orchestrator: workers say them to whom they can reach, and the store
/// keeps them for whoever owns the request. A hint tells the others to look.
extension Conductor {
    /// A worker's final word about a task that was not given here.
    mutating func relay(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        into outbox: inout Outbox
    ) throws(Fault) {
        let word = try word(message, content, from: peer)
        let relay = Inquiries.Relay(
            peer: peer, tenant: message[.tenant], request: message[.requestID],
            step: message.step, attempt: message.attempt, word: word)
        let deposit = StateCommand.Deposit(
            key: RecordKey(tenant: relay.tenant, id: relay.request),
            name: "\(relay.step)/\(relay.attempt)/\(message[.fence])", message: word)
        if Mutant.forgetDeposit.isOn {
            return deposited(inquiries.ask(.deposit(relay)), .over, at: present, into: &outbox)
        }
        try inquire(.deposit(relay), into: &outbox) { .deposit($0, deposit) }
    }

    /// The store's word on it. Where it could not be asked nothing is said: the worker tries again.
    mutating func deposited(
        _ ticket: UInt64, _ verdict: DepositVerdict, at now: Instant, into outbox: inout Outbox
    ) {
        guard case .deposit(let relay) = inquiries.answered(ticket) else { return }
        CrashPoint.deposited.reached()
        outbox.send(to: relay.peer) { writer in
            writer.begin(.resultAck)
            writer.text(.requestID, relay.request)
            writer.step(relay.step)
            writer.attempt(relay.attempt)
            writer.text(.tenant, relay.tenant)
        }
        guard verdict != .over else {
            counters.stale += 1
            return
        }
        let key = RequestKey(scope: Peer.scope(ofTenant: relay.tenant), id: relay.request)
        // Where its client is only just asking for it again here, it is another's.
        if let slot = requests.slot(key), requests[slot].state == .active {
            hear(relay.word, slot, at: now, into: &outbox)
        } else {
            hint(relay.request, tenant: relay.tenant, step: relay.step, into: &outbox)
        }
    }

    // MARK: - Hints

    /// HINT: the store has news for this orchestrator, or for those who follow a request here.
    mutating func hinted(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at now: Instant, into outbox: inout Outbox
    ) throws(Fault) {
        try checkIsOrchestrator(peer, "give hints")
        if let key = PersonKey(message[.receiver]) { return hinted(of: key, into: &outbox) }
        guard !message.isEmpty(.requestID) else {
            readyElsewhere = max(readyElsewhere, 1)
            return claimMore(into: &outbox)
        }
        let (id, tenant) = (message[.requestID], message[.tenant])
        let key = RequestKey(scope: Peer.scope(ofTenant: tenant), id: id)
        guard let slot = requests.slot(key), requests[slot].delivery == .durable else {
            return tellFollowers(of: RecordKey(tenant: tenant, id: id), into: &outbox)
        }
        guard message.step > 0 else {
            requests[slot].isFollowed = true
            return
        }
        guard requests[slot].state == .active, !inquiries.isFull else { return }
        let ticket = inquiries.ask(.mailbox(slot: requests.token(slot)))
        outbox.ask(.words(ticket, requests[slot].record))
    }

    /// What was left in the store for a request in hand.
    mutating func mailFound(
        _ token: UInt64, _ words: [StoredMessage], at now: Instant, into outbox: inout Outbox
    ) {
        for word in words {
            guard let slot = requests.slot(token: token) else { return }
            hear(word, slot, at: now, into: &outbox)
        }
    }

    /// Tells the other orchestrators that a request has news, or wants to hear of its news: who has
    /// it in hand remembers that somebody follows it.
    func hint(
        _ request: String, tenant: String, step: UInt32 = 0, into outbox: inout Outbox
    ) {
        outbox.announce(.hint) { writer in
            writer.text(.requestID, request)
            writer.text(.tenant, tenant)
            if step > 0 { writer.step(step) }
        }
    }

    /// Tells the other orchestrators that requests wait for whoever takes them.
    func hintReady(into outbox: inout Outbox) { outbox.announce(.hint) { _ in } }

    func checkIsOrchestrator(_ peer: PeerID, _ what: StaticString) throws(Fault) {
        guard let known = peers[peer], known.role == .orchestrator,
            known.identity.role == .orchestrator || known.identity.role == .operator
        else {
            throw Fault(WireCode.forbidden, "only an orchestrator's key may \(what)")
        }
    }

    // MARK: - Requests that others have

    /// The store knows the request, and another has it in hand or will: its caller is told when it
    /// ends.
    mutating func followElsewhere(_ slot: Int, into outbox: inout Outbox) {
        tell(.accepted, slot, into: &outbox)
        let (caller, id) = (requests[slot].caller, requests[slot].key.id)
        let (tenant, record) = (requests[slot].tenant, requests[slot].record)
        let isAwaited = !requests[slot].plan.isSilent
        releaseParent(of: slot, into: &outbox)
        let parent = requests[slot].parent
        close(slot)
        guard isAwaited else { return }
        hint(id, tenant: tenant, into: &outbox)
        if let parent { return followChild(parent, id, record, into: &outbox) }
        addFollower(
            Follower(
                asker: Inquiries.Asker(caller: caller, requestID: id), key: record, goal: .result),
            into: &outbox)
    }

    /// Under a new lease only what is in the set is still this instance's: the rest belongs to
    /// others, who go on with it.
    package mutating func reclaimed(
        _ keys: Set<RecordKey>, at now: Instant, into outbox: inout Outbox
    ) {
        present = now
        guard !Mutant.noFence.isOn else { return }
        for slot in requests.inUse
        where requests[slot].state == .active && requests[slot].delivery == .durable
            && !keys.contains(requests[slot].record)
        {
            giveUp(slot, .fenced, into: &outbox)
        }
    }

    // MARK: - Steps

    /// The word as the store keeps it: what names the step, who says it, and what came of it.
    private func word(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID
    ) throws(Fault) -> StoredMessage {
        guard let known = peers[peer], let worker = known.worker else {
            throw Fault(WireCode.hello, "say HELLO before any result", retry: .now)
        }
        let agent = message[.sender]
        try Name.check(agent, "sender")
        try Name.check(message[.requestID], "request id")
        _ = try Fence(message[.fence])
        guard known.identity.mayServe(agent) else {
            throw Fault(
                WireCode.forbidden, "the key \(known.identity.name) may not answer for \(agent)")
        }
        // Steps of a workflow's run are numbered by what they are, not by how many there are.
        guard message.step > 0, message.attempt > 0 else {
            throw Fault(WireCode.range, "a result names a step and an attempt")
        }
        var writer = EnvelopeWriter()
        writer.begin(message.type ?? .result)
        writer.text(.sender, agent: agent, instance: registry.workers[worker].instance)
        writer.step(message.step)
        writer.attempt(message.attempt)
        writer.text(.fence, message[.fence])
        if let error = try message.error() { writer.error(error.bounded) }
        if !message.isEmpty(.contentType) { writer.text(.contentType, message[.contentType]) }
        return StoredMessage(envelope: writer.finish(), content: content)
    }
}
