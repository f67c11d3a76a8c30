import Bus
import Document
import Flow
import Reactor
import Store
import Telemetry
import Wire

/// Workflows: a request for one is a run of the engine. What the run wants done is done here, and
/// what comes of it is told to the run.
extension Conductor {
    /// What the files of a folder say from now on; runs keep the version they began with.
    mutating func adopt(
        _ contents: WorkflowFolder.Contents, at now: Instant, into outbox: inout Outbox
    ) {
        shelf.file(contents)
        arrangeSchedules()
        startHomeless(at: now, into: &outbox)
    }

    /// The workflow a receiver names, where it names one.
    func workflow(
        addressed receiver: String, isSilent: Bool
    ) throws(Fault) -> (plan: Plan, label: String)? {
        guard let address = try WorkflowAddress(receiver: receiver) else { return nil }
        let edition = try shelf.edition(address)
        return (.workflow(Plan.Journey(edition, isSilent: isSilent)), edition.label)
    }

    /// Whoever takes the request over runs the very version that it began with.
    mutating func pin(_ slot: Int, _ journey: Plan.Journey) {
        var writer = EnvelopeWriter()
        writer.text(.receiver, journey.address.receiver)
        requests[slot].envelope += writer.bytes
    }

    /// The store has the text of a workflow before it has any request for it.
    mutating func keepText(of journey: Plan.Journey, into outbox: inout Outbox) {
        guard let edition = journey.edition, flows.mustKeep(edition.digest) else { return }
        outbox.ask(.keepWorkflow(0, digest: edition.digest, text: edition.text))
    }

    /// The request is accepted: its run starts, or waits for whoever knows its workflow.
    mutating func start(
        _ slot: Int, _ journey: Plan.Journey, at now: Instant, into outbox: inout Outbox
    ) {
        let token = requests.token(slot)
        guard let edition = journey.edition ?? (try? shelf.edition(journey.address)) else {
            return askForText(of: journey, token, into: &outbox)
        }
        if isFork(slot), beginFork(slot, into: &outbox) { return }
        guard requests[slot].journalLength == 0 else {
            return askForJournal(token, edition, into: &outbox)
        }
        let input: Value
        do throws(Fault) {
            input = try self.input(slot)
        } catch {
            return conclude(slot, .failure(WireError(error)), into: &outbox)
        }
        let run = FlowRun(
            edition.plan, input: input, identity: identity(of: slot, edition), notes: flowNotes)
        let isDurable = requests[slot].delivery == .durable
        let work = FlowWork(edition, run, journal: isDurable ? RunJournal() : nil)
        work.isReturning = requests[slot].isSought
        work.cursor = LogPosition(after: beginning(of: slot))
        let actions = work.begin(at: beginning(of: slot))
        flows.add(work, token)
        for action in actions { perform(action, for: token, into: &outbox) }
        flows[token]?.isReturning = false
    }

    /// When the run began, by a clock that its next owner knows as well.
    func beginning(of slot: Int) -> Moment {
        requests[slot].began == 0
            ? flowClock : Moment(milliseconds: Int64(clamping: requests[slot].began))
    }

    var flowNotes: FlowRun.Notes { tap.isOn ? .all : .workflow }

    /// More workflows are known than before.
    mutating func startHomeless(at now: Instant, into outbox: inout Outbox) {
        present = now
        for token in flows.takeHomeless() {
            guard let slot = requests.slot(token: token), requests[slot].state == .active,
                case .workflow(let journey) = requests[slot].plan
            else { continue }
            start(slot, journey, at: now, into: &outbox)
        }
    }

    /// Tells a run what happened, and does what it wants done about it.
    ///
    /// - Parameter place: where an event stands in the log, if it is told from there.
    mutating func tell(
        _ token: UInt64, _ event: RunEvent, at place: LogPosition? = nil,
        into outbox: inout Outbox
    ) {
        guard flows[token]?.admit(event, at: place) == true else { return }
        let moment = flowClock
        while let actions = flows[token]?.advance(at: moment) {
            let isDurable = flows[token]?.journal != nil
            for action in actions {
                if isDurable {
                    flows[token]?.hold(.perform(action))
                } else {
                    perform(action, for: token, into: &outbox)
                }
            }
        }
        keepJournal(token, into: &outbox)
    }

    /// A run that is cancelled makes good first what it has done, where it says how; whether it
    /// does. Cancelled once more, it ends at once.
    mutating func makesGood(_ slot: Int, into outbox: inout Outbox) -> Bool {
        let token = requests.token(slot)
        guard requests[slot].state == .active, let run = flows[token]?.run, !run.isCancelling,
            run.catchesCancellation
        else { return false }
        requests[slot].deadline = min(requests[slot].deadline, present + delays.compensation)
        deadlines.set(slot, due: requests[slot].deadline)
        tell(token, .cancelled, into: &outbox)
        return true
    }

    /// Time passed: runs are told of their timers, and those that have more to do go on.
    mutating func tickWorkflows(at now: Instant, into outbox: inout Outbox) {
        for (token, key) in flows.takeDue(by: now) where !remind(token, key, into: &outbox) {
            tell(token, .timer(key), into: &outbox)
        }
        lookAfterPeople(at: now, into: &outbox)
        for token in flows.takeBusy() { tell(token, .proceed, into: &outbox) }
        publishAgain(into: &outbox)
        lookAfterLogs(into: &outbox)
        lookAfterSchedules(into: &outbox)
    }

    /// The request needs its run no more: whatever is under way for it ends.
    ///
    /// - Parameter goesOn: somewhere else; otherwise a run that has not ended is over with it.
    mutating func dropWorkflow(_ slot: Int, goesOn: Bool, into outbox: inout Outbox) {
        guard let work = flows.remove(requests.token(slot)) else { return }
        if !goesOn, tap.isOn, work.run.outcome == nil {
            let actions = work.run.step(.cancelled, now: flowClock)
            for case .lifecycle(let note) in actions {
                let number = work.noteNumber()
                let event = work.run.event(of: note, number: number)
                self.note(.event, JSON.write(event), about: subject(slot), into: &outbox)
            }
        }
        for part in work.parts.values {
            if case .person(let key) = part {
                dropPerson(key)
            } else {
                withdraw(part, of: slot, goesOn: goesOn, into: &outbox)
            }
        }
    }

    /// A moment as runs know it: the store's clock, which all orchestrators share.
    var flowClock: Moment {
        let (time, heard) = storeClock
        return Moment(milliseconds: Int64(clamping: time)) + (present - heard)
    }

    // MARK: - Steps

    func input(_ slot: Int) throws(Fault) -> Value {
        let content = requests[slot].content
        guard content.count > 0 else { return [:] }
        do throws(Fault) {
            let value = try JSON.parse(content.array)
            return isFork(slot) && value[RunFork.member] != nil ? value["input"] ?? .null : value
        } catch {
            throw Fault(WireCode.invalid, "a workflow's input is JSON: \(error)")
        }
    }

    /// A run sees the secrets that its workflow declares, and no others.
    func identity(of slot: Int, _ edition: Edition) -> RunIdentity {
        var known: ObjectValue = [:]
        for name in edition.plan.workflow.components.secrets { known[name] = secrets[name] }
        // The id of a volatile request is its connection's alone.
        let place = "\(name) \(welcome.epoch) \(requests.token(slot)) "
        let word = (requests[slot].delivery == .durable ? "" : place) + requests[slot].key.id
        return RunIdentity(
            request: requests[slot].key.id, version: welcome.version, secrets: known, chance: word)
    }

    mutating func perform(
        _ action: RunAction, for token: UInt64, into outbox: inout Outbox
    ) {
        guard let slot = requests.slot(token: token), flows[token] != nil else { return }
        switch action {
        case .call(let call) where call.agent.name == PersonTask.agent:
            beginPerson(call, slot, into: &outbox)
        case .call(let call): begin(call, slot, into: &outbox)
        case .cancel(let key):
            guard let part = flows[token]?.parts.removeValue(forKey: key) else { return }
            withdraw(part, of: slot, into: &outbox)
        case .setTimer(let key, let moment):
            flows.setTimer(key, of: token, due: present + (moment - flowClock))
        case .clearTimer(let key): flows.clearTimer(key, of: token)
        case .listen: listen(token, into: &outbox)
        case .unlisten: unlisten(token, into: &outbox)
        case .emit(let key, let event): emit(event, key, slot, into: &outbox)
        case .runWorkflow(let key, let reference, let input, let awaits):
            let wanted = Subordinate(key: key, input: input, awaits: awaits)
            begin(wanted, reference, slot, into: &outbox)
        case .lifecycle(let note): tell(note, of: slot, into: &outbox)
        case .more: flows.goOnLater(token)
        case .finished(let outcome): finish(slot, outcome, into: &outbox)
        }
    }

    private mutating func finish(
        _ slot: Int, _ outcome: RunAction.Outcome, into outbox: inout Outbox
    ) {
        switch outcome {
        case .completed(let output):
            let content = JSON.write(output)
            guard content.count <= WireLimits.content else {
                let reason = "its output has \(content.count) bytes: more than one message holds"
                let fault = Fault(WireCode.tooLarge, reason)
                return conclude(slot, .failure(WireError(fault)), into: &outbox)
            }
            let agent = registry.agents[requests[slot].agent].name
            let sender = Outcome.Sender(agent: agent, instance: name)
            let result = Outcome.result(
                ContentBytes(content), sender: sender, contentType: "application/json")
            conclude(slot, result, into: &outbox)
        case .faulted(let error):
            conclude(slot, .failure(WireError(error)), into: &outbox)
        case .cancelled:
            let fault = Fault(WireCode.cancelled, "the workflow was cancelled")
            conclude(slot, .failure(WireError(fault)), into: &outbox)
        }
    }

    /// What is worth telling of a run, for those who listen on the tap.
    private mutating func tell(_ note: Lifecycle, of slot: Int, into outbox: inout Outbox) {
        let token = requests.token(slot)
        guard tap.isOn, let number = flows[token]?.noteNumber() else { return }
        guard let event = flows[token]?.run.event(of: note, number: number) else { return }
        self.note(.event, JSON.write(event), about: subject(slot), into: &outbox)
    }
}
