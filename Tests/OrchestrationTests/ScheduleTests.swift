import Bus
import Document
import Flow
import Reactor
import Store
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// Workflows that begin by themselves: one request for each due time, whoever is there.
@Suite struct ScheduleTests {
    private static func flow(_ schedule: String, version: String = "1.0.0") -> String {
        """
        document: {dsl: 1.0.3, namespace: default, name: clock, version: \(version)}
        schedule: \(schedule)
        do:
          - tick: {set: {heard: "${ . }"}}
        """
    }

    private static func brings(_ stage: Stage, _ text: String, _ name: String = "w1") {
        DurableRunTests.hello(stage, stage.join(name), nil, [text])
    }

    private static func ids(_ stage: Stage) -> [String] {
        let query = StateCommand.ListQuery(kind: .finished, tenant: nil, offset: 0, limit: 1_000)
        guard case .listed(_, let list, _) = stage.store.perform(.list(1, query), at: 0) else {
            return []
        }
        return list.map(\.id).sorted()
    }

    private static func row(_ stage: Stage) -> Value {
        stage.ask(["question": "schedules"], stage.join("p\(stage.now.nanoseconds)")).answer[0]
            ?? .null
    }

    /// Two orchestrators that know each other, over one store.
    private func two(_ text: String) -> [Stage] {
        let stages = [Stage(), Stage(name: "o2", epoch: 9)]
        let addresses = ["o1", "o2"].map { OrchestratorAddress(name: $0, bus: "tcp://x") }
        for (stage, other) in zip(stages, addresses.reversed()) {
            stage.conductor.welcome.orchestrators = [addresses[stage === stages[0] ? 0 : 1]]
            stage.conductor.met([other], into: &stage.outbox)
            Self.brings(stage, text)
        }
        return stages
    }

    /// Lets time pass for both of them, which share what is kept.
    private func pass(_ stages: [Stage], _ duration: Duration) {
        let end = stages[0].now + duration
        while stages[0].now < end {
            for (place, stage) in stages.enumerated() {
                if place > 0 { stage.store = stages[place - 1].store }
                stage.pass(.milliseconds(20))
            }
            stages[0].store = stages[stages.count - 1].store
        }
    }

    @Test("each due time leads to one request, within a moment")
    func every() {
        let stage = Stage()
        Self.brings(stage, Self.flow("{every: {seconds: 1}}"))
        stage.pass(.milliseconds(10_100))
        let ids = Self.ids(stage)
        #expect((10...11).contains(ids.count))
        #expect(ids.allSatisfy { $0.hasPrefix("sched.clock.") && $0.hasSuffix("000") })
        let row = Self.row(stage)
        #expect(row["workflow"] == "clock")
        #expect(row["result"] == "succeeded")
        #expect(row["schedule"]?.string?.hasPrefix("every") == true)
        #expect(stage.isIdle)
    }

    @Test("of two orchestrators one acts on each due time, and the other when that is gone")
    func shared() {
        let stages = two(Self.flow("{every: {milliseconds: 500}}"))
        pass(stages, .seconds(5))
        let count = Self.ids(stages[0]).count
        #expect((9...11).contains(count))
        let fired = stages.map { $0.conductor.counters.accepted }
        #expect(fired.reduce(0, +) == count)
        // Whoever did it is gone; the other does not even know yet.
        let left = fired[0] > 0 ? stages[1] : stages[0]
        left.pass(.seconds(5))
        #expect((9...11).contains(Self.ids(left).count - count))
    }

    @Test("after a time without anybody the latest comes, and no other")
    func missed() {
        let stage = Stage()
        Self.brings(stage, Self.flow("{every: {minutes: 1}}"))
        stage.pass(.seconds(61))
        let before = Self.ids(stage).count
        let next = Stage(name: "o2", epoch: 9)
        next.store = stage.store
        next.now = stage.now + .seconds(1800)
        Self.brings(next, Self.flow("{every: {minutes: 1}}"))
        next.pass(.seconds(2))
        #expect(Self.ids(next).count == before + 1)
    }

    @Test("again after the end of the run before")
    func after() {
        let stage = Stage()
        Self.brings(stage, Self.flow("{after: {seconds: 2}}"))
        stage.pass(.seconds(9))
        #expect((4...5).contains(Self.ids(stage).count))
    }

    @Test("an event begins a run with it, also one that came while nobody was there")
    func on() throws {
        let stage = Stage()
        let text = Self.flow("{on: {one: {with: {type: order}}}}")
        Self.brings(stage, text)
        stage.pass(.milliseconds(200))
        let client = stage.join("client")
        for (id, type) in [("1", "order"), ("2", "other"), ("3", "order")] {
            stage.request(
                "q\(id)", from: client, to: "baton",
                content: JSON.text([
                    "question": "emit", "event": ["type": .string(type), "data": .string(id)],
                ]))
        }
        stage.pass(.milliseconds(700))
        #expect(Self.ids(stage).count == 2)
        let next = Stage(name: "o2", epoch: 9)
        next.store = stage.store
        next.now = stage.now + .seconds(60)
        next.request(
            "q4", from: next.join("client"), to: "baton",
            content: #"{"question": "emit", "event": {"type": "order", "data": "4"}}"#)
        Self.brings(next, text)
        next.pass(.milliseconds(900))
        let ids = Self.ids(next)
        #expect(ids.count == 3)
        let sent = next.fetch(try #require(ids.last), next.join("asker"))
        #expect(sent.last?.text == #"{"heard":["4"]}"#)
    }

    @Test("two events that belong together begin one run")
    func all() throws {
        let stage = Stage()
        let filter = "correlate: {order: {from: .data.id}}"
        Self.brings(
            stage,
            Self.flow(
                "{on: {all: [{with: {type: a}, \(filter)}, {with: {type: b}, \(filter)}]}}"))
        stage.pass(.milliseconds(200))
        let client = stage.join("client")
        for (type, id) in [("a", 1), ("b", 2), ("b", 1), ("a", 3)] {
            stage.request(
                "q\(type)\(id)", from: client, to: "baton",
                content: JSON.text([
                    "question": "emit",
                    "event": ["type": .string(type), "data": ["id": Value(id)]],
                ]))
        }
        stage.pass(.milliseconds(700))
        let ids = Self.ids(stage)
        #expect(ids.count == 1)
        let sent = stage.fetch(try #require(ids.first), stage.join("asker"))
        #expect(sent.last?.text == #"{"heard":[{"id":1},{"id":1}]}"#)
    }

    @Test("nothing comes of a paused schedule, and what fell due meanwhile never does")
    func paused() {
        let stage = Stage()
        Self.brings(stage, Self.flow("{every: {seconds: 1}}"))
        stage.pass(.milliseconds(2_100))
        let client = stage.join("client")
        #expect(
            stage.ask(["question": "pause", "name": "clock"], client).answer["state"] == "paused")
        stage.pass(.milliseconds(300))
        let count = Self.ids(stage).count
        stage.pass(.milliseconds(5_000))
        #expect(Self.ids(stage).count == count)
        #expect(Self.row(stage)["state"] == "paused")
        let other = stage.join("other")
        let again = stage.ask(["question": "unpause", "name": "clock"], other)
        #expect(again.answer["state"] == "scheduled")
        stage.pass(.milliseconds(3_100))
        #expect((3...4).contains(Self.ids(stage).count - count))
        #expect(
            stage.ask(["question": "pause", "name": "clok"], stage.join("third")).code
                == "not_found")
    }

    @Test("the highest version counts; a workflow that is gone fires no more")
    func versions() throws {
        let stage = Stage()
        func serve(_ texts: [String]) throws {
            var contents = WorkflowFolder.Contents()
            contents.editions = try texts.map {
                try Edition(Array($0.utf8), from: .file("f"), name: "f")
            }
            stage.conductor.adopt(contents, at: stage.now, into: &stage.outbox)
        }
        try serve([
            Self.flow("{every: {hours: 1}}"), Self.flow("{every: {seconds: 1}}", version: "2.0.0"),
        ])
        stage.pass(.milliseconds(2_100))
        let count = Self.ids(stage).count
        #expect((2...3).contains(count))
        try serve([])
        stage.pass(.milliseconds(3_000))
        #expect(Self.ids(stage).count == count)
        #expect(stage.ask(["question": "schedules"], stage.join("c")).answer == [])
    }

    @Test("what the store refuses is asked for again")
    func refused() {
        let stage = Stage()
        Self.brings(stage, Self.flow("{every: {seconds: 1}}"))
        stage.pass(.milliseconds(500))
        stage.conductor.storeChanged(.away(reason: "gone"), at: stage.now, into: &stage.outbox)
        stage.pass(.milliseconds(1_500))
        let count = Self.ids(stage).count
        stage.conductor.storeChanged(.ready(epoch: 8), at: stage.now, into: &stage.outbox)
        stage.pass(.milliseconds(500))
        #expect(Self.ids(stage).count > count)
    }
}
