import Bus
import Document
import Reactor
import Store
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// What the README promises and no other test of this folder shows by itself: mostly that an
/// instance that never had a request says and does the same as the one that has it.
@Suite struct GuaranteeTests {
    let first = Stage()
    let second = Stage(name: "o2", epoch: 9)

    /// A request that the first one has given to a worker, and the second one can read of.
    private func running(_ id: String) throws -> Sent {
        let client = first.join("c.\(id)")
        _ = first.worker("w.\(id)")
        let task = try #require(first.request(id, from: client, .durable).only(.task))
        second.store = first.store
        return task
    }

    /// The events of a request from a number on, as an instance tells them.
    private func events(_ id: String, from number: UInt64, _ stage: Stage) -> [Sent] {
        var watch = Envelope(.watch)
        watch.messageID = "watch"
        watch.requestID = id
        watch.sequence = number
        return stage.send(watch, from: stage.join("watcher"))
    }

    @Test("G2 an id is one request wherever it is said; with another content it is refused there")
    func oneID() throws {
        let task = try running("a")
        let client = second.join("c")
        _ = second.worker("w.2")
        #expect(second.request("a", from: client, .durable, content: "[1]")[0].code == "invalid")
        second.storeIsSlow = true
        second.request("a", from: client, .durable)
        guard case .accept(let token, _)? = second.held.first else {
            Issue.record("the store was not asked")
            return
        }
        (second.storeIsSlow, second.held) = (false, [])
        second.conductor.replied(
            .accepted(token, .known(.running)), at: second.now, into: &second.outbox)
        #expect(second.flush().types == [.accepted])
        first.answer(task, content: "[1]")
        let told = second.pass(.seconds(6), alive: [client])
        #expect(told.only(.response)?.text == "[1]" && told.only(.task) == nil)
        let again = second.request("a", from: client, .durable)
        #expect(again.only(.response)?.text == "[1]" && again.only(.task) == nil)
        #expect(second.request("a", from: client, .durable, content: "[1]")[0].code == "invalid")
    }

    @Test(
        "G8 G9 state, events and result are told by an instance that never had the request"
    )
    func toldElsewhere() throws {
        let task = try running("a")
        let client = second.join("c")
        let question: Value = ["question": "request", "id": "a"]
        #expect(second.ask(question, client).answer["state"] == "running")
        #expect(events("a", from: 1, second).map(\.envelope.sequence) == [1, 2])
        first.answer(task, content: "[1]")
        second.store = first.store
        #expect(second.ask(question, client).answer["state"] == "succeeded")
        #expect(second.fetch("a", client).only(.response)?.text == "[1]")
        #expect(events("a", from: 1, second).map(\.envelope.sequence) == [1, 2, 3, 4])
    }

    @Test(
        "G9 events are told on from the number that is asked for, and past the last one it is said")
    func onwards() throws {
        let task = try running("a")
        first.answer(task, content: "[1]")
        for number in 1...4 as ClosedRange<UInt64> {
            let told = events("a", from: number, first)
            #expect(told.map(\.envelope.sequence) == Array(number...4))
        }
        #expect(events("a", from: 5, first).map(\.code) == ["gone"])
        #expect(events("b", from: 1, first).map(\.code) == ["not_found"])
    }

    @Test("G10 what is beyond the limits leaves no trace, and nothing accepted goes to make room")
    func makesNoRoom() throws {
        var limits = Limits()
        limits.inFlight = 2
        let stage = Stage(limits)
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client, .durable).only(.task))
        #expect(stage.request("b", from: client, .durable).types == [.accepted])
        for number in 0..<100 {
            #expect(stage.request("n\(number)", from: client, .durable)[0].code == "busy")
        }
        #expect(stage.store.count == 2)
        let next = try #require(stage.answer(task).only(.task))
        #expect(next.envelope.requestID == "b")
        #expect(stage.answer(next).only(.response) != nil)
    }

    @Test("G11 what is taken over after its deadline has ended: no worker is given it")
    func tooLate() throws {
        let client = first.join("c")
        _ = first.worker("w.0")
        let budget: UInt64 = 1000
        first.request("a", from: client, .durable) { $0.budget = budget }
        second.store = first.store
        let worker = second.worker("w.1")
        let key = RecordKey(tenant: Identity.local.tenant, id: "a")
        guard case .read(_, let found) = first.store.perform(.read(1, key, from: 1), at: 0) else {
            Issue.record("the store has no such request")
            return
        }
        var request = try #require(found)
        request.wasOwned = true
        request.fence = 20
        second.now = second.now + .milliseconds(Int64(budget) + 1)
        second.conductor.replied(.claimed([request]), at: second.now, into: &second.outbox)
        #expect(second.flush().to(worker).only(.task) == nil)
        #expect(second.pass(.milliseconds(100), alive: [worker]).to(worker).only(.task) == nil)
        let asker = second.join("asks")
        #expect(second.ask(["question": "request", "id": "a"], asker).answer["state"] == "expired")
    }

    @Test("G12 three workers that fall silent with a step are three deaths: it is not tried again")
    func silentThrice() throws {
        let client = first.join("c")
        _ = first.worker("w.1")
        var sent = first.request("a", from: client)
        var given = 0
        for number in 2...5 where sent.only(.error) == nil {
            given += sent.filter { $0.type == .task }.count
            sent = first.pass(.milliseconds(4100), alive: [client])
            sent += sent.only(.error) == nil ? first.hello(first.join("w.\(number)")) : []
        }
        #expect(given == 3 && sent.only(.error)?.code == "lost")
        let rows = first.ask(["question": "quarantine"], client).answer
        #expect(rows[0]?["request"] == "a" && rows[0]?["deaths"]?.integer == 3)
    }

    @Test("G13 G14 an instance that can keep nothing says so where its health is asked")
    func saysSo() {
        let client = first.join("c")
        _ = first.worker("w.1")
        func health() -> Value { first.ask(["question": "health"], client).answer }
        first.conductor.storeChanged(
            .fenced(reason: "no renewal"), at: first.now, into: &first.outbox)
        let store = health()["external_dependencies"]?["store"]
        #expect(store?["status"] == "unhealthy" && store?["error"] == "no renewal")
        #expect(health()["orchestrator_status"] == "degraded")
        first.conductor.storeChanged(.ready(epoch: 8), at: first.now, into: &first.outbox)
        #expect(health()["orchestrator_status"] == "healthy")
    }
}
