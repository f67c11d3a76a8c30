import Document
import Flow

/// What a step costs in the engine alone: nanoseconds for each kind of task in a loop, and whether
/// a long loop costs more for each step than a short one. It reads no files and opens nothing.
///
/// `bench-flow [NAME ...]` measures only the tasks of these names, as `set` or `call`.
@main struct Main {
    static func main() throws {
        let wanted = Set(CommandLine.arguments.dropFirst())
        print("ns per step, the iteration of the loop included")
        for (name, task) in tasks where wanted.isEmpty || wanted.contains(name) {
            let figure = try measure(task, 10_000, notes: .effectful)
            print("  \(name): \(figure) ns")
        }
        print("a loop of sets, ns per step")
        for count in [1000, 10_000, 100_000] {
            let figure = try measure(tasks[0].1, count, notes: .effectful)
            let noted = try measure(tasks[0].1, count, notes: .all)
            print("  \(count) steps: \(figure) ns, with all notes \(noted) ns")
        }
    }

    private static let tasks = [
        ("set", "set: { a: 1 }"),
        ("set by an expression", "set: { n: \"${ (.n // 0) + 1 }\" }"),
        ("switch", "switch: [ { one: { when: .n == 1, then: continue } } ]"),
        ("call", "call: cost"),
        ("call with arguments", "call: cost\n            with: { n: \"${ $item }\" }"),
        ("do", "do: [ { inner: { set: { a: 1 } } } ]"),
        ("try", "try: [ { inner: { set: { a: 1 } } } ]\n            catch: {}"),
    ]

    /// The best of five rounds.
    private static func measure(
        _ task: String, _ count: Int, notes: FlowRun.Notes
    ) throws -> Int64 {
        let text = """
            document: { dsl: '1.0.3', namespace: bench, name: flow, version: '1.0.0' }
            do:
              - loop:
                  for: { in: [] }
                  do:
                    - step:
                        \(task)
            """
        var workflow = try Workflow.read(Array(text.utf8), name: "bench.yaml")
        // More items than a file may hold.
        if case .for(var loop) = workflow.tasks.tasks[0].action {
            loop.collection = .value(.array((0..<count).map { Value($0) }))
            workflow.tasks.tasks[0].action = .for(loop)
        }
        let plan = FlowPlan(workflow)
        var best = Int64.max
        for _ in 0..<5 {
            let clock = ContinuousClock()
            let took = clock.measure { play(plan, notes) }
            best = min(best, took.nanoseconds / Int64(count))
        }
        return best
    }

    private static func play(_ plan: FlowPlan, _ notes: FlowRun.Notes) {
        let runtime = RunIdentity.Runtime(name: "baton", version: "1")
        var run = FlowRun(
            plan, input: .null, identity: RunIdentity(id: "bench", runtime: runtime), notes: notes)
        let now = Moment(milliseconds: 0)
        var event: RunEvent? = .started
        while let next = event {
            event = nil
            for action in run.step(next, now: now) {
                switch action {
                case .call(let call): event = .answered(call.key, 1)
                case .more: event = .proceed
                default: break
                }
            }
        }
        guard case .completed? = run.outcome else {
            return print("  it ended with \(run.outcome as Any)")
        }
    }
}
