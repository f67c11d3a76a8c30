import Bus
import Document
import Reactor
import Store
import Telemetry
import Wire

/// A request's way in: admission, acceptance, and its ends before a result.
extension Conductor {
    /// Room that the fields appended to a forwarded envelope need.
    static var forwardingRoom: Int { 560 }

    /// REQUEST, NOTIFICATION, PIPELINE, and those forms of BROADCAST that gather answers.
    mutating func request(
        _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at now: Instant, into outbox: inout Outbox
    ) throws(Fault) {
        try checkShape(of: message)
        if message.type == .request, message.has(.receiver, "baton") {
            return try answerQuestion(message, content, from: peer, at: now, into: &outbox)
        }
        let key = try key(of: message, from: peer)
        if let known = requests.slot(key) {
            return try repeated(known, message, content, from: peer, into: &outbox)
        }
        let session = try session(of: message)
        let target = try target(of: message, content)
        let waits: Bool
        do throws(Fault) {
            waits = try admit(message, target, at: now)
        } catch {
            noteRefusal(key, target, error, at: now)
            throw error
        }
        let lineage = try lineage(of: message, from: peer)
        let slot = requests.take(key)
        requests[slot].plan = target.plan
        fill(slot, message, content, from: peer, at: now)
        if case .workflow(let journey) = target.plan { pin(slot, journey) }
        requests[slot].agent = target.agent
        requests[slot].instance = target.instance
        requests[slot].origin = lineage.origin
        requests[slot].depth = lineage.depth
        requests[slot].root = lineage.root
        requests[slot].session = session
        keepScene(slot, into: &outbox)
        counters.accepted += 1
        switch message.delivery {
        case .volatile: takeVolatile(slot, from: peer, at: now, into: &outbox)
        case .durable:
            requests[slot].state = .accepting
            requests[slot].record = RecordKey(tenant: requests[slot].tenant, id: key.id)
            requests[slot].began = storeTime(at: now)
            if Mutant.ackBeforeStore.isOn { tell(.accepted, slot, into: &outbox) }
            if case .workflow(let journey) = target.plan { keepText(of: journey, into: &outbox) }
            let acceptance = acceptance(slot, message, waits: waits, at: now)
            outbox.ask(.accept(requests.token(slot), acceptance))
        }
    }

    /// The store's word on a request it was asked to accept.
    mutating func accepted(
        _ token: UInt64, _ verdict: AcceptVerdict, at now: Instant, into outbox: inout Outbox
    ) {
        guard let slot = requests.slot(token: token), requests[slot].state == .accepting else {
            return
        }
        CrashPoint.accepted.reached()
        if schedules.fires(token) {
            return fired(slot, verdict, at: now, into: &outbox)
        }
        switch verdict {
        case .accepted:
            tell(.accepted, slot, into: &outbox)
            releaseParent(of: slot, into: &outbox)
            // It may have been cancelled while the store was at it.
            if let outcome = requests[slot].outcome {
                return conclude(slot, outcome, into: &outbox)
            }
            openSession(of: slot, into: &outbox)
            begin(slot, at: now, into: &outbox)
        case .waits:
            tell(.accepted, slot, into: &outbox)
            readyElsewhere += 1
            close(slot)
        case .ended:
            // The one outcome it had is the answer.
            releaseParent(of: slot, into: &outbox)
            let (token, record) = (requests.token(slot), requests[slot].record)
            outbox.ask(.read(inquiries.ask(.again(slot: token)), record, from: .max))
        case .known(.running), .known(.ready): followElsewhere(slot, into: &outbox)
        case .known, .conflict, .tenantBusy, .readyBusy, .refused, .unknown, .unreadable:
            refuse(slot, fault(of: verdict), into: &outbox)
        }
    }

    /// The store did not take it: its caller is told why.
    mutating func refuse(_ slot: Int, _ fault: Fault, into outbox: inout Outbox) {
        counters.refused += 1
        logFailure(of: slot, WireError(fault))
        // Whoever waits for no answer waits for this word.
        if requests[slot].plan.isSilent { requests[slot].plan = .direct }
        answer(slot, .failure(WireError(fault)), into: &outbox)
        close(slot)
    }

    /// CANCEL: the caller is answered at once, and whoever works on it is told to stop.
    mutating func cancel(
        _ message: borrowing EnvelopeView, from peer: PeerID, into outbox: inout Outbox
    ) throws(Fault) {
        let id = message[.requestID]
        guard let known = peers[peer] else { return }
        guard known.role != .orchestrator else {
            return try cancelChild(id, message, from: peer, into: &outbox)
        }
        guard
            let slot = requests.slot(RequestKey(scope: known.ownScope, id: id))
                ?? requests.slot(RequestKey(scope: known.tenantScope, id: id))
        else {
            // Nobody may have it in hand: it waits, or rests until somebody decides.
            try Name.check(id, "request id")
            let asker = Inquiries.Asker(
                caller: Caller(peer: peer, messageID: message[.messageID].bounded),
                requestID: id)
            let key = RecordKey(tenant: known.identity.tenant, id: id)
            return try inquire(.cancel(asker), into: &outbox) {
                .cancel($0, key, by: known.name)
            }
        }
        counters.cancelled += 1
        let fault = Fault(WireCode.cancelled, "the request was cancelled")
        // Whoever cancels over another connection hears of it as the caller does.
        if requests[slot].caller.peer != peer {
            complain(fault, about: message, to: peer, into: &outbox)
        }
        if makesGood(slot, into: &outbox) { return }
        stop(slot, fault, into: &outbox)
    }

    /// Another orchestrator's run needs a workflow no more that may be in hand here.
    private mutating func cancelChild(
        _ id: String, _ message: borrowing EnvelopeView, from peer: PeerID,
        into outbox: inout Outbox
    ) throws(Fault) {
        try checkIsOrchestrator(peer, "cancel what is not its own")
        let key = RequestKey(scope: Peer.scope(ofTenant: message[.tenant]), id: id)
        guard let slot = requests.slot(key) else { return }
        counters.cancelled += 1
        if makesGood(slot, into: &outbox) { return }
        stop(slot, Self.orphaned, into: &outbox)
    }

    /// Ends a request before its result: its caller is told, its workers are told to stop, and
    /// their places stay taken until they have answered. What has its outcome already keeps it.
    mutating func stop(_ slot: Int, _ fault: Fault, into outbox: inout Outbox) {
        switch requests[slot].state {
        case .free, .finishing, .parking, .releasing: return
        case .accepting:
            requests[slot].outcome = requests[slot].outcome ?? .failure(WireError(fault))
            deadlines.remove(slot)
        case .active: conclude(slot, .failure(WireError(fault)), into: &outbox)
        }
    }

    // MARK: - Steps

    private mutating func takeVolatile(
        _ slot: Int, from peer: PeerID, at now: Instant, into outbox: inout Outbox
    ) {
        if requests[slot].plan.isSilent {
            tell(.accepted, slot, into: &outbox)
        } else {
            peers[peer]?.asked.append(slot, &requests.callers)
        }
        openSession(of: slot, into: &outbox)
        begin(slot, at: now, into: &outbox)
    }

    private mutating func fill(
        _ slot: Int, _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        at now: Instant
    ) {
        requests[slot].state = .active
        requests[slot].caller = Caller(peer: peer, messageID: message[.messageID])
        requests[slot].tenant = peers.tenant(of: peer) ?? ""
        requests[slot].delivery = message.delivery
        requests[slot].priority = Int(message.priority)
        requests[slot].content = content
        requests[slot].accepted = now
        let asked: Duration? =
            message.budget == 0 ? nil : .milliseconds(Int64(clamping: message.budget))
        requests[slot].deadline = now + patience(requests[slot].plan, asked)
        requests[slot].copyEnvelope(message.bytes)
        takeTrace(slot, of: message)
        deadlines.set(slot, due: requests[slot].deadline)
    }

    /// How long a request may take. A workflow has the time that its file gives it.
    func patience(_ plan: Plan, _ asked: Duration?) -> Duration {
        if case .workflow = plan { return min(asked ?? delays.workflow, delays.workflow) }
        return min(asked ?? delays.deadline, delays.longestDeadline)
    }

    /// What must hold of every request, so that whatever is made of its envelope fits into one.
    private func checkShape(of message: borrowing EnvelopeView) throws(Fault) {
        guard message.bytes.byteCount <= WireLimits.envelope - Self.forwardingRoom else {
            throw Fault(
                WireCode.header,
                "a request's envelope is above \(WireLimits.envelope - Self.forwardingRoom) bytes"
            )
        }
        if !message.isEmpty(.messageID) { try Name.check(message[.messageID], "message id") }
        if !message.isEmpty(.requestID) { try Name.check(message[.requestID], "request id") }
        guard !message.isEmpty(.messageID) || !message.isEmpty(.requestID) else {
            throw Fault(WireCode.invalid, "a request needs a message_id")
        }
    }

    /// The same key is the same request: ids of durable ones are the tenant's, of volatile ones the
    /// connection's.
    private func key(
        of message: borrowing EnvelopeView, from peer: PeerID
    ) throws(Fault) -> RequestKey {
        guard let known = peers[peer] else {
            throw Fault(WireCode.hello, "this connection is not known", retry: .now)
        }
        return RequestKey(
            scope: message.delivery == .durable ? known.tenantScope : known.ownScope,
            id: message[message.isEmpty(.requestID) ? .messageID : .requestID])
    }

    /// Whether it may be taken; true: only to wait in the store until there is room.
    private func admit(
        _ message: borrowing EnvelopeView, _ target: Target, at now: Instant
    ) throws(Fault) -> Bool {
        guard !isDraining else {
            throw Fault(
                WireCode.busy, "this orchestrator is leaving", retry: .after(.milliseconds(100)))
        }
        guard message.priority <= UInt32(WireLimits.priority) else {
            throw Fault(WireCode.range, "priority is 0 to \(WireLimits.priority)")
        }
        try checkStore(message)
        let name = registry.agents[target.agent].name
        if let reason = registry.frozen[name] {
            let why = reason.isEmpty ? "" : ": \(reason)"
            throw Fault(WireCode.frozen, "\(name) is frozen\(why)")
        }
        if let left = registry.admits(target.agent, at: now),
            registry.agents[target.agent].policy.fallback.isEmpty
        {
            throw brokenOff(target.agent, left)
        }
        let line = registry.agents[target.agent].waiting
        guard line < registry.agents[target.agent].policy.queue ?? .max else {
            throw Fault(
                WireCode.busy,
                "\(line) requests wait for \(registry.agents[target.agent].name): no more for now",
                retry: .after(.milliseconds(50)))
        }
        guard requests.count < limits.inFlight, waiting < limits.waiting else {
            // Whoever waits for no answer can wait for its turn, too.
            if message.type == .notification, message.delivery == .durable, storeIsDurable,
                requests.count < limits.inFlight + limits.waiting
            {
                return true
            }
            throw Fault(
                WireCode.busy, "\(requests.count) requests are in hand: no more for now",
                retry: .after(.milliseconds(50)))
        }
        return false
    }

    /// What the caller of a request is told that the store did not take.
    private func fault(of verdict: AcceptVerdict) -> Fault {
        switch verdict {
        case .conflict:
            Fault(WireCode.invalid, "a request with this id and another content is known")
        case .known(.uncertain):
            Fault(
                WireCode.uncertain,
                "nobody can know whether its effect happened: it rests until somebody says so")
        case .known:
            Fault(
                WireCode.busy, "the request is known and has not ended",
                retry: .after(.milliseconds(100)))
        case .tenantBusy:
            Fault(
                WireCode.quota, "the tenant has as many requests in hand as it may",
                retry: .after(.milliseconds(100)))
        case .readyBusy:
            Fault(
                WireCode.busy, "too many requests wait already",
                retry: .after(.milliseconds(250)))
        case .refused(let reason):
            Fault(
                WireCode.unavailable, "it could not be kept: \(reason)",
                retry: .after(.seconds(1)))
        case .unknown(let reason):
            Fault(WireCode.unavailable, reason, retry: .after(.milliseconds(500)))
        case .unreadable:
            Fault(
                WireCode.corrupt,
                "what the store holds under this id cannot be read; baton store shows it")
        case .accepted, .waits, .ended:
            Fault(WireCode.internal, "it was kept")
        }
    }

    /// The same request again, from a caller that lost its connection or its patience: it will get
    /// the one answer.
    private mutating func repeated(
        _ slot: Int, _ message: borrowing EnvelopeView, _ content: any Content, from peer: PeerID,
        into outbox: inout Outbox
    ) throws(Fault) {
        guard requests[slot].delivery == .durable else {
            throw Fault(WireCode.invalid, "a request with this id is in hand already")
        }
        guard isSame(slot, message, content) else {
            throw Fault(WireCode.invalid, "a request with this id and another content is known")
        }
        requests[slot].caller = Caller(peer: peer, messageID: message[.messageID])
        if requests[slot].state != .accepting { tell(.accepted, slot, into: &outbox) }
    }

    /// A workflow that was asked for by its name is known by its version, too.
    private func isSame(_ known: String, _ new: String) -> Bool {
        guard known != new else { return true }
        guard let known = try? WorkflowAddress(receiver: known),
            let new = try? WorkflowAddress(receiver: new)
        else { return false }
        return known.name == new.name && new.version ?? known.version == known.version
            && new.namespace ?? known.namespace == known.namespace
    }

    private func isSame(
        _ slot: Int, _ message: borrowing EnvelopeView, _ content: any Content
    ) -> Bool {
        guard let known = try? Envelope(decoding: requests[slot].envelope),
            let new = try? Envelope(message)
        else { return false }
        return known.type == new.type && isSame(known.receiver, new.receiver)
            && known.headers == new.headers && requests[slot].content.array == content.array
    }
}

extension Request {
    fileprivate mutating func copyEnvelope(_ bytes: RawSpan) {
        envelope.removeAll(keepingCapacity: true)
        unsafe bytes.withUnsafeBytes { unsafe envelope.append(contentsOf: $0) }
    }
}
