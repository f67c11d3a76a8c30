import Document
import Flow
import Testing

/// What a run tells of itself: notes, the events made of them, and where it stands.
@Suite struct EngineLifecycleTests {
    private let body = """
        do:
          - outer:
              do:
                - ask: { call: cost }
                - stop: { raise: { error: { type: "https://example.com/a", status: 400 } } }
        """

    private func notes(_ actions: [RunAction]) -> [Lifecycle] {
        actions.compactMap { if case .lifecycle(let note) = $0 { note } else { nil } }
    }

    @Test("changes are told in their order, with places and errors")
    func order() throws {
        var stage = try EngineStage(body, notes: .all)
        let first = notes(stage.run.step(.started, now: stage.now))
        #expect(first.map(\.phase) == [.started, .started, .started])
        #expect(first.map { $0.task?.name } == [nil, "outer", "ask"])
        #expect(stage.run.running.map(\.name) == ["outer", "ask"])
        let key = StepKey("/do/0/outer/do/0/ask")
        let rest = notes(stage.run.step(.answered(key, 1), now: stage.now))
        #expect(rest.map(\.phase) == [.completed, .started, .faulted, .faulted, .faulted])
        #expect(rest.map { $0.task?.name } == ["ask", "stop", "stop", "outer", nil])
        #expect(rest.last?.error?.instance == "/do/0/outer/do/1/stop")
        #expect(stage.run.running.isEmpty)
    }

    @Test("events of changes have the names and members of the language")
    func events() throws {
        var stage = try EngineStage(body, notes: .all)
        let all = notes(stage.run.step(.started, now: stage.now))
        let workflow = stage.run.event(of: all[0], number: 0)
        #expect(workflow["type"] == "io.serverlessworkflow.workflow.started.v1")
        #expect(workflow["data"]?["name"] == "flow-run.test")
        #expect(workflow["data"]?["definition"]?["version"] == "1.0.0")
        #expect(workflow["data"]?["startedAt"] == .string(stage.now.iso8601))
        let task = stage.run.event(of: all[2], number: 2)
        #expect(task["type"] == "io.serverlessworkflow.task.started.v1")
        #expect(task["data"]?["task"] == "/do/0/outer/do/0/ask")
        #expect(task["id"] != workflow["id"])
    }

    @Test("an event says what came out, unless that is much, and what was skipped")
    func outputs() throws {
        var stage = try EngineStage(
            "do:\n  - one: { set: { a: 1 } }\n  - two: { if: false, set: { b: 2 } }",
            notes: .all)
        let all = notes(stage.run.step(.started, now: stage.now))
        let events = all.enumerated().map { stage.run.event(of: $1, number: $0) }
        let types = events.map { $0["type"]?.string ?? "" }
        #expect(types.contains("io.serverlessworkflow.task.skipped.v1"))
        #expect(events.last?["data"]?["output"] == ["a": 1])
        var note = try #require(all.last)
        note.output = .string(String(repeating: "x", count: 5000))
        #expect(stage.run.event(of: note, number: 9)["data"]?["output"] == nil)
    }

    @Test("fewer notes are made where fewer are wanted")
    func fewer() throws {
        for (wanted, count) in [(FlowRun.Notes.all, 3), (.effectful, 2), (.workflow, 1)] {
            var stage = try EngineStage(body, notes: wanted)
            #expect(notes(stage.run.step(.started, now: stage.now)).count == count)
        }
    }
}
