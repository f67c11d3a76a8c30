import Bus
import Document
import Reactor
import Telemetry
import Wire

/// What a request went through, as spans: told of those in hand and of those that ended lately,
/// with the requests that agents made below them. Nobody has to have listened.
extension Conductor {
    private enum Most {
        static let requests = 500
        static let spans = 1000
    }

    /// Notes how a request ended, if anything else was noted of it, or if it failed; no outcome:
    /// nobody was left to hear it.
    mutating func noteEnd(of slot: Int, _ outcome: Outcome?) {
        var state = RequestRecord.State.answered
        if outcome == nil { state = .dropped }
        if case .failure(let error) = outcome { state = .failed(code: error.code) }
        if case .failed(let code) = state, code != WireCode.cancelled.rawValue {
            counters.failed += 1
        }
        // What the store knew already ended long ago.
        guard requests[slot].state != .accepting,
            requests[slot].isNoted || (state != .answered && choices.admits(at: present))
        else { return }
        ended.note(record(of: slot, state, ended: present))
    }

    /// The question `trace`: one request with what was done below it, or all of a trace.
    func trace(_ body: Value, for peer: PeerID) throws(Fault) -> Value {
        let all = records(seenBy: peer)
        let (isWanted, name) = try wanted(body)
        let found = (all + unrecorded(body, all, seenBy: peer)).filter(isWanted)
        // The one in hand; else the latest.
        guard let root = body["id"] == nil ? found.first : found.last else {
            throw Fault(
                WireCode.notFound,
                "\(name) is not in hand, and not among the \(ended.count) that ended lately and are"
                    + " remembered")
        }
        let family = body["id"] == nil ? found : family(of: root, in: all)
        var answer = head(of: root)
        if body["id"] != nil, found.count > 1 { answer["same_id"] = Value(found.count - 1) }
        let spans = spans(of: Array(family.prefix(Most.requests)))
        let leftOut = max(0, spans.count - Most.spans) + max(0, family.count - Most.requests)
        answer["spans"] = .array(Array(spans.prefix(Most.spans)))
        if leftOut > 0 { answer["left_out"] = Value(leftOut) }
        return .object(answer)
    }

    /// Whether a request by this id is in hand or among the latest; a trace is looked for here
    /// alone.
    func remembers(_ body: Value, _ peer: PeerID) -> Bool {
        guard let id = body["id"]?.string, Name.isValid(id) else { return true }
        let known = records(seenBy: peer)
        return known.contains { $0.key.id == id }
            || !unrecorded(body, known, seenBy: peer).isEmpty
    }

    // MARK: - Records

    /// What is asked for: a request by its id, or a trace.
    private func wanted(
        _ body: Value
    ) throws(Fault) -> (isWanted: (RequestRecord) -> Bool, name: String) {
        if let trace = body["trace"]?.string {
            return ({ $0.trace.traceID == trace }, "a trace \(trace.bounded)")
        }
        let id = body["id"]?.string ?? ""
        try Name.check(id, "request id")
        return ({ $0.key.id == id }, "a request \(id)")
    }

    /// All that is known, in the order in which it ended; what is in hand comes last.
    private func records(seenBy peer: PeerID) -> [RequestRecord] {
        guard let identity = peers[peer]?.identity else { return [] }
        let isOperator = identity.role == .operator
        return ended.records { isOperator || $0.tenant == identity.tenant }
            + requests(seenBy: peer).map { record(of: $0, .open(standing(of: $0))) }
            .sorted { $0.accepted < $1.accepted }
    }

    /// A request that was refused is known by that alone.
    private func unrecorded(
        _ body: Value, _ known: [RequestRecord], seenBy peer: PeerID
    ) -> [RequestRecord] {
        guard let id = body["id"]?.string, let asker = peers[peer],
            !known.contains(where: { $0.key.id == id })
        else { return [] }
        let isOperator = asker.identity.role == .operator
        let scopes = [asker.ownScope, asker.tenantScope]
        let noted = decisions.decisions(id: id) { isOperator || scopes.contains($0.key.scope) }
        guard let last = noted.last, case .failed(let code) = last.outcome else { return [] }
        return [
            RequestRecord(
                key: last.key, agent: last.agent, accepted: last.at, ended: last.at,
                state: .failed(code: code), trace: Self.made(for: last.key))
        ]
    }

    func record(
        of slot: Int, _ state: RequestRecord.State, ended: Instant? = nil
    ) -> RequestRecord {
        let (trace, parent) = ownTrace(of: slot)
        return RequestRecord(
            key: requests[slot].key, tenant: requests[slot].tenant,
            agent: registry.agents[requests[slot].agent].name,
            pattern: requests[slot].plan.name, delivery: requests[slot].delivery,
            depth: requests[slot].depth, accepted: requests[slot].accepted, ended: ended,
            state: state, trace: trace, parent: parent,
            origin: requests[slot].origin)
    }

    private func standing(of slot: Int) -> String {
        let step = requests[slot].steps.members(steps.siblings).first { steps[$0].state != .done }
        guard requests[slot].state == .active, let step else { return "\(requests[slot].state)" }
        return "\(steps[step].state)"
    }

    /// The request's own span, and the one that it was asked for in.
    func ownTrace(of slot: Int) -> (own: TraceContext, parent: UInt64?) {
        let trace = requests[slot].trace
        guard !requests[slot].beganTrace else { return (trace, nil) }
        return (trace.child(step: 0, attempt: 0), trace.span)
    }

    /// What was refused has no trace: the same one is made up whenever it is asked for.
    private static func made(for key: RequestKey) -> TraceContext {
        var dice = Dice(seed: key.id.utf8.reduce(key.scope) { $0 &* 31 &+ UInt64($1) })
        return dice.trace()
    }

    /// A request and all that was asked for below it.
    private func family(of root: RequestRecord, in all: [RequestRecord]) -> [RequestRecord] {
        var made: [RequestKey: [RequestRecord]] = [:]
        for record in all {
            if let origin = record.origin { made[origin.key, default: []].append(record) }
        }
        var family = [root]
        var next = 0
        while next < family.count, family.count <= Most.requests {
            // Taken out, so that nothing is looked at twice.
            let children = made.removeValue(forKey: family[next].key) ?? []
            family += children.filter { $0.accepted >= family[next].accepted }
            next += 1
        }
        return family
    }

    // MARK: - Answer

    private func head(of record: RequestRecord) -> ObjectValue {
        var head: ObjectValue = [
            "orchestrator": .string(name), "request": .string(record.key.id),
            "agent": .string(record.agent), "state": .string(record.word),
            "pattern": .string(record.pattern), "delivery": .string(record.delivery.name),
            "trace": .string(record.trace.traceID),
        ]
        if let code = record.code { head["code"] = .string(code) }
        return head
    }

    private func spans(of family: [RequestRecord]) -> [Value] {
        let noted = decisions.decisions(of: Set(family.map(\.key)))
        let known = Dictionary(family.map { ($0.key, $0) }) { _, last in last }
        var spans: [Value] = []
        for record in family {
            let mine = (noted[record.key] ?? []).filter {
                $0.at >= record.accepted && $0.at <= record.ended ?? .distantFuture
            }
            var unfolded = RequestSpans(record, orchestrator: name, surroundings)
            unfolded.parent = record.origin.flatMap { origin in
                known[origin.key]?.trace.child(step: origin.step, attempt: origin.attempt).span
            }
            spans += unfolded.values(of: mine, unplaced: unplaced(record))
        }
        return spans
    }

    /// The steps of a request in hand that nobody works on just now.
    private func unplaced(_ record: RequestRecord) -> Set<UInt32> {
        guard record.ended == nil, let slot = requests.slot(record.key) else { return [] }
        let members = requests[slot].steps.members(steps.siblings)
        return Set(
            members.filter { steps[$0].state == .waiting || steps[$0].state == .resting }
                .map { steps[$0].ordinal })
    }
}
