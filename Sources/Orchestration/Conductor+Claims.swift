import Bus
import Reactor
import Store
import Telemetry
import Wire

/// Requests that come from the store instead of a caller: those that waited for an owner, and those
/// of an instance that is gone.
extension Conductor {
    /// Takes up requests that wait for an owner, as many as there is room for.
    mutating func claimMore(into outbox: inout Outbox) {
        let room = limits.inFlight - requests.count
        guard readyElsewhere > 0, !isClaiming, room > 0, !isDraining, !isFenced else { return }
        isClaiming = true
        outbox.ask(.claim(min(room, 64)))
    }

    mutating func claimed(
        _ kept: [StoredRequest], at now: Instant, into outbox: inout Outbox
    ) {
        CrashPoint.claimed.reached()
        guard !Mutant.noAdoption.isOn else { return }
        if isClaiming {
            isClaiming = false
            // Fewer than were asked for: there are no more.
            readyElsewhere = kept.count < 64 ? 0 : max(0, readyElsewhere - kept.count)
        }
        // What was taken over goes to the front of the line: so the oldest comes last.
        let isOlder = kept.first?.wasOwned == true
        let ordered = isOlder ? kept.sorted { $0.accepted > $1.accepted } : kept
        for request in ordered { takeUp(request, at: now, into: &outbox) }
        claimMore(into: &outbox)
    }

    /// All durable requests in hand, by their names in the store. What it was only asked to accept
    /// is not: somebody else may have had it.
    var records: Set<RecordKey> {
        var records: Set<RecordKey> = []
        for slot in requests.inUse
        where requests[slot].delivery == .durable && requests[slot].state != .accepting {
            records.insert(requests[slot].record)
        }
        return records
    }

    // MARK: - Steps

    private mutating func takeUp(
        _ kept: StoredRequest, at now: Instant, into outbox: inout Outbox
    ) {
        let key = RequestKey(scope: Peer.scope(ofTenant: kept.tenant), id: kept.id)
        if let slot = requests.slot(key), requests[slot].record == kept.key {
            // It never left this process: its own earlier self in the store had it. Unless its
            // client is just asking for it again: then nobody here works on it yet.
            guard requests[slot].state == .accepting else { return }
            followElsewhere(slot, into: &outbox)
        }
        guard let input = kept.input else { return reject(kept, key, "it has no input", &outbox) }
        let slot = requests.take(key)
        fill(slot, kept, input, at: now)
        rejoinSession(slot, input, into: &outbox)
        counters.claimed += 1
        log.debug(
            "took up a request",
            ["request": .text(kept.id), "agent": .text(kept.agent), "note": .text(kept.owner)])
        do throws(Fault) {
            // A tuple would outlive the message; the target does not.
            let target = try plan(of: input, kept)
            requests[slot].plan = target.plan
            requests[slot].agent = target.agent
            requests[slot].instance = target.instance
            setDeadline(slot, kept, at: now)
        } catch {
            return conclude(slot, .failure(WireError(error)), into: &outbox)
        }
        goOn(slot, kept, at: now, into: &outbox)
        // What its workers had to say while nobody owned it.
        let token = requests.token(slot)
        for word in kept.words {
            guard requests.slot(token: token) == slot else { return }
            hear(word, slot, at: now, into: &outbox)
        }
    }

    private mutating func reject(
        _ kept: StoredRequest, _ key: RequestKey, _ why: String, _ outbox: inout Outbox
    ) {
        let slot = requests.take(key)
        requests[slot].state = .active
        requests[slot].record = kept.key
        requests[slot].delivery = .durable
        requests[slot].agent = registry.expect(kept.agent)
        requests[slot].caller = Caller(peer: .nobody, messageID: "")
        let error = WireError(
            code: WireCode.corrupt.rawValue, message: "the record cannot be used: \(why)")
        conclude(slot, .failure(error), into: &outbox)
    }

    private mutating func fill(
        _ slot: Int, _ kept: StoredRequest, _ input: StoredMessage, at now: Instant
    ) {
        requests[slot].state = .active
        requests[slot].record = kept.key
        requests[slot].fence = kept.fence
        requests[slot].isSought = kept.wasOwned
        requests[slot].attempts = max(1, UInt32(clamping: kept.attempts))
        requests[slot].caller = Caller(peer: .nobody, messageID: "")
        requests[slot].tenant = kept.tenant
        requests[slot].delivery = .durable
        requests[slot].content = input.content
        requests[slot].envelope = input.envelope
        requests[slot].accepted = now
        requests[slot].began = kept.accepted
        requests[slot].journalLength = kept.journalLength
        requests[slot].depth = Int((try? Envelope(decoding: input.envelope))?.depth ?? 0)
        requests[slot].trace = dice.trace()
        requests[slot].beganTrace = true
    }

    private mutating func setDeadline(_ slot: Int, _ kept: StoredRequest, at now: Instant) {
        let left = Int64(clamping: kept.deadline) - Int64(clamping: storeTime(at: now))
        let patience = patience(requests[slot].plan, .milliseconds(max(0, left)))
        requests[slot].deadline = now + patience
        deadlines.set(slot, due: requests[slot].deadline)
    }

    /// What it asks for. Agents that are not here are waited for: the request was accepted when
    /// they were.
    private mutating func plan(
        of input: StoredMessage, _ kept: StoredRequest
    ) throws(Fault) -> Target {
        let envelope = try Envelope(decoding: input.envelope)
        _ = registry.expect(kept.agent)
        for name in (envelope.headers["pipeline"] ?? envelope.headers["agents"] ?? "")
            .split(separator: ",") where Name.isValid(name)
        {
            _ = registry.expect(String(name))
        }
        let bytes = input.envelope
        let span = bytes.span
        if let address = try WorkflowAddress(receiver: envelope.receiver) {
            let isSilent = envelope.type == .notification
            return Target(
                plan: .workflow(Plan.Journey(address, isSilent: isSilent)),
                agent: registry.expect(kept.agent))
        }
        let view = try unsafe EnvelopeView(span.bytes)
        return try target(of: view, input.content)
    }

    /// Goes on behind the last step that was kept.
    private mutating func goOn(
        _ slot: Int, _ kept: StoredRequest, at now: Instant, into outbox: inout Outbox
    ) {
        let done = kept.steps.count { $0.state == .done }
        begun = kept.steps.last.flatMap { $0.state == .started ? $0 : nil }
        defer { begun = nil }
        if case .pipeline(let slip) = requests[slot].plan, done > 0, done < slip.stages.count,
            let last = kept.lastResult
        {
            requests[slot].plan = .pipeline(Plan.Slip(stages: slip.stages, current: done))
            let step = addStep(slot, slip.stages[done])
            steps[step].ordinal = UInt32(done + 1)
            steps[step].reason = .stage
            let contentType = (try? Envelope(decoding: last.envelope))?.contentType ?? ""
            steps[step].input = Step.Input(content: last.content, contentType: contentType)
            return launch(step, at: now, into: &outbox)
        }
        begin(slot, at: now, into: &outbox)
    }
}
