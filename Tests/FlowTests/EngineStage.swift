import Document
import Flow
import Testing

/// A run of a workflow that stands in a test, told one event after another.
struct EngineStage {
    var run: FlowRun
    var now = Moment(milliseconds: 1_000_000)

    init(
        _ body: String, input: Value = .null, limits: RunLimits = RunLimits(),
        notes: FlowRun.Notes = .workflow, seed: UInt64 = 1, secrets: ObjectValue = [:]
    ) throws {
        run = FlowRun(
            try Self.plan(body), input: input, identity: Self.identity(seed, secrets),
            limits: limits, notes: notes)
    }

    static func plan(_ body: String) throws -> FlowPlan {
        let head = "document: { dsl: '1.0.3', namespace: test, name: flow, version: '1.0.0' }\n"
        return FlowPlan(try Workflow.read(Array((head + body).utf8), name: "flow.yaml"))
    }

    static func identity(_ seed: UInt64 = 1, _ secrets: ObjectValue = [:]) -> RunIdentity {
        RunIdentity(
            id: "run", runtime: RunIdentity.Runtime(name: "baton", version: "1"), secrets: secrets,
            seed: seed)
    }

    /// What the run wants after an event, notes left out.
    mutating func tell(_ event: RunEvent, after: Duration = .zero) -> [RunAction] {
        now = now + after
        return run.step(event, now: now).filter {
            if case .lifecycle = $0 { false } else { true }
        }
    }

    /// The keys of all calls among actions.
    static func calls(_ actions: [RunAction]) -> [String] {
        actions.compactMap { if case .call(let call) = $0 { call.key.text } else { nil } }
    }

    static func timers(_ actions: [RunAction]) -> [String: Moment] {
        var timers: [String: Moment] = [:]
        for case .setTimer(let key, let at) in actions { timers[key.text] = at }
        return timers
    }
}
