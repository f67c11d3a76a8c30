import Document
import Flow
import Testing

/// Having a run again from its journal. The features are all played from their prefixes too; here
/// are the cases that order makes.
@Suite struct EngineJournalTests {
    private let body = """
        do:
          - both:
              fork:
                branches:
                  - one: { do: [ { a: { call: x } }, { b: { call: y } } ] }
                  - two: { do: [ { c: { call: x } }, { d: { wait: PT5S } } ] }
          - last: { call: z }
        """
    private let start = Moment(milliseconds: 5000)

    private func answer(_ key: String, _ value: Value) -> RunEvent {
        .answered(StepKey(key), value)
    }

    private var events: [RunEvent] {
        let branches = "/do/0/both/fork/branches"
        return [
            .started, answer("\(branches)/0/one/do/0/a", 1), answer("\(branches)/0/one/do/1/b", 2),
            answer("\(branches)/1/two/do/0/c", 3), .timer(StepKey("\(branches)/1/two/do/1/d")),
            answer("/do/1/last", 4),
        ]
    }

    private func resume(_ events: [RunEvent]) throws -> FlowRun.Resumed {
        var journal = Journal()
        for (second, event) in events.enumerated() {
            journal.append(event, at: start + .seconds(second))
        }
        return FlowRun.resume(
            try EngineStage.plan(body), input: .null, identity: EngineStage.identity(),
            journal: journal)
    }

    @Test("every order that could have been gives the same end")
    func orders() throws {
        let orders = [
            [0, 1, 2, 3, 4, 5], [0, 3, 4, 1, 2, 5], [0, 3, 1, 4, 2, 5], [0, 1, 3, 2, 4, 5],
        ]
        for order in orders {
            let resumed = try resume(order.map { events[$0] })
            #expect(resumed.run.outcome == .completed(4), "\(order)")
            #expect(resumed.leftOver.isEmpty)
        }
    }

    @Test("an answer that stands before its question waits for it")
    func early() throws {
        let resumed = try resume([0, 5, 4, 2, 3, 1].map { events[$0] })
        #expect(resumed.run.outcome == .completed(4))
        #expect(resumed.leftOver.isEmpty)
    }

    @Test("what nobody asked for is left over")
    func foreign() throws {
        let resumed = try resume([events[0], answer("/do/7/other", 1)])
        #expect(resumed.leftOver.map(\.event) == [answer("/do/7/other", 1)])
        #expect(resumed.run.outcome == nil)
    }

    @Test("a resumed run asks again for what is open, and for nothing that is answered")
    func open() throws {
        let resumed = try resume(Array(events.prefix(4)))
        let keys = resumed.actions.compactMap(\.key?.text)
        #expect(keys == ["/do/0/both/fork/branches/1/two/do/1/d"])
        let fresh = try resume([])
        #expect(fresh.actions.isEmpty && fresh.run.accepts(.started))
    }

    @Test("a run that was cancelled is cancelled again")
    func cancelled() throws {
        let resumed = try resume([.started, .cancelled])
        #expect(resumed.run.outcome == .cancelled)
        #expect(resumed.actions == [.finished(.cancelled)])
    }

    @Test("a suspended run keeps what came until it is resumed")
    func suspended() throws {
        let held = try resume([.started, .suspended, events[1], events[3]])
        #expect(held.run.isSuspended)
        let resumed = try resume([
            .started, .suspended, events[1], events[3], .resumed, events[4], events[2], events[5],
        ])
        #expect(resumed.run.outcome == .completed(4))
    }
}
