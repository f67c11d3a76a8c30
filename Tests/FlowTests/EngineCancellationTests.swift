import Document
import Flow
import Testing

/// Runs that are cancelled make good what they have done, where they say how.
@Suite struct EngineCancellationTests {
    private static let caught = """
        catch: { errors: { with: { type: "\(FlowError.cancellation.type)" } }, as: why, do: [
        """

    private func stage(_ tasks: String) throws -> EngineStage {
        var stage = try EngineStage("do:\n" + tasks)
        _ = stage.tell(.started)
        return stage
    }

    private func outcome(_ actions: [RunAction]) -> RunAction.Outcome? {
        for case .finished(let outcome) in actions { return outcome }
        return nil
    }

    @Test("a run that says nothing of it ends at once, also within a try that catches anything")
    func plain() throws {
        let bodies = [
            "  - a: { call: book }",
            "  - a: { try: [{ b: { call: book } }], catch: { do: [{ c: { call: undo } }] } }",
            """
              - a: { try: [{ b: { call: book } }],
                     catch: { errors: { with: { status: 499 } },
                              retry: { limit: { attempt: { count: 3 } } } } }
            """,
        ]
        for body in bodies {
            var stage = try stage(body)
            #expect(!stage.run.catchesCancellation)
            #expect(outcome(stage.tell(.cancelled)) == .cancelled, "\(body)")
        }
    }

    @Test("what was done is made good from the inside out, and then the run is cancelled")
    func insideOut() throws {
        var stage = try stage(
            """
              - trip:
                  try:
                    - flight: { call: fly }
                    - inner:
                        try: [{ hotel: { call: sleep } }]
                        \(Self.caught){ leave: { call: leave } }] }
                    - never: { call: never }
                  \(Self.caught){ stay: { call: stay, with: { why: "${ $why.title }" } } }] }
              - after: { call: after }
            """)
        #expect(stage.run.catchesCancellation)
        _ = stage.tell(.answered(StepKey("/do/0/trip/try/0/flight#0"), 1))
        let first = stage.tell(.cancelled)
        #expect(stage.run.isCancelling && outcome(first) == nil)
        #expect(
            first.contains {
                if case .cancel(let key) = $0 { key.text.contains("hotel") } else { false }
            })
        let leave = try #require(EngineStage.calls(first).first)
        #expect(leave.contains("leave"))
        let second = stage.tell(.answered(StepKey(leave), 1))
        let stay = try #require(EngineStage.calls(second).first)
        #expect(stay.contains("stay"))
        for case .call(let call) in second { #expect(call.payload["why"] == "Cancelled") }
        #expect(outcome(stage.tell(.answered(StepKey(stay), 1))) == .cancelled)
    }

    @Test("each branch of a fork makes good its own, and what is around it comes when all have")
    func branches() throws {
        var stage = try stage(
            """
              - all:
                  try:
                    - both:
                        fork:
                          branches:
                            - one:
                                try: [{ a: { call: a } }]
                                \(Self.caught){ x: { call: x } }] }
                            - two:
                                try: [{ b: { call: b } }]
                                \(Self.caught){ y: { call: y } }] }
                            - three: { call: c }
                  \(Self.caught){ z: { call: z } }] }
            """)
        let first = EngineStage.calls(stage.tell(.cancelled)).sorted()
        #expect(first.count == 2 && first[0].contains("/x") && first[1].contains("/y"))
        #expect(EngineStage.calls(stage.tell(.answered(StepKey(first[1]), 1))).isEmpty)
        let last = EngineStage.calls(stage.tell(.answered(StepKey(first[0]), 1)))
        #expect(last.count == 1 && last[0].contains("/z"))
        #expect(outcome(stage.tell(.answered(StepKey(last[0]), 1))) == .cancelled)
    }

    @Test("what cannot be made good is the error of the run, and a second word ends it at once")
    func failing() throws {
        let body = "  - a: { try: [{ b: { call: book } }], \(Self.caught){ c: { call: undo } }] } }"
        var failing = try stage(body)
        let undo = try #require(EngineStage.calls(failing.tell(.cancelled)).first)
        let error = FlowError(type: "about:blank", status: 500)
        guard case .faulted(let left)? = outcome(failing.tell(.failed(StepKey(undo), error))) else {
            Issue.record("it did not fault")
            return
        }
        #expect(left.status == 500)
        var twice = try stage(body)
        _ = twice.tell(.cancelled)
        #expect(outcome(twice.tell(.cancelled)) == .cancelled)
    }

    @Test("a run that was being made good is had again from its journal, where it was")
    func resumed() throws {
        let body = """
              - a:
                  try: [{ b: { call: book } }]
                  \(Self.caught){ c: { call: undo } }, { d: { call: tell } }] }
            """
        var journal = Journal()
        var live = try EngineStage("do:\n" + body)
        func tell(_ event: RunEvent) -> [RunAction] {
            journal.append(event, at: live.now, before: live.run)
            return live.tell(event)
        }
        _ = tell(.started)
        let undo = try #require(EngineStage.calls(tell(.cancelled)).first)
        let last = EngineStage.calls(tell(.answered(StepKey(undo), 1)))
        let again = FlowRun.resume(
            live.run.plan, input: .null, identity: live.run.identity, journal: journal)
        #expect(again.leftOver.isEmpty && again.run.isCancelling)
        #expect(EngineStage.calls(again.actions) == last)
    }
}
