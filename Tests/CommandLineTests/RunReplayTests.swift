import Document
import Flow
import Telemetry
import Testing

@testable import Orchestration
@testable import baton

/// Durable runs as the command line has them from their journals: shown as a tree, run again, and
/// run on with something otherwise. No cluster is asked.
@Suite struct RunReplayTests {
    private static let text = """
        document: {dsl: 1.0.3, namespace: default, name: report, version: 1.0.0}
        do:
          - first: {call: cost, with: {n: 1}, export: {as: "${ {n: .n} }"}}
          - second: {call: cost, with: {n: "${ .n + 1 }"}}
          - rest: {wait: {seconds: 5}}
          - end: {set: {sum: "${ .n + 10 }"}}
        """

    /// A line as the question `journal` gives it.
    private static func line(_ event: String, _ key: String, _ members: ObjectValue = [:]) -> Value
    {
        var line: ObjectValue = ["e": .string(event), "k": .string(key), "t": 2_000_000_000]
        for (name, value) in members { line[name] = value }
        return .object(line)
    }

    private static let lines = [
        line("answered", "/do/0/first", ["v": ["n": 5], "w": "cost#w1", "a": 2]),
        line("answered", "/do/1/second", ["v": ["n": 6], "w": "cost#w2"]),
        line("timer", "/do/2/rest"),
    ]

    private func run(
        _ count: Int = 3, _ head: ObjectValue = ["state": "succeeded", "output": ["sum": 16]],
        text: String = text
    ) throws -> StoredRun {
        var all: ObjectValue = [
            "request": "r1", "accepted_at": 1000, "text": .string(text), "input": [:],
            "workflow": "default/report:1.0.0",
        ]
        for (name, value) in head { all[name] = value }
        return try StoredRun(.object(all), lines: Array(Self.lines.prefix(count)), bodies: [:])
    }

    @Test("a run that ended comes to the same, and says so")
    func same() throws {
        let replay = RunReplay(try run())
        guard case .same(let text) = replay.verdict else {
            Issue.record("it differs")
            return
        }
        #expect(text == "replayed 4 tasks: the same output" && replay.exit == .ok)
        let lines = replay.lines(width: nil).map(\.plain)
        #expect(lines.contains("   + $.n 5"))
        #expect(replay.json["same"] == true && replay.json["tasks"]?.array?.count == 4)
    }

    @Test("another output, another end and another text are told, each by its first difference")
    func different() throws {
        let other = RunReplay(try run(3, ["state": "succeeded", "output": ["sum": 1]]))
        #expect(other.exit == .failed)
        #expect(other.ending.plain == "✗ the output differs at $.sum: recorded 1, now 16")
        let failed = RunReplay(try run(3, ["state": "failed", "error": ["message": "no"]]))
        #expect(failed.ending.plain.hasPrefix("✗ it failed, and now it succeeded"))
        let text = Self.text.replacing("second:", with: "third:")
        #expect(RunReplay(try run(text: text)).ending.plain.contains("/do/1/second was told"))
    }

    @Test("a run that goes on is shown up to where it is, with who did what and what it waits for")
    func running() throws {
        let run = try run(2, ["state": "running", "age_ms": 5])
        let view = RunTreeView(run)
        let rows = view.table.lines(width: nil).map(\.plain)
        #expect(rows.count == 5)
        #expect(rows[1].contains("done") && rows[1].contains("2") && rows[1].contains("cost#w1"))
        #expect(rows[3].contains("running") && rows[3].contains("until 00:00:07.000"))
        #expect(rows[4].contains("not reached"))
        #expect(RunReplay(run).ending.plain == "✓ replayed 3 tasks, up to where it is")
        let tasks = view.json["tasks"]?.array ?? []
        #expect(tasks[2]["turns"]?[0]?["waits"]?["for"] == "timer")
    }

    @Test("steps are known by their tasks, not by the numbers made of their keys")
    func names() throws {
        let run = try run(1)
        let number = Int(StepKey("/do/1/second").ordinal)
        let answer = StepNames.added(
            run.names(run.history), to: ["steps": [["step": Value(number)]], "events": []])
        #expect(answer["steps"]?[0]?.shownStep == "/do/1/second")
        #expect(Value.object(["step": 7]).shownStep == "7")
    }

    @Test("what goes on from a task keeps the lines before it, and from behind it one more")
    func keeps() throws {
        let run = try run()
        #expect(try RunForkPlan(run, from: "first", []).fork.lines == 0)
        #expect(try RunForkPlan(run, from: "second", []).fork.lines == 1)
        let behind = [Amendment(.output, ["n"], 7)]
        #expect(try RunForkPlan(run, from: "second", behind).fork.lines == 2)
        let given = [Amendment(.output, [], 7)]
        #expect(try RunForkPlan(run, from: "second", given).fork.lines == 1)
        #expect(try RunForkPlan(run, from: "4", []).fork.step.text == "/do/3/end")
    }

    @Test("without a cluster it goes as far as the same was asked before")
    func rehearsal() throws {
        let run = try run()
        let changed = try RunForkPlan(run, from: "second", [Amendment(.input, ["n"], 8)])
        let stopped = RunRehearsal(changed)
        #expect(stopped.json["ends"] == false)
        #expect(stopped.json["open"]?[0]?["payload"] == ["n": 9])
        let through = try RunForkPlan(run, from: "second", [Amendment(.output, ["n"], 8)])
        #expect(RunRehearsal(through).json["outcome"] == ["output": ["sum": 18]])
        let lines = RunRehearsal(through).lines(width: nil).map(\.plain)
        #expect(lines.last == "  $.sum  16 → 18")
    }

    @Test("time goes by in a rehearsal where nothing else is waited for")
    func time() throws {
        let run = try run(2, ["state": "running"])
        let plan = try RunForkPlan(run, from: "rest", [])
        #expect(RunRehearsal(plan).json["outcome"] == ["output": ["sum": 16]])
    }

    @Test(
        "what cannot be gone on from is refused with the reason",
        arguments: [
            ("nobody", "input=1", "no task"), ("secnd", "input=1", "did you mean second"),
            ("end", "input=1 output.a=1", "choose one"),
        ])
    func refused(_ step: String, _ set: String, _ reason: String) throws {
        let run = try run()
        let amendments = try set.split(separator: " ").map { try RunChange.amendment(String($0)) }
        do {
            _ = try RunForkPlan(run, from: step, amendments)
            Issue.record("it was taken")
        } catch {
            #expect(error.message.contains(reason) && error.has(Exit.usage))
        }
    }

    @Test("another text must ask for what is kept, and come to the task")
    func otherText() throws {
        let run = try run()
        let mended = Self.text.replacing(".n + 10", with: ".n + 20")
        let workflow = try Workflow.read(Array(mended.utf8), name: "mended")
        let plan = try RunForkPlan(run, from: "end", [], workflow: workflow)
        #expect(RunRehearsal(plan).json["outcome"] == ["output": ["sum": 26]])
        let strange = Self.text.replacing("first:", with: "other:")
        let foreign = try Workflow.read(Array(strange.utf8), name: "foreign")
        #expect(throws: Fault.self) { try RunForkPlan(run, from: "end", [], workflow: foreign) }
    }

    @Test("the words of --set are read, and bad ones are refused by their shape")
    func changes() throws {
        let change = try RunChange.amendment("input.items[0].name=\"a=b\"")
        #expect(change == Amendment(.input, ["items", "0", "name"], "a=b"))
        #expect(try RunChange.amendment("output={\"a\":1}").path.isEmpty)
        for bad in ["", "input", "foo=1", "input..a=1", "input[*]=1", "input.a=b", "=1"] {
            #expect(throws: Fault.self, "\(bad)") { try RunChange.amendment(bad) }
        }
    }

    @Test("a fork says what it is, is read back, and odd words are refused")
    func fork() throws {
        let fork = RunFork(
            origin: "r1", lines: 3, step: StepKey("/do/1/a"),
            amendments: [Amendment(.context, ["x"], [1])])
        #expect(try RunFork(fork.value) == fork)
        for bad: Value in [
            [:], ["origin": "r1"], ["origin": "R 1", "lines": 1, "step": "x", "set": []],
        ] {
            #expect(throws: Fault.self) { try RunFork(bad) }
        }
        let run = try StoredRun(
            ["request": "f", "text": .string(Self.text), "state": "running", "accepted_at": 1000],
            lines: [["e": "forked", "v": fork.value]] + Self.lines, bodies: [:])
        #expect(run.forks == [fork] && run.changes.count == 1)
        #expect(run.isKept(run.history.turns[0]))
    }

    @Test("a run without its text, or with lines that make no sense, is refused with the reason")
    func unreadable() throws {
        #expect(throws: Fault.self) { try StoredRun(["request": "x"], lines: [], bodies: [:]) }
        #expect(throws: Fault.self) { try run(0, ["text": "a: ["]) }
        let head: Value = ["request": "x", "text": .string(Self.text)]
        for bad: Value in [[:], ["e": "odd"], ["e": "answered", "b": "nowhere"], 5] {
            #expect(throws: Fault.self) { try StoredRun(head, lines: [bad], bodies: [:]) }
        }
    }

    @Test("options that mean nothing together are refused before anybody is asked")
    func options() async throws {
        for words in [
            ["r1", "--dry"], ["r1", "--list"], ["r1", "--set", "input=1"],
            ["r1", "--from", "a", "--at", "b"], ["day.tap", "--from", "a"],
        ] {
            let result = await Harness().run(["replay"] + words)
            #expect(result.exit == .usage, "\(words)")
        }
    }
}
