import Document
import Flow
import Testing

/// What a run may cost, and that it costs the same for each step.
@Suite struct EngineLimitTests {
    /// A loop of constants over this many items.
    private func loop(_ count: Int, notes: FlowRun.Notes = .workflow) throws -> EngineStage {
        try EngineStage(
            """
            do:
              - loop:
                  for: { in: .items }
                  do: [ { one: { set: { a: 1 } } } ]
            """, input: ["items": .array((0..<count).map { Value($0) })], notes: notes)
    }

    /// Runs to the end and counts.
    private func play(_ stage: inout EngineStage) -> (actions: Int, slices: Int) {
        var actions = stage.run.step(.started, now: stage.now)
        var (count, slices) = (actions.count, 1)
        while actions.last == .more {
            actions = stage.run.step(.proceed, now: stage.now)
            count += actions.count
            slices += 1
        }
        return (count, slices)
    }

    @Test("a loop of ten thousand steps is ten thousand times one step")
    func linear() throws {
        var small = try loop(1000, notes: .all)
        var great = try loop(10_000, notes: .all)
        let (few, fewSlices) = play(&small)
        let (many, manySlices) = play(&great)
        #expect(small.run.outcome == .completed(["a": 1]))
        #expect(great.run.outcome == .completed(["a": 1]))
        #expect(great.run.steps == 10_001 && small.run.steps == 1001)
        // Two notes a step, one for each slice, and those of the loop and the workflow.
        #expect(few == 2 * 1001 + fewSlices - 1 + 3)
        #expect(many == 2 * 10_001 + manySlices - 1 + 3)
        #expect(manySlices <= 11)
    }

    @Test("a slice ends with more and goes on where it was")
    func slice() throws {
        var limits = RunLimits()
        limits.slice = 3
        var stage = try EngineStage(
            "do: [ { a: { set: { n: 1 } } }, { b: { set: { n: 2 } } }, { c: { set: { n: 3 } } }, "
                + "{ d: { set: { n: 4 } } } ]", limits: limits)
        #expect(stage.tell(.started) == [.more])
        #expect(stage.tell(.proceed) == [.finished(.completed(["n": 4]))])
    }

    @Test("more tasks than allowed fault the run, and no catch hides it")
    func steps() throws {
        var limits = RunLimits()
        limits.steps = 5
        var stage = try EngineStage(
            """
            do:
              - attempt:
                  try:
                    - loop:
                        for: { in: "[ range(9) ]" }
                        do: [ { one: { set: { a: 1 } } } ]
                  catch: {}
            """, limits: limits)
        guard case .finished(.faulted(let error))? = stage.tell(.started).last else {
            Issue.record("it did not fault")
            return
        }
        #expect(error.detail?.contains("5 tasks") ?? false)
    }

    @Test(
        "B56 a step whose expression uses up its budget, or fails, is a step that failed",
        arguments: [
            "until(false; .)", "def f: 1 + f; f", "1 / (. | length)",
            "(\"a\" * 5000 + \"!\") | test(\"(a+)+$\")", "[range(1e9)] | length",
        ])
    func expression(text: String) throws {
        let body = "do: [ { a: { set: { n: '${ \(text) }' } } } ]"
        var stage = try EngineStage(body)
        guard case .finished(.faulted(let error))? = stage.tell(.started).last else {
            Issue.record("it did not fault")
            return
        }
        #expect(error.type.hasSuffix("/errors/expression"))
        #expect(error.instance == "/do/0/a")
    }

    @Test("more scopes, branches or calls than allowed are errors that can be caught")
    func scopes() throws {
        var limits = RunLimits()
        limits.depth = 2
        limits.strands = 3
        limits.fan = 2
        let bodies = [
            "do: [ { a: { do: [ { b: { do: [ { c: { do: [ { d: { set: { n: 1 } } } ] } } ] } } ] "
                + "} } ]",
            "do: [ { a: { fork: { branches: [ { b: { wait: PT1S } }, { c: { wait: PT1S } }, "
                + "{ d: { wait: PT1S } } ] } } } ]",
            "do: [ { a: { call: fan-out, with: { agents: [ x, y, z ] } } } ]",
        ]
        for body in bodies {
            var stage = try EngineStage(body, limits: limits)
            guard case .finished(.faulted(let error))? = stage.tell(.started).last else {
                Issue.record("it did not fault: \(body)")
                continue
            }
            #expect(
                error.type.hasSuffix("/runtime") && error.detail?.contains("more than") ?? false)
        }
    }

    @Test("times and dates are written as they are read")
    func moments() {
        #expect(Moment(milliseconds: 0).iso8601 == "1970-01-01T00:00:00.000Z")
        #expect(Moment(milliseconds: 951_827_696_789).iso8601 == "2000-02-29T12:34:56.789Z")
        #expect(Moment(milliseconds: -1).iso8601 == "1969-12-31T23:59:59.999Z")
        let far = Moment(nanoseconds: .max)
        #expect(far + .seconds(1) == far)
    }
}
