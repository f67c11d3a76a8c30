import Bus
import Document
import Reactor
import Store
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// From a request to its answer: both deliveries, repeats, refusals, lines and limits.
@Suite struct RequestTests {
    let stage = Stage()

    @Test("a volatile request becomes a task, and its result the answer")
    func volatileRequest() throws {
        let (client, worker) = (stage.join("c"), stage.worker("w.1"))
        let sent = stage.request("r1", from: client) { $0.budget = 500 }
        let task = try #require(sent.only(.task))
        #expect(task.peer == worker)
        #expect(task.envelope.receiver == "cost#1")
        #expect(task.envelope.sender == "c")
        #expect(task.envelope.tenant == "default")
        #expect(task.envelope.requestID == "r1")
        #expect(task.envelope.budget == 500)
        #expect(task.envelope.step == 1 && task.envelope.attempt == 1)
        #expect(task.envelope.fence == "7" && task.envelope.dispatch != 0)
        let answer = try #require(
            stage.answer(task, content: "42") { $0.contentType = "text/plain" }.only(.response))
        #expect(answer.peer == client)
        #expect(answer.text == "42")
        #expect(answer.envelope.contentType == "text/plain")
        #expect(answer.envelope.correlationID == "r1" && answer.envelope.requestID == "r1")
        #expect(answer.envelope.sender == "cost#1")
        #expect(answer.envelope.delivery == .volatile)
        #expect(stage.isIdle && stage.conductor.deadlines.count == 0)
    }

    @Test("a durable request is accepted before its task leaves, and acknowledged after its answer")
    func durableRequest() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let sent = stage.request("r1", from: client, .durable)
        #expect(sent.types == [.accepted, .task])
        let end = stage.answer(try #require(sent.only(.task)), content: "42")
        #expect(end.types == [.response, .resultAck])
        #expect(end[0].envelope.delivery == .durable)
        #expect(stage.isIdle)
    }

    @Test("nothing of a durable request is said or sent before the store has it")
    func slowStore() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        stage.storeIsSlow = true
        #expect(stage.request("r1", from: client, .durable).isEmpty)
        let task = try #require(stage.releaseStore().only(.task))
        #expect(stage.answer(task).isEmpty)
        #expect(stage.releaseStore().types == [.response, .resultAck])
    }

    @Test("a caller cannot choose what the orchestrator says to a worker")
    func forgedFields() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1", effect: "unsafe")
        let task = try #require(
            stage.request("r1", from: client) { envelope in
                envelope.sender = "somebody"
                envelope.tenant = "another"
                envelope.effect = .pure
                envelope.attempt = 9
                envelope.dispatch = 99
                envelope.fence = "999"
                envelope.parts = 3
            }.only(.task))
        #expect(task.envelope.sender == "c" && task.envelope.tenant == "default")
        #expect(task.envelope.effect == .unsafe && task.envelope.attempt == 1)
        #expect(task.envelope.dispatch != 99 && task.envelope.fence == "7")
        #expect(task.envelope.parts == 0)
    }

    @Test("G2 a durable request said again gets the one answer, however late")
    func repeatedRequest() throws {
        let (client, other) = (stage.join("c"), stage.join("d"))
        _ = stage.worker("w.1")
        let task = try #require(stage.request("r1", from: client, .durable).only(.task))
        #expect(stage.request("r1", from: other, .durable).types == [.accepted])
        let end = stage.answer(task, content: "42")
        #expect(end.only(.response)?.peer == other)
        let late = stage.request("r1", from: client, .durable)
        #expect(late.types == [.accepted, .response] && late[1].text == "42")
        #expect(late.to(client).count == 2)
    }

    @Test("G2 the same id with another content or another receiver is refused, running or ended")
    func conflictingRequest() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1", ["cost", "other"], capacity: 2)
        let task = try #require(stage.request("r1", from: client, .durable).only(.task))
        for _ in 0..<2 {
            #expect(stage.request("r1", from: client, .durable, content: "[]")[0].code == "invalid")
            #expect(stage.request("r1", from: client, to: "other", .durable)[0].code == "invalid")
            stage.answer(task)
        }
        #expect(worker == task.peer)
    }

    @Test("volatile ids belong to their connection and are unique there while in hand")
    func volatileIDs() throws {
        let (client, other) = (stage.join("c"), stage.join("d"))
        _ = stage.worker("w.1", capacity: 8)
        let task = try #require(stage.request("r1", from: client).only(.task))
        #expect(stage.request("r1", from: client)[0].code == "invalid")
        #expect(stage.request("r1", from: other).types == [.task])
        stage.answer(task)
        #expect(stage.request("r1", from: client).types == [.task])
    }

    @Test("durable ids of two tenants do not meet")
    func tenants() {
        let first = stage.join("a", Identity(name: "a", role: .client, tenant: "red"))
        let second = stage.join("b", Identity(name: "b", role: .client, tenant: "blue"))
        _ = stage.worker("w.1", capacity: 8)
        #expect(stage.request("r1", from: first, .durable).types == [.accepted, .task])
        let other = stage.request("r1", from: second, .durable)
        #expect(other.types == [.accepted, .task])
        #expect(other[1].envelope.tenant == "blue")
        #expect(stage.cancel("r1", from: stage.join("c"))[0].code == "gone")
    }

    @Test(
        "B17 ids that are no names are refused",
        arguments: ["a:b", "{x}", "*", "a|b", "a b", "a\r\n", ""])
    func badIDs(_ id: String) {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        #expect(stage.request(id, from: client)[0].code == "invalid")
        #expect(
            stage.request("r", from: client) { $0.requestID = id }.only(.error)?.code
                == (id.isEmpty ? nil : "invalid"))
    }

    @Test("an unknown agent is refused with the nearest name that is served")
    func unknownAgent() {
        let client = stage.join("c")
        #expect(
            stage.request("r1", from: client)[0].envelope.error?.message.contains(
                "no agent is here") == true)
        _ = stage.worker("w.1", ["review", "cost"])
        let error = stage.request("r2", from: client, to: "reveiw")[0].envelope.error
        #expect(error?.code == "unavailable")
        #expect(error?.message.contains("did you mean review?") == true)
        #expect(stage.request("r3", from: client, to: "../x")[0].code == "invalid")
    }

    @Test("a request for one instance goes there alone, and waits past others for it")
    func instances() throws {
        let client = stage.join("c")
        let first = stage.worker("w.1")
        let second = stage.worker("w.2")
        let task = try #require(stage.request("a", from: client, to: "cost#2").only(.task))
        #expect(task.peer == second && task.envelope.receiver == "cost#2")
        #expect(stage.request("b", from: client, to: "cost#2").isEmpty)
        #expect(stage.request("c", from: client).only(.task)?.peer == first)
        #expect(stage.request("d", from: client).isEmpty)
        let next = stage.answer(task)
        #expect(next.only(.task)?.envelope.requestID == "b")
        #expect(stage.request("e", from: client, to: "cost#3")[0].code == "unavailable")
    }

    @Test("no worker gets more than its credit, and lines are served in order as places come free")
    func credit() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1", capacity: 2)
        var tasks: [Sent] = []
        for id in ["a", "b", "c", "d", "e"] { tasks += stage.request(id, from: client) }
        #expect(tasks.map(\.envelope.requestID) == ["a", "b"])
        #expect(stage.conductor.waiting == 3)
        var order: [String] = []
        while let task = tasks.popLast() {
            let sent = stage.answer(task).filter { $0.type == .task }
            order += sent.map(\.envelope.requestID)
            tasks = sent + tasks
        }
        #expect(order == ["c", "d", "e"])
        #expect(worker.index == 1 && stage.conductor.waiting == 0)
    }

    @Test("two agents of one worker take turns at its places")
    func fairness() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1", ["x", "y"])
        var task = try #require(stage.request("x0", from: client, to: "x").only(.task))
        for number in 1...2 {
            stage.request("x\(number)", from: client, to: "x")
            stage.request("y\(number)", from: client, to: "y")
        }
        var order: [String] = []
        for _ in 0..<4 {
            task = try #require(stage.answer(task).only(.task))
            order.append(task.envelope.requestID)
        }
        #expect(order == ["x1", "y1", "x2", "y2"])
    }

    @Test("READY 0 stops dispatch, and a raised credit starts it again")
    func ready() {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        var ready = Envelope(.ready)
        stage.send(ready, from: worker)
        #expect(stage.request("a", from: client).isEmpty)
        ready.credit = 5
        #expect(stage.send(ready, from: worker).types == [.task])
        ready.credit = 1_000_000_000
        #expect(stage.send(ready, from: worker)[0].code == "range")
        #expect(stage.send(ready, from: client)[0].code == "hello")
    }

    @Test("G10 above the limits a request is refused with busy, and nothing of it is kept")
    func limits() {
        var limits = Limits()
        limits.inFlight = 3
        limits.waiting = 1
        let stage = Stage(limits)
        let client = stage.join("c")
        _ = stage.worker("w.1", capacity: 2)
        for id in ["a", "b", "c"] { stage.request(id, from: client, .durable) }
        let error = stage.request("d", from: client, .durable)[0].envelope.error
        #expect(error?.code == "busy" && error?.retryable == true && error?.retryAfter ?? 0 > 0)
        #expect(stage.conductor.inHand == 3 && stage.store.count == 3)
    }

    @Test("B35 a priority above 9 is refused")
    func priority() {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        #expect(stage.request("a", from: client) { $0.priority = 10 }[0].code == "range")
        #expect(stage.request("b", from: client) { $0.priority = 9 }.types == [.task])
    }

    @Test("a request's envelope leaves room for what forwarding appends")
    func forwardingRoom() throws {
        let client = stage.join("c")
        _ = stage.worker("w." + String(repeating: "x", count: 60))
        var size = 3400
        var refused = false
        while !refused {
            let sent = stage.request("r\(size)", from: client) { envelope in
                envelope.tracestate = String(repeating: "t", count: size)
            }
            refused = sent[0].type == .error
            if let task = sent.only(.task) { stage.answer(task) }
            size += 1
        }
        #expect(size > 3500)
    }

    @Test("words too long for an answer are cut, not sent on")
    func longWords() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client).only(.task))
        let sent = stage.answer(task, .fail) {
            $0.error = WireError(
                code: String(repeating: "c", count: 900),
                message: String(repeating: "é", count: 1000))
        }
        #expect(sent.only(.error)?.code.count == 64)
        var envelope = Envelope(.watch)
        envelope.messageID = String(repeating: "m", count: 1900)
        envelope.requestID = String(repeating: "m", count: 1900)
        #expect(stage.send(envelope, from: client)[0].code == "invalid")
        let question = String(repeating: "q", count: 60_000)
        #expect(stage.ask(["question": .string(question)], client).code == "invalid")
    }

    @Test("of those that wait the urgent ones are served first, equals in the order they came")
    func priorities() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        var task = try #require(stage.request("first", from: client).only(.task))
        for (id, priority) in [("a", 0), ("b", 3), ("c", 9), ("d", 3), ("e", 0)] {
            stage.request(id, from: client) { $0.priority = UInt32(priority) }
        }
        stage.cancel("d", from: client)
        stage.request("f", from: client) { $0.priority = 3 }
        for id in ["c", "b", "f", "a", "e"] {
            task = try #require(stage.answer(task).only(.task))
            #expect(task.envelope.requestID == id)
        }
    }

    @Test("what is urgent goes before the turns of a worker's agents")
    func urgency() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1", ["x", "y"])
        let task = try #require(stage.request("first", from: client, to: "x").only(.task))
        stage.request("a", from: client, to: "y")
        stage.request("b", from: client, to: "x") { $0.priority = 1 }
        let next = try #require(stage.answer(task).only(.task))
        #expect(next.envelope.requestID == "b")
        #expect(stage.answer(next).only(.task)?.envelope.requestID == "a")
    }
}
