package import Document
package import Flow

/// The engine alone in a world of virtual time: calls are answered by the script, else by stubs of
/// the two services that the official kit calls.
package struct EngineWorld: World {
    package var limits: RunLimits
    /// Where what the run was told is left, to have it again.
    package var onEnd: @Sendable (Record) -> Void

    /// A run that was played, with all that is needed to play it again.
    package struct Record: Sendable {
        package var plan: FlowPlan
        package var input: Value
        package var identity: RunIdentity
        package var journal: Journal
        package var outcome: RunAction.Outcome?
        package var actions: [RunAction]
    }

    package init(
        limits: RunLimits = RunLimits(), onEnd: @escaping @Sendable (Record) -> Void = { _ in }
    ) {
        self.limits = limits
        self.onEnd = onEnd
    }

    package func play(_ script: Script) -> Story {
        do throws(Invalid) {
            let workflow = try Workflow.read(Array(script.definition.utf8), name: "workflow.yaml")
            var stage = EngineStage(FlowPlan(workflow), script, limits)
            stage.play()
            onEnd(stage.record)
            return stage.story
        } catch {
            var story = Story()
            story.end = .refused(error.description)
            return story
        }
    }
}

/// One run on that stage.
private struct EngineStage {
    private let script: Script
    private let plan: FlowPlan
    private let identity: RunIdentity
    private var run: FlowRun
    private var clock: Moment
    private let start: Moment
    private var coming: [(at: Moment, order: Int, event: RunEvent)] = []
    private var count = 0
    private var replies: [String: Int] = [:]
    private var journal = Journal()
    private var actions: [RunAction] = []
    private(set) var story = Story()

    init(_ plan: FlowPlan, _ script: Script, _ limits: RunLimits) {
        self.plan = plan
        self.script = script
        start = Moment(milliseconds: 1_783_000_000_000)
        clock = start
        identity = RunIdentity(
            id: "run-1", runtime: RunIdentity.Runtime(name: "baton", version: "1.0.0"),
            secrets: script.secrets, seed: 42)
        run = FlowRun(plan, input: script.input, identity: identity, limits: limits)
    }

    var record: EngineWorld.Record {
        EngineWorld.Record(
            plan: plan, input: script.input, identity: identity, journal: journal,
            outcome: run.outcome, actions: actions)
    }

    mutating func play() {
        for happening in script.happenings {
            let event: RunEvent =
                switch happening.what {
                case .event(let event): .event(event)
                case .suspended: .suspended
                case .resumed: .resumed
                case .cancelled: .cancelled
                }
            schedule(event, after: happening.after)
        }
        tell(.started)
        // A scenario that is still busy after this many events is told as running.
        for _ in 0..<200_000 {
            guard run.outcome == nil, let next = popNext() else { break }
            clock = max(clock, next.at)
            tell(next.event)
        }
        story.duration = clock - start
    }

    private mutating func popNext() -> (at: Moment, order: Int, event: RunEvent)? {
        guard
            let first = coming.indices.min(by: {
                (coming[$0].at, coming[$0].order)
                    < (coming[$1].at, coming[$1].order)
            })
        else { return nil }
        return coming.remove(at: first)
    }

    private mutating func schedule(_ event: RunEvent, after: Duration) {
        schedule(event, at: clock + after)
    }

    private mutating func schedule(_ event: RunEvent, at moment: Moment) {
        count += 1
        coming.append((moment, count, event))
    }

    private mutating func tell(_ event: RunEvent) {
        guard run.accepts(event) else { return }
        if event != .proceed { journal.append(event, at: clock, before: run) }
        let more = run.step(event, now: clock)
        actions += more
        for action in more { perform(action) }
    }

    private mutating func perform(_ action: RunAction) {
        switch action {
        case .call(let call): answer(call)
        case .cancel(let key):
            for position in story.calls.indices where story.calls[position].key == key.text {
                story.calls[position].isWithdrawn = true
            }
            drop(key)
        case .setTimer(let key, let moment): schedule(.timer(key), at: moment)
        case .clearTimer(let key): drop(key)
        case .listen, .unlisten: break
        case .emit(let key, let event):
            story.emitted.append(event)
            schedule(.answered(key, .null), after: .zero)
        case .runWorkflow(let key, let reference, let input, _):
            let name = "\(reference.namespace)/\(reference.name)"
            note(name, key, input, nil, reference.version, nil)
            reply(key, script.workflows[name], "workflow \(name)", input)
        case .lifecycle(let note): tell(note)
        case .more: tell(.proceed)
        case .finished(let outcome):
            story.end =
                switch outcome {
                case .completed(let output): .completed(output)
                case .faulted(let error): .faulted(error.value)
                case .cancelled: .cancelled
                }
        }
    }

    private mutating func drop(_ key: StepKey) { coming.removeAll { $0.event.key == key } }

    private mutating func note(
        _ agent: String, _ key: StepKey, _ payload: Value, _ limit: Duration?, _ version: String?,
        _ cache: CallRequest.Cache?
    ) {
        story.calls.append(
            Story.Call(
                agent: agent, payload: payload, version: version, key: key.text,
                at: clock - start, limit: limit, cacheKey: cache?.key,
                cacheLifetime: cache?.lifetime))
    }

    private mutating func answer(_ call: CallRequest) {
        let version = call.agent.version.map { (call.agent.isPinned ? "=" : "") + $0 }
        note(
            call.agent.name, call.key, call.payload, call.deadline.map { $0 - clock }, version,
            call.cache)
        if script.agents[call.agent.name] == nil {
            let result = ServiceStub.answer(call.agent.name, call.payload)
            schedule(ServiceStub.event(call.key, result), after: .zero)
        } else {
            reply(call.key, script.agents[call.agent.name], call.agent.name, call.payload)
        }
    }

    private mutating func reply(
        _ key: StepKey, _ list: [Script.Reply]?, _ name: String, _ payload: Value
    ) {
        let position = replies[name, default: 0]
        replies[name] = position + 1
        guard let list, let reply = position < list.count ? list[position] : list.last else {
            return schedule(.failed(key, FlowError(.runtime, "\(name) is not there")), after: .zero)
        }
        switch reply.result {
        case .value(let value): schedule(.answered(key, value), after: reply.after)
        case .echo: schedule(.answered(key, payload), after: reply.after)
        case .error(let error): schedule(.failed(key, FlowError(error)), after: reply.after)
        case .never: break
        }
    }

    private mutating func tell(_ note: Lifecycle) {
        guard let task = note.task else { return }
        story.changes.append(
            Story.Change(
                task: task.name, reference: task.reference, phase: note.phase.rawValue,
                value: note.error?.value ?? note.output))
    }
}
