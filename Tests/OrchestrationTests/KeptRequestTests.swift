import Bus
import Document
import Reactor
import Store
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// What becomes of requests that outlive the process that has them in hand.
@Suite struct KeptRequestTests {
    let stage = Stage()

    private func state(_ id: String, _ client: PeerID) -> String? {
        stage.ask(["question": "request", "id": .string(id)], client).answer["state"]?.string
    }

    @Test(
        "G13 while nothing can be kept a durable call is refused with a hint, a volatile one runs")
    func away() {
        let client = stage.join("c")
        _ = stage.worker("w.1", capacity: 2)
        stage.conductor.storeChanged(
            .away(reason: "gone"), at: stage.now, into: &stage.outbox)
        let error = stage.request("a", from: client, .durable).only(.error)?.envelope.error
        #expect(error?.code == "unavailable" && error?.retryable == true)
        #expect(error?.retryAfter == 1000)
        #expect(stage.request("b", from: client).types == [.task])
        stage.conductor.storeChanged(.ready(epoch: 7), at: stage.now, into: &stage.outbox)
        #expect(stage.request("a", from: client, .durable).types == [.accepted, .task])
    }

    @Test("G14 an instance whose lease has run out gives nothing durable away until it has one")
    func fenced() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client, .durable).only(.task))
        stage.request("b", from: client, .durable)
        stage.conductor.storeChanged(
            .fenced(reason: "no renewal"), at: stage.now, into: &stage.outbox)
        #expect(stage.answer(task).to(worker).types == [.resultAck])
        stage.conductor.storeChanged(.ready(epoch: 8), at: stage.now, into: &stage.outbox)
        let later = try #require(stage.flush().only(.task))
        #expect(later.envelope.requestID == "b" && later.envelope.fence == "8")
    }

    @Test("what nobody works on is handed back at once when an instance leaves, and taken up again")
    func handedBack() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client, .durable).only(.task))
        stage.request("b", from: client, .durable)
        stage.conductor.drain()
        stage.conductor.handBackWaiting(into: &stage.outbox)
        let told = stage.flush()
        #expect(told.only(.error)?.envelope.requestID == "b")
        #expect(told.only(.error)?.envelope.error?.retryAfter == 100)
        #expect(stage.store.waiting == 1)
        #expect(stage.answer(task).to(client).types == [.response])
        #expect(stage.isIdle)
    }

    @Test("G4 a person decides what came of an effect nobody knows of")
    func resolved() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1", effect: "unsafe")
        let task = try #require(stage.request("a", from: client, .durable).only(.task))
        stage.answer(task, .accept)
        stage.pass(.seconds(5), alive: [client])
        #expect(state("a", client) == "uncertain")
        let list: Value = ["question": "requests", "state": "uncertain"]
        #expect(stage.ask(list, client).answer.array?.count == 1)
        let decision: Value = ["question": "resolve", "id": "a", "as": "done", "result": [1]]
        #expect(stage.ask(decision, client).answer["state"] == "succeeded")
        #expect(
            stage.request("a", from: client, .durable).only(.response)?.content == Array("[1]".utf8)
        )
        #expect(stage.ask(decision, client).code == "invalid")
    }

    @Test("B89 a record that makes no sense is answered once, and not to be tried again")
    func unreadable() {
        let client = stage.join("c")
        stage.storeIsSlow = true
        _ = stage.ask(["question": "request", "id": "a"], client)
        stage.conductor.replied(
            .unreadable(1, reason: "no sense"), at: stage.now, into: &stage.outbox)
        let error = stage.flush().only(.error)?.envelope.error
        #expect(error?.code == "corrupt" && error?.retryable == false)
    }

    @Test("security 47 a frozen agent gets nothing more, and what waits goes on when it is thawed")
    func frozen() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client, .durable).only(.task))
        stage.request("b", from: client, .durable)
        stage.conductor.heard(
            StoreNews(frozen: ["cost": "it misbehaves"]), at: stage.now, into: &stage.outbox)
        #expect(stage.answer(task).only(.task) == nil)
        let error = stage.request("c", from: client, .durable).only(.error)?.envelope.error
        #expect(error?.code == "frozen" && error?.message.contains("it misbehaves") == true)
        stage.conductor.heard(StoreNews(), at: stage.now, into: &stage.outbox)
        #expect(stage.flush().only(.task)?.envelope.requestID == "b")
    }
}
