import Document
import Flow
import Testing

/// A run as it went, made of its journal alone: its tasks with their data, as a list and as a tree,
/// and what is otherwise where somebody says so.
@Suite struct EngineHistoryTests {
    private let body = """
        use: { functions: { twice: { set: { two: "${ .n * 2 }" } } } }
        do:
          - first: { call: x, with: { n: 1 }, export: { as: "${ {seen: .n} }" } }
          - loop: { for: { each: item, in: "${ [1, 2] }" }, do: [ { ask: { call: y } } ] }
          - twice: { call: twice, with: { n: 4 } }
          - rest: { wait: PT5S }
          - last: { set: { two: "${ .two }", seen: "${ $context.seen }" } }
        """

    private func history(
        _ events: [RunEvent], _ amendments: [StepKey: [Amendment]] = [:]
    ) throws -> RunHistory {
        var journal = Journal()
        for (second, event) in events.enumerated() {
            journal.append(event, at: Moment(milliseconds: 5000) + .seconds(second))
        }
        return RunHistory(
            try EngineStage.plan(body), input: ["in": 0], identity: EngineStage.identity(),
            journal: journal, amendments: amendments)
    }

    private func answer(_ key: String, _ value: Value) -> RunEvent {
        .answered(StepKey(key), value)
    }

    private var events: [RunEvent] {
        [
            .started, answer("/do/0/first", ["n": 7]), answer("/do/1/loop/do/0/ask#0", 1),
            answer("/do/1/loop/do/0/ask#1", 2), .timer(StepKey("/do/3/rest")),
        ]
    }

    @Test("each task has its data, and how much had been told when it began and ended")
    func turns() throws {
        let history = try history(events)
        #expect(history.outcome == .completed(["two": 8, "seen": 7]))
        let first = try #require(history.turns.first)
        #expect(first.raw == ["in": 0] && first.output == ["n": 7])
        #expect(first.before == ["in": 0] && first.after == ["seen": 7])
        #expect(first.entriesBefore == 1 && first.entriesAfter == 2)
        #expect(history.turns(named: "ask").count == 2)
        #expect(history.turns(named: "/do/1/loop/do/0/ask#1").count == 1)
        #expect(history.turns(named: "1") == [0])
        #expect(history.turns(named: "nobody").isEmpty && history.turns(named: "99").isEmpty)
    }

    @Test("a tree has the tasks of the file in order, rounds as one, calls below their callers")
    func tree() throws {
        let nodes = RunTree(try history(events)).nodes
        #expect(nodes.map(\.name) == ["first", "loop", "twice", "rest", "last"])
        #expect(nodes[1].children.map(\.turns.count) == [2])
        #expect(nodes[2].children.map(\.name) == ["twice"])
        let begun = RunTree(try history(Array(events.prefix(2)))).nodes
        #expect(begun[3].turns.isEmpty && begun[1].children[0].turns.count == 1)
    }

    @Test("what a run waits for stands with the task that asked for it")
    func open() throws {
        let history = try history(Array(events.prefix(4)))
        let rest = try #require(history.turns.last)
        #expect(rest.state == .running && rest.ended == nil)
        guard case .setTimer = rest.asked else {
            Issue.record("it has no timer")
            return
        }
    }

    @Test("what is said to be otherwise is so from there on, each time the run is had again")
    func amended() throws {
        let last = StepKey("/do/4/last")
        let input = Amendment(.input, ["two"], 9)
        let context = Amendment(.context, ["seen"], 1)
        #expect(
            try history(events, [last: [input, context]]).outcome
                == .completed(["two": 9, "seen": 1]))
        let output = Amendment(.output, ["seen"], 3)
        #expect(
            try history(events, [last: [output]]).outcome == .completed(["two": 8, "seen": 3]))
    }

    @Test("a task whose whole output is given is not done")
    func given() throws {
        let first = StepKey("/do/0/first")
        let history = try history([.started], [first: [Amendment(.output, [], ["n": 5])]])
        #expect(history.turns[0].state == .completed && history.turns[0].asked == nil)
        #expect(history.turns[0].after == ["seen": 5])
        #expect(history.turns.last?.key.text == "/do/1/loop/do/0/ask#0")
    }

    @Test("a part that is not there yet is made; a place in a list must be there or be the next")
    func parts() {
        let made = Amendment(.input, ["a", "b"], 1).applied(to: .null)
        #expect(made == ["a": ["b": 1]])
        #expect(Amendment(.input, ["0"], 5).applied(to: [1, 2]) == [5, 2])
        #expect(Amendment(.input, ["2"], 5).applied(to: [1, 2]) == [1, 2, 5])
        #expect(Amendment(.input, ["9"], 5).applied(to: [1]) == ["9": 5])
        #expect(Amendment(.input, [], 5).applied(to: [1]) == 5)
    }
}
