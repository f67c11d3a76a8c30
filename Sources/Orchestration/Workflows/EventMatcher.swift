import Document
import Flow
import Store

/// Which events of a log make a schedule due: it reads them in order, as a task that listens would,
/// and begins anew whenever that has what it waits for. From the same place on every orchestrator
/// comes to the same.
struct EventMatcher {
    /// So many due times may wait; what comes behind them is read later.
    private static let most = 100

    struct Due {
        /// The last event it took.
        let position: LogPosition
        /// All of them.
        let input: Value
    }

    private let plan: FlowPlan
    private var run: FlowRun
    /// Up to where the log was read.
    private(set) var cursor: LogPosition
    private(set) var due: [Due] = []
    /// Whether it could not take all that came.
    private(set) var isBehind = false

    init(_ consumption: Consumption, _ read: Listen.ReadMode, from place: LogPosition) {
        plan = FlowPlan(Workflow(listeningTo: consumption, read))
        cursor = place
        run = Self.run(plan)
    }

    mutating func take(_ event: Value, at place: LogPosition) {
        guard place > cursor else { return }
        guard due.count < Self.most, !isBehind else {
            isBehind = true
            return
        }
        cursor = place
        let moment = Moment(milliseconds: Int64(clamping: place.milliseconds))
        var actions = run.step(.event(event), now: moment)
        while run.isBusy { actions += run.step(.proceed, now: moment) }
        guard let outcome = run.outcome else { return }
        if case .completed(let events) = outcome {
            due.append(Due(position: place, input: events))
        }
        run = Self.run(plan)
    }

    /// All up to here was acted upon.
    mutating func acted(_ place: LogPosition) {
        due.removeAll { $0.position <= place }
        // Another was further: what has begun here was taken there.
        guard cursor < place else { return }
        cursor = place
        run = Self.run(plan)
    }

    /// Whether the log is to be read again from the cursor on; asked once.
    mutating func returns() -> Bool {
        guard isBehind, due.count < Self.most / 2 else { return false }
        isBehind = false
        return true
    }

    private static func run(_ plan: FlowPlan) -> FlowRun {
        let runtime = RunIdentity.Runtime(name: "baton", version: "")
        var run = FlowRun(
            plan, input: .null, identity: RunIdentity(id: "schedule", runtime: runtime),
            notes: .workflow)
        _ = run.step(.started, now: Moment(nanoseconds: 0))
        while run.isBusy { _ = run.step(.proceed, now: Moment(nanoseconds: 0)) }
        return run
    }
}
