import Bus
import Document
import Flow
import Reactor
import Store
import Telemetry
import Wire

/// Tasks for people: what runs ask them, and how their answers come back, wherever they were given.
extension Conductor {
    /// Asks a person what a run wants to know.
    mutating func beginPerson(_ call: CallRequest, _ slot: Int, into outbox: inout Outbox) {
        let open = People.Open(run: requests.token(slot), step: call.key)
        ask(call.payload, as: call.key.text, call.deadline, open, slot, into: &outbox)
        if !call.awaits {
            tell(requests.token(slot), .answered(call.key, .null), into: &outbox)
        }
    }

    /// Asks whether a call may be made at all.
    mutating func askLeave(
        for call: CallRequest, _ slot: Int, into outbox: inout Outbox
    ) {
        var open = People.Open(run: requests.token(slot), step: call.key)
        open.call = People.Call(call)
        let action: Value = [
            "action": .string("call \(call.agent.name)"), "arguments": call.payload,
        ]
        ask(
            ["approve": action], as: call.key.text + "!approve", call.deadline, open, slot,
            into: &outbox)
    }

    /// What whoever calls such an agent otherwise is told.
    func unapproved(_ agent: Int) -> Fault {
        Fault(
            WireCode.forbidden,
            "a person must approve each call of \(registry.agents[agent].name): call it from a "
                + "workflow, and see baton approve")
    }

    private mutating func ask(
        _ with: Value, as step: String, _ deadline: Moment?, _ asked: People.Open, _ slot: Int,
        into outbox: inout Outbox
    ) {
        do throws(FlowError) {
            let task = try PersonTask(with)
            var open = asked
            open.isKept = requests[slot].delivery == .durable
            let record = open.isKept ? requests[slot].record : volatileRecord(of: slot)
            let key = PersonKey(record, step: step)
            var question = PersonCommand.Question(
                key: key, record: record, request: requests[slot].key.id,
                tenant: requests[slot].tenant, step: open.step.text, content: task.content,
                arguments: task.arguments)
            question.assignee = task.assignee
            question.title = task.title
            question.due = deadline.map { UInt64(clamping: $0.nanoseconds / 1_000_000) } ?? 0
            open.remind = task.remind.map { Int64($0.milliseconds) } ?? 0
            open.due = question.due
            people.add(key, open)
            flows[open.run]?.parts[open.step] = .person(key)
            remindLater(open)
            guard !open.isKept else { return outbox.ask(.person(0, .ask(question))) }
            people.add(StoredPerson(question, at: storeTime(at: present)))
            tellOf(.asked, key, open, task.title, into: &outbox)
        } catch {
            tell(asked.run, .failed(asked.step, error), into: &outbox)
        }
    }

    /// The store's word on a question.
    mutating func asked(
        _ key: PersonKey, _ verdict: PersonVerdict, into outbox: inout Outbox
    ) {
        guard let open = people.open[key], let slot = requests.slot(token: open.run) else {
            return
        }
        switch verdict {
        case .open: tellOf(.asked, key, open, "", into: &outbox)
        case .answered(let word): answered(key, word, into: &outbox)
        case .fenced: giveUp(slot, .fenced, into: &outbox)
        case .gone: giveUp(slot, .gone, into: &outbox)
        case .full: fail(key, "the request asks too many people at once", into: &outbox)
        case .unreadable:
            fail(key, "what the store holds of the request cannot be read", into: &outbox)
        }
    }

    /// A person has answered what a run here asks: it is told, once.
    mutating func answered(_ key: PersonKey, _ word: PersonWord, into outbox: inout Outbox) {
        guard let open = closeHere(key) else { return }
        tellOf(.answered, key, open, word.by, into: &outbox)
        let value = (try? JSON.parse(word.content)) ?? .null
        guard let waiting = open.call else {
            return tell(open.run, .answered(open.step, value), into: &outbox)
        }
        guard let slot = requests.slot(token: open.run) else { return }
        guard value["approved"] == true else {
            let reason = "\(word.by) did not approve the call of \(waiting.call.agent.name)"
            let error = FlowError(.authorization, reason)
            return tell(open.run, .failed(open.step, error), into: &outbox)
        }
        begin(waiting.call, slot, isApproved: true, into: &outbox)
    }

    /// Nobody need answer it any more, and its run goes on.
    mutating func withdraw(_ key: PersonKey, into outbox: inout Outbox) {
        guard let open = closeHere(key) else { return }
        let time = storeTime(at: present)
        let state = open.due > 0 && time >= open.due ? StoredPerson.State.expired : .withdrawn
        guard open.isKept else { return people.close(key, as: state, at: time) }
        guard let slot = requests.slot(token: open.run) else { return }
        outbox.ask(.person(0, .withdraw(key, of: requests[slot].record, as: state)))
    }

    /// Its run is over, or goes on somewhere else. The store withdraws what it keeps with the end
    /// of the request, and the next owner asks again.
    mutating func dropPerson(_ key: PersonKey) {
        guard closeHere(key) != nil else { return }
        people.close(key, as: .withdrawn, at: storeTime(at: present))
    }

    // MARK: - Deadlines

    /// A run that waits for a person outlives its deadline, and so does one of which nobody knows
    /// yet what it waits for: it is looked at again.
    mutating func mayOutlive(_ slot: Int) -> Bool {
        guard case .workflow = requests[slot].plan, requests[slot].state == .active else {
            return false
        }
        let token = requests.token(slot)
        let isOnItsWay =
            flows[token] == nil && requests[slot].isSought
            && present - requests[slot].accepted < .seconds(60)
        guard isOnItsWay || flows[token]?.asksPeople == true else { return false }
        deadlines.set(slot, due: present + delays.people)
        return true
    }

    /// The last answer came after the deadline: what the run still has to do gets the time that it
    /// was given at first.
    private mutating func prolong(_ token: UInt64) {
        guard let slot = requests.slot(token: token), flows[token]?.asksPeople == false,
            requests[slot].state == .active, requests[slot].deadline <= present
        else { return }
        let given = max(requests[slot].deadline - requests[slot].accepted, .seconds(30))
        requests[slot].deadline = present + given
        deadlines.set(slot, due: requests[slot].deadline)
    }

    // MARK: - Reminders

    /// Whether a timer was one of this house: it is told again that somebody waits.
    mutating func remind(
        _ token: UInt64, _ timer: StepKey, into outbox: inout Outbox
    ) -> Bool {
        guard timer.text.hasSuffix(Self.reminder) else { return false }
        let step = StepKey(String(timer.text.dropLast(Self.reminder.count)))
        guard case .person(let key)? = flows[token]?.parts[step],
            let open = people.open[key]
        else { return true }
        tellOf(.reminded, key, open, people.volatile[key]?.title ?? "", into: &outbox)
        remindLater(open)
        return true
    }

    private static var reminder: String { "!remind" }

    private mutating func remindLater(_ open: People.Open) {
        guard open.remind > 0 else { return }
        flows.setTimer(
            StepKey(open.step.text + Self.reminder), of: open.run,
            due: present + .milliseconds(open.remind))
    }

    // MARK: - Steps

    private mutating func closeHere(_ key: PersonKey) -> People.Open? {
        guard let open = people.remove(key) else { return nil }
        if open.remind > 0 {
            flows.clearTimer(StepKey(open.step.text + Self.reminder), of: open.run)
        }
        flows[open.run]?.parts[open.step] = nil
        prolong(open.run)
        return open
    }

    private mutating func fail(_ key: PersonKey, _ why: String, into outbox: inout Outbox) {
        guard let open = closeHere(key) else { return }
        tell(open.run, .failed(open.step, FlowError(.runtime, why)), into: &outbox)
    }

    private func volatileRecord(of slot: Int) -> RecordKey {
        let key = requests[slot].key
        return RecordKey(
            tenant: "volatile \(name) \(welcome.epoch)",
            id: "\(key.scope)/\(key.id)/\(requests.token(slot))")
    }

    private enum News: String { case asked, reminded, answered }

    /// News of a task as a CloudEvent on the tap; never what was asked or answered.
    private mutating func tellOf(
        _ news: News, _ key: PersonKey, _ open: People.Open, _ text: String,
        into outbox: inout Outbox
    ) {
        guard tap.isOn, let slot = requests.slot(token: open.run),
            let number = flows[open.run]?.noteNumber()
        else { return }
        var data: ObjectValue = [
            "human": .string(key.description), "request": .string(requests[slot].key.id),
            "task": .string(open.step.text),
        ]
        if !text.isEmpty { data[news == .answered ? "by" : "title"] = .string(text) }
        let event: Value = [
            "specversion": "1.0", "id": .string("\(key)/\(number)"), "source": "/baton/people",
            "type": .string("com.baton.human.\(news.rawValue).v1"),
            "time": .string(flowClock.iso8601), "datacontenttype": "application/json",
            "data": .object(data),
        ]
        self.note(.event, JSON.write(event), about: subject(slot), into: &outbox)
    }
}

extension FlowWork {
    /// Whether it waits for a person.
    var asksPeople: Bool {
        parts.values.contains { if case .person = $0 { true } else { false } }
    }
}
