import Bus
import Document
import Flow
import Reactor
import Store
import Telemetry
import Wire

/// Workflows that runs have run. One that is waited for belongs to its run and ends with it; any
/// other is on its own from the start.
///
/// That of a durable run is a durable request too, under an id that whoever takes the run over
/// comes to as well: asked for again, it is the same one, wherever it runs by then.
extension Conductor {
    /// A workflow that a run wants to have run.
    struct Subordinate {
        let key: StepKey
        let input: Value
        let awaits: Bool
    }

    mutating func begin(
        _ wanted: Subordinate, _ reference: WorkflowReference, _ slot: Int,
        into outbox: inout Outbox
    ) {
        let token = requests.token(slot)
        let isDurable = flows[token]?.journal != nil
        do throws(Fault) {
            let address = WorkflowAddress(
                namespace: reference.namespace, name: reference.name, version: reference.version)
            let id = isDurable ? ChildID.id(of: requests[slot].key.id, at: wanted.key) : nil
            if let id, let known = requests.slot(childKey(of: slot, id)) {
                return join(known, wanted, of: token, into: &outbox)
            }
            try checkRoom(for: slot)
            let child = child(of: slot, wanted, try shelf.edition(address), id: id)
            if isDurable {
                try submit(child, wanted, address, of: token, into: &outbox)
            } else {
                if wanted.awaits { bind(child, wanted, to: token) }
                begin(child, at: present, into: &outbox)
                if !wanted.awaits { tell(token, .answered(wanted.key, .null), into: &outbox) }
            }
        } catch {
            let failure = FlowError(WireError(error), of: reference.name)
            tell(token, .failed(wanted.key, failure), into: &outbox)
        }
    }

    /// The store has a child that its run only has begun: that is all there is to wait for.
    mutating func releaseParent(of child: Int, into outbox: inout Outbox) {
        guard let parent = requests[child].parent, !parent.awaits else { return }
        requests[child].parent = nil
        end(parent, .answered(parent.key, .null), into: &outbox)
    }

    /// A workflow that a run waits for has ended.
    mutating func subordinateEnded(
        _ parent: Request.Parent, _ outcome: Outcome, into outbox: inout Outbox
    ) {
        switch outcome {
        case .result(let content, _, let contentType):
            end(parent, .answered(parent.key, content.value(contentType)), into: &outbox)
        case .failure(let error):
            let failure = FlowError(error, of: "the workflow")
            end(parent, .failed(parent.key, failure), into: &outbox)
        }
    }

    /// Another orchestrator has the child: what comes of it is read from the store.
    mutating func followChild(
        _ parent: Request.Parent, _ id: String, _ record: RecordKey, into outbox: inout Outbox
    ) {
        let number = followers.add(
            Follower(
                asker: Inquiries.Asker(
                    caller: Caller(peer: .nobody, messageID: ""), requestID: id),
                key: record, goal: .parent(parent)))
        flows[parent.token]?.parts[parent.key] = .followed(number)
        askFor(number, into: &outbox)
    }

    /// What a run has asked for is not wanted any more.
    ///
    /// - Parameter goesOn: the run, somewhere else: what it waits for may be kept.
    mutating func withdraw(
        _ part: FlowWork.Part, of slot: Int, goesOn: Bool = false, into outbox: inout Outbox
    ) {
        switch part {
        case .timer: break
        case .person(let key): withdraw(key, into: &outbox)
        case .step(let pending):
            for step in requests[slot].steps.members(steps.siblings)
            where steps[step].ordinal == pending.ordinal {
                stopStep(step, into: &outbox)
            }
        case .request(let token):
            guard let child = requests.slot(token: token) else { return }
            requests[child].parent = nil
            guard !goesOn || requests[child].delivery == .volatile else { return }
            if makesGood(child, into: &outbox) { return }
            stop(child, Self.orphaned, into: &outbox)
        case .followed(let number):
            guard let follower = followers[number] else { return }
            followers.remove(number)
            guard !goesOn else { return }
            cancelElsewhere(
                follower.asker.requestID, requests[slot].tenant, follower.key, into: &outbox)
        }
    }

    // MARK: - Steps

    static var orphaned: Fault {
        Fault(WireCode.cancelled, "the workflow that had it run ended before it")
    }

    private func checkRoom(for slot: Int) throws(Fault) {
        guard requests[slot].depth < limits.depth else {
            throw Fault(
                WireCode.budget, "workflows ran each other \(limits.depth) deep: no deeper")
        }
        guard requests.count < limits.inFlight else {
            throw Fault(
                WireCode.busy, "\(requests.count) requests are in hand: no more for now",
                retry: .after(.milliseconds(50)))
        }
    }

    /// - Parameter id: that of one which the store keeps.
    private mutating func child(
        of slot: Int, _ wanted: Subordinate, _ edition: Edition, id: String?
    ) -> Int {
        let own = id ?? "\(requests[slot].key.id.prefix(48)).\(flows.nextRequest())"
        let child = requests.take(
            id == nil ? RequestKey(scope: Self.inner, id: own) : childKey(of: slot, own))
        let isSilent = id == nil || !wanted.awaits
        requests[child].state = .active
        requests[child].plan = .workflow(Plan.Journey(edition, isSilent: isSilent))
        requests[child].agent = registry.expect(edition.label)
        requests[child].caller = Caller(peer: .nobody, messageID: own)
        requests[child].tenant = requests[slot].tenant
        requests[child].delivery = id == nil ? .volatile : .durable
        requests[child].priority = requests[slot].priority
        requests[child].content = ContentBytes(JSON.write(wanted.input))
        requests[child].envelope = requests[slot].envelope
        requests[child].accepted = present
        requests[child].deadline =
            wanted.awaits ? requests[slot].deadline : present + delays.workflow
        requests[child].depth = requests[slot].depth + 1
        requests[child].root = requests[slot].root == 0 ? requests.token(slot) : requests[slot].root
        requests[child].trace = requests[slot].trace
        requests[child].beganTrace = false
        deadlines.set(child, due: requests[child].deadline)
        return child
    }

    /// Has the store keep a child before it begins.
    private mutating func submit(
        _ child: Int, _ wanted: Subordinate, _ address: WorkflowAddress, of token: UInt64,
        into outbox: inout Outbox
    ) throws(Fault) {
        let id = requests[child].key.id
        requests[child].state = .accepting
        requests[child].record = RecordKey(tenant: requests[child].tenant, id: id)
        requests[child].began = storeTime(at: present)
        let parent = requests.slot(token: token).map { requests[$0].key.id } ?? ""
        let envelope = order(child, wanted, address, parent)
        requests[child].envelope = envelope
        let span = envelope.span
        let acceptance = acceptance(
            child, try unsafe EnvelopeView(span.bytes), waits: false, at: present)
        if case .workflow(let journey) = requests[child].plan {
            pin(child, journey)
            keepText(of: journey, into: &outbox)
        }
        bind(child, wanted, to: token)
        outbox.ask(.accept(requests.token(child), kept(acceptance, child)))
    }

    /// What was asked for tells a request from another one; what it became is kept.
    private func kept(
        _ acceptance: StateCommand.Acceptance, _ child: Int
    ) -> StateCommand.Acceptance {
        var acceptance = acceptance
        acceptance.input = StoredMessage(
            envelope: requests[child].envelope, content: requests[child].content)
        return acceptance
    }

    /// A child's request as a client would have made it.
    private func order(
        _ child: Int, _ wanted: Subordinate, _ address: WorkflowAddress, _ parent: String
    ) -> [UInt8] {
        var writer = EnvelopeWriter()
        writer.begin(wanted.awaits ? .request : .notification)
        writer.text(.messageID, requests[child].key.id)
        writer.text(.requestID, requests[child].key.id)
        writer.text(.receiver, address.receiver)
        writer.text(.sender, "baton")
        writer.depth(UInt32(clamping: requests[child].depth))
        writer.header("parent", parent)
        return writer.bytes
    }

    /// The child is in hand here already: both were taken over.
    private mutating func join(
        _ child: Int, _ wanted: Subordinate, of token: UInt64, into outbox: inout Outbox
    ) {
        bind(child, wanted, to: token)
        if requests[child].state != .accepting { releaseParent(of: child, into: &outbox) }
    }

    private mutating func bind(_ child: Int, _ wanted: Subordinate, to token: UInt64) {
        requests[child].parent = Request.Parent(
            token: token, key: wanted.key, awaits: wanted.awaits)
        flows[token]?.parts[wanted.key] = .request(requests.token(child))
    }

    private mutating func end(
        _ parent: Request.Parent, _ event: RunEvent, into outbox: inout Outbox
    ) {
        guard flows[parent.token]?.parts.removeValue(forKey: parent.key) != nil else { return }
        tell(parent.token, event, into: &outbox)
    }

    /// Ends a request that another orchestrator has in hand, or nobody.
    private mutating func cancelElsewhere(
        _ id: String, _ tenant: String, _ record: RecordKey, into outbox: inout Outbox
    ) {
        outbox.announce(.cancel) { writer in
            writer.text(.requestID, id)
            writer.text(.tenant, tenant)
        }
        let asker = Inquiries.Asker(
            caller: Caller(peer: .nobody, messageID: ""), requestID: id)
        guard !inquiries.isFull else { return }
        outbox.ask(.cancel(inquiries.ask(.cancel(asker)), record, by: name))
    }

    private func childKey(of slot: Int, _ id: String) -> RequestKey {
        RequestKey(scope: Peer.scope(ofTenant: requests[slot].tenant), id: id)
    }

    /// The scope of requests that nobody outside made.
    private static var inner: UInt64 { .max }
}
