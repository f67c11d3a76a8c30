import Bus
import Document
import Reactor
import Store
import Telemetry
import Wire

/// What people ask of requests that the store keeps, and what they decide about them.
extension Conductor {
    /// Questions that the store answers, in its own time.
    enum StoreQuestion: String, CaseIterable {
        case request, resolve, revive, discard, freeze, figures, journal, fork
    }

    mutating func askStore(
        _ question: StoreQuestion, _ body: Value, _ asker: Inquiries.Asker,
        into outbox: inout Outbox
    ) throws(Fault) {
        switch question {
        case .request: try showRequest(body, asker, into: &outbox)
        case .resolve: try resolve(body, asker, into: &outbox)
        case .revive, .discard: try decide(question, body, asker, into: &outbox)
        case .freeze: try freeze(body, asker, into: &outbox)
        case .journal: try askJournal(body, asker, into: &outbox)
        case .fork: try prepareFork(body, asker, into: &outbox)
        case .figures:
            let hours = min(max(1, body["hours"]?.integer ?? 24), 7 * 24)
            try inquire(.figures(asker), into: &outbox) { .figures($0, hours: hours) }
        }
    }

    /// The question `requests` with a state: a list the store keeps.
    mutating func list(
        _ state: String, _ body: Value, _ asker: Inquiries.Asker, into outbox: inout Outbox
    ) throws(Fault) {
        guard let kind = StateCommand.ListQuery.Kind(rawValue: state) else {
            let kinds = StateCommand.ListQuery.Kind.allCases.map(\.rawValue)
            throw Fault(
                WireCode.invalid,
                "requests are listed by the state \(kinds.joined(separator: ", "))")
        }
        let isOperator = isOperator(asker.caller.peer)
        let own = peers.tenant(of: asker.caller.peer)
        let query = StateCommand.ListQuery(
            kind: kind, tenant: isOperator ? body["tenant"]?.string : own,
            offset: max(0, body["offset"]?.integer ?? 0),
            limit: min(max(1, body["limit"]?.integer ?? 100), 1_000))
        try inquire(.list(asker), into: &outbox) { .list($0, query) }
    }

    /// The name in the store of the request a question is about.
    func recordKey(_ body: Value, _ asker: Inquiries.Asker) throws(Fault) -> RecordKey {
        let id = body["id"]?.string ?? ""
        try Name.check(id, "request id")
        let own = peers.tenant(of: asker.caller.peer) ?? ""
        let tenant = isOperator(asker.caller.peer) ? body["tenant"]?.string ?? own : own
        return RecordKey(tenant: tenant, id: id)
    }

    func isOperator(_ peer: PeerID) -> Bool { peers[peer]?.identity.role == .operator }

    /// What is kept of a request, with what those in hand know of it.
    func show(_ request: StoredRequest, at now: Instant) -> ObjectValue {
        var all = request.description(at: storeTime(at: now))
        let key = RequestKey(scope: Peer.scope(ofTenant: request.tenant), id: request.id)
        if let slot = requests.slot(key), let row = row(slot, at: now).object {
            for (name, value) in row where name != "state" || request.state == .running {
                all[name] = value
            }
        }
        return all
    }

    // MARK: - Steps

    private mutating func showRequest(
        _ body: Value, _ asker: Inquiries.Asker, into outbox: inout Outbox
    ) throws(Fault) {
        let id = body["id"]?.string ?? ""
        let inHand = requests(seenBy: asker.caller.peer).first { requests[$0].key.id == id }
        if let inHand, requests[inHand].delivery == .volatile {
            return answer(asker, row(inHand, at: present), into: &outbox)
        }
        let key: RecordKey
        if let inHand { key = requests[inHand].record } else { key = try recordKey(body, asker) }
        try inquire(.show(asker), into: &outbox) { .read($0, key, from: 1) }
    }

    private mutating func resolve(
        _ body: Value, _ asker: Inquiries.Asker, into outbox: inout Outbox
    ) throws(Fault) {
        let key = try recordKey(body, asker)
        let who = peers.name(of: asker.caller.peer) ?? ""
        let resolution: StateCommand.Resolution
        let word: String
        switch body["as"]?.string {
        case "done":
            let content = ContentBytes(body["result"].map { JSON.write($0) } ?? [])
            let sender = Outcome.Sender(agent: "baton", instance: name)
            let outcome = Outcome.result(content, sender: sender, contentType: "")
            resolution = StateCommand.Resolution(verdict: .done, output: outcome.stored, code: "")
            word = StoredState.succeeded.word
        case "failed":
            let message = body["error"]?.string ?? "\(who) decided that it failed"
            let error = WireError(code: WireCode.failed.rawValue, message: message)
            resolution = StateCommand.Resolution(
                verdict: .failed, output: Outcome.failure(error).stored, code: error.code)
            word = StoredState.failed.word
        case "again":
            resolution = StateCommand.Resolution(verdict: .again, output: nil, code: "")
            word = StoredState.ready.word
        default:
            throw Fault(WireCode.invalid, "resolve it \"as\" done, failed or again")
        }
        if resolution.verdict == .again { readyElsewhere += 1 }
        try inquire(.decision(named(asker, body), done: word), into: &outbox) {
            .resolve($0, key, resolution, by: who)
        }
    }

    private mutating func decide(
        _ question: StoreQuestion, _ body: Value, _ asker: Inquiries.Asker,
        into outbox: inout Outbox
    ) throws(Fault) {
        let key = try recordKey(body, asker)
        let who = peers.name(of: asker.caller.peer) ?? ""
        let isRevival = question == .revive
        if isRevival { readyElsewhere += 1 }
        let word = isRevival ? StoredState.ready.word : "discarded"
        try inquire(.decision(named(asker, body), done: word), into: &outbox) {
            isRevival ? .revive($0, key, by: who) : .discard($0, key)
        }
    }

    private mutating func freeze(
        _ body: Value, _ asker: Inquiries.Asker, into outbox: inout Outbox
    ) throws(Fault) {
        guard isOperator(asker.caller.peer) else {
            throw Fault(WireCode.forbidden, "only an operator's key may freeze agents")
        }
        let agent = try Name.check(body["agent"]?.string ?? "", "agent")
        let isOn = body["on"]?.bool ?? true
        let reason = (body["reason"]?.string ?? "").bounded
        var asker = asker
        asker.requestID = agent
        // Here at once; elsewhere with the next news.
        var frozen = registry.frozen
        frozen[agent] = isOn ? reason : nil
        freeze(frozen, at: present, into: &outbox)
        try inquire(
            .decision(asker, done: isOn ? "frozen" : "thawed"), into: &outbox
        ) { .freeze($0, agent: agent, isOn, reason: reason) }
    }

    /// The answer names the request that was decided about.
    private func named(_ asker: Inquiries.Asker, _ body: Value) -> Inquiries.Asker {
        var asker = asker
        asker.requestID = body["id"]?.string ?? ""
        return asker
    }
}
