import Bus
import Document
import Flow
import Reactor
import Store
import Telemetry
import Wire

/// What people may ask about the tasks that wait for them, and say to them. Who may answer follows
/// from the key of whoever asks, or from a token: never from what anybody says of himself.
extension Conductor {
    enum PeopleQuestion: String, CaseIterable {
        /// What waits; one of it; a person's word; a token for somebody without a key.
        case people, person, answer
        case allow = "approval_token"
    }

    /// What a task is read for.
    enum PersonPurpose {
        case show
        /// A person's word, the secret of a token, and the digest of what the person saw.
        case answer(Value, secret: String?, seen: String?)
        case allow
    }

    /// No agent may answer what only a person may, whatever it says, and whoever told it so.
    func checkMayAnswer(
        _ message: borrowing EnvelopeView, _ peer: PeerID, _ question: PeopleQuestion
    ) throws(Fault) {
        let role = peers[peer]?.identity.role
        let isPerson =
            peers.worker(of: peer) == nil && (role == .client || role == .operator)
            && message.dispatch == 0
        guard isPerson else {
            throw Fault(
                WireCode.forbidden, "only a person may do this: a client's or an operator's key")
        }
    }

    mutating func askPeople(
        _ question: PeopleQuestion, _ body: Value, _ asker: Inquiries.Asker,
        into outbox: inout Outbox
    ) throws(Fault) {
        guard question != .people else { return try listPeople(body, asker, into: &outbox) }
        let (key, secret) = try named(body)
        var asker = asker
        asker.requestID = key.description
        let purpose: PersonPurpose
        switch question {
        case .people, .person: purpose = .show
        case .allow: purpose = .allow
        case .answer:
            guard let answer = body["answer"] else {
                throw Fault(WireCode.invalid, "an \"answer\" is missing")
            }
            purpose = .answer(answer, secret: secret, seen: body["arguments"]?.string)
        }
        if let task = people.volatile[key] {
            return try look(at: task, asker, purpose, into: &outbox)
        }
        try inquire(.person(asker, purpose), into: &outbox) { .person($0, .read([key])) }
    }

    /// The store's word on tasks.
    mutating func told(
        _ ticket: UInt64, _ reply: PersonReply, into outbox: inout Outbox
    ) {
        switch reply {
        case .asked(let key, let verdict): asked(key, verdict, into: &outbox)
        case .withdrawn: break
        case .news(let keys, let last, let isWhole):
            guard case .peopleNews? = inquiries.answered(ticket) else { return }
            heardNews(keys, last: last, isWhole: isWhole, into: &outbox)
        case .found(let tasks): found(tasks, ticket, into: &outbox)
        case .listed(let tasks, let total, let next):
            guard case .people(let asker)? = inquiries.answered(ticket) else { return }
            answer(asker, list(tasks, total: total, next: next, asker), into: &outbox)
        case .answered(let key, let decision): decided(key, decision, ticket, into: &outbox)
        }
    }

    // MARK: - Looking

    private mutating func listPeople(
        _ body: Value, _ asker: Inquiries.Asker, into outbox: inout Outbox
    ) throws(Fault) {
        let own = peers.tenant(of: asker.caller.peer)
        var query = PersonCommand.Query(
            tenant: isOperator(asker.caller.peer) ? body["tenant"]?.string : own)
        query.assignee = body["assignee"]?.string ?? ""
        query.isOpen = body["state"]?.string ?? "open" != "closed"
        query.offset = max(0, body["offset"]?.integer ?? 0)
        query.limit = min(max(1, body["limit"]?.integer ?? 100), 100)
        let wanted = query
        try inquire(.people(asker), into: &outbox) { .person($0, .list(wanted)) }
    }

    /// A stretch of the store's, and with the first one what is kept nowhere else.
    private func list(
        _ tasks: [StoredPerson], total: Int, next: Int?, _ asker: Inquiries.Asker
    ) -> Value {
        let volatile = people.volatile.values.filter { task in
            task.state == .open && maySee(task, asker)
        }.sorted { ($0.asked, $0.key.description) < ($1.asked, $1.key.description) }
        let rows = tasks.map { Value.object($0.row) }
        let own = volatile.prefix(500).map { task in
            var row = task.row
            row["volatile"] = true
            return Value.object(row)
        }
        return [
            "tasks": .array(rows), "volatile": .array(own), "total": Value(total),
            "next": next.map { Value($0) } ?? .null,
        ]
    }

    private func maySee(_ task: StoredPerson, _ asker: Inquiries.Asker) -> Bool {
        isOperator(asker.caller.peer) || peers.tenant(of: asker.caller.peer) == task.tenant
    }

    private mutating func found(
        _ tasks: [StoredPerson], _ ticket: UInt64, into outbox: inout Outbox
    ) {
        switch inquiries.answered(ticket) {
        case .peopleFound: found(tasks, into: &outbox)
        case .person(let asker, let purpose):
            do throws(Fault) {
                guard let task = tasks.first else { throw Self.noTask }
                try look(at: task, asker, purpose, into: &outbox)
            } catch {
                complain(error, to: asker, into: &outbox)
            }
        default: break
        }
    }

    private static var noTask: Fault {
        Fault(
            WireCode.notFound,
            "there is no such task; what has ended is kept for a while only, see baton approve")
    }

    /// The task is there: it is shown, answered, or a token is made for it.
    private mutating func look(
        at task: StoredPerson, _ asker: Inquiries.Asker, _ purpose: PersonPurpose,
        into outbox: inout Outbox
    ) throws(Fault) {
        var secret: String?
        if case .answer(_, let given, _) = purpose { secret = given }
        // Another tenant's task is nobody's business, unless somebody was given a token for it.
        guard secret != nil || maySee(task, asker) else { throw Self.noTask }
        switch purpose {
        case .show: answer(asker, .object(task.description), into: &outbox)
        case .allow: try allow(task, asker, into: &outbox)
        case .answer(let value, let secret, let seen):
            guard seen ?? task.arguments.description == task.arguments.description else {
                throw Fault(
                    WireCode.stale, "something else is asked by now: look at it again")
            }
            try answer(task, with: value, secret, asker, into: &outbox)
        }
    }

    // MARK: - Deciding

    private mutating func allow(
        _ task: StoredPerson, _ asker: Inquiries.Asker, into outbox: inout Outbox
    ) throws(Fault) {
        try check(task.closing(at: storeTime(at: present)))
        guard people.volatile[task.key] == nil else {
            throw Fault(WireCode.unsupported, "a volatile request's task has no tokens")
        }
        let secret = people.secret()
        let digest = ApprovalSecret.digest(secret, of: task.key, arguments: task.arguments)
        try inquire(.personToken(asker, secret: secret), into: &outbox) {
            .person($0, .allow(task.key, token: digest, arguments: task.arguments))
        }
    }

    private mutating func answer(
        _ task: StoredPerson, with value: Value, _ secret: String?, _ asker: Inquiries.Asker,
        into outbox: inout Outbox
    ) throws(Fault) {
        try check(task.closing(at: storeTime(at: present)))
        let name = answerer(asker.caller.peer)
        let who = secret == nil ? name : "\(name) with a token"
        let told =
            try PersonTask(content: task.content)?.value(of: value, by: who, at: flowClock) ?? value
        let word = PersonWord(
            content: JSON.write(told), by: who, at: storeTime(at: present))
        guard word.content.count <= WireLimits.content / 4 else {
            throw Fault(WireCode.tooLarge, "the answer has \(word.content.count) bytes")
        }
        guard people.volatile[task.key] == nil else {
            guard secret == nil else { throw Self.wrongToken }
            people.close(task.key, as: .answered, by: who, at: word.at)
            tellDone(asker, task.request, into: &outbox)
            return answered(task.key, word, into: &outbox)
        }
        let number = flows.nextRequest()
        var answer = PersonCommand.Answer(
            key: task.key, by: who, arguments: task.arguments,
            asking: "\(self.name)/\(epoch)/\(number)", content: word.content)
        answer.token = secret.map {
            ApprovalSecret.digest($0, of: task.key, arguments: task.arguments)
        }
        let wanted = answer
        try inquire(.personWord(asker, word), into: &outbox) { .person($0, .answer(wanted)) }
    }

    /// What the store made of a person's word, or of a token.
    private mutating func decided(
        _ key: PersonKey, _ decision: PersonDecision, _ ticket: UInt64, into outbox: inout Outbox
    ) {
        let purpose = inquiries.answered(ticket)
        let asker: Inquiries.Asker
        switch purpose {
        case .personWord(let who, _), .personToken(let who, _): asker = who
        default: return
        }
        do throws(Fault) {
            try check(decision)
        } catch {
            return complain(error, to: asker, into: &outbox)
        }
        guard case .kept(let request, _) = decision else { return }
        switch purpose {
        case .personToken(_, let secret):
            let token: Value = [
                "id": .string(key.description), "token": .string("\(key).\(secret)"),
                "request": .string(request),
            ]
            answer(asker, token, into: &outbox)
        case .personWord(_, let word):
            tellDone(asker, request, into: &outbox)
            if people.open[key] == nil {
                hint(of: key, into: &outbox)
            } else {
                answered(key, word, into: &outbox)
            }
        default: break
        }
    }

    private func tellDone(
        _ asker: Inquiries.Asker, _ request: String, into outbox: inout Outbox
    ) {
        let done: Value = [
            "id": .string(asker.requestID), "state": "answered", "request": .string(request),
        ]
        answer(asker, done, into: &outbox)
    }

    // MARK: - Steps

    /// Who answers, as the key proves it. Whoever needs none is called what such a program calls
    /// itself, without what tells it from others.
    private func answerer(_ peer: PeerID) -> String {
        guard let known = peers[peer] else { return "" }
        guard known.identity == .local || known.identity == .anonymous else {
            return known.identity.name
        }
        return known.name.split(separator: ".").first.map(String.init) ?? known.name
    }

    /// The task a question names: by its id, or by a token, which begins with it.
    private func named(_ body: Value) throws(Fault) -> (key: PersonKey, secret: String?) {
        if let token = body["token"]?.string {
            let parts = token.split(separator: ".", maxSplits: 1)
            let named = body["id"]?.string ?? parts.first.map(String.init)
            guard parts.count == 2, let key = PersonKey(parts[0]), named == key.description else {
                throw Self.wrongToken
            }
            return (key, String(parts[1]))
        }
        guard let key = PersonKey(body["id"]?.string ?? "") else {
            throw Fault(WireCode.notFound, "the \"id\" of a task is missing; see baton approve")
        }
        return (key, nil)
    }

    private static var wrongToken: Fault {
        Fault(
            WireCode.forbidden,
            "this token does not count: it was used, replaced by a newer one, or made for "
                + "something else")
    }

    private func check(_ decision: PersonDecision?) throws(Fault) {
        if let decision, let fault = Self.fault(decision) { throw fault }
    }

    /// What a person is told whose word does not count.
    private static func fault(_ decision: PersonDecision) -> Fault? {
        func time(_ at: UInt64) -> String { Moment(milliseconds: Int64(clamping: at)).iso8601 }
        switch decision {
        case .kept: return nil
        case .answered(let by, let at):
            let who = by.isEmpty ? "somebody" : by
            return Fault(WireCode.gone, "it was already answered by \(who) at \(time(at))")
        case .withdrawn(let at):
            return Fault(
                WireCode.gone, "nobody need answer it since \(time(at)): it was withdrawn")
        case .expired(let at):
            return Fault(WireCode.gone, "it is too late: it was due at \(time(at))")
        case .unknown: return noTask
        case .changed:
            return Fault(WireCode.stale, "something else is asked by now: look at it again")
        case .token: return wrongToken
        case .unreadable:
            return Fault(WireCode.corrupt, "what the store holds of this task cannot be read")
        }
    }
}

extension StoredPerson {
    /// Why it cannot be answered any more; nothing where it can.
    func closing(at now: UInt64) -> PersonDecision? {
        switch state {
        case .answered: .answered(by: by, at: ended)
        case .withdrawn: .withdrawn(at: ended)
        case .expired: .expired(at: ended)
        case .open: due > 0 && now >= due ? .expired(at: due) : nil
        }
    }

    var row: ObjectValue {
        var row: ObjectValue = [
            "id": .string(key.description), "state": .string(state.word),
            "title": .string(title), "assignee": .string(assignee),
            "request": .string(request), "tenant": .string(tenant), "step": .string(step),
            "asked_ms": Value(Int(clamping: asked)),
        ]
        if due > 0 { row["due_ms"] = Value(Int(clamping: due)) }
        if ended > 0 { row["ended_ms"] = Value(Int(clamping: ended)) }
        if !by.isEmpty { row["by"] = .string(by) }
        return row
    }

    /// All that a person needs to answer it.
    var description: ObjectValue {
        var all = row
        all["arguments"] = .string(arguments.description)
        all["ask"] = (try? JSON.parse(content)) ?? .null
        if state == .answered { all["answer"] = (try? JSON.parse(answer)) ?? .null }
        return all
    }
}
