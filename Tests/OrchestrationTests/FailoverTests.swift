import Bus
import Document
import Reactor
import Store
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// Two orchestrators on one store: the first is lost, and the second goes on with what it had.
@Suite struct FailoverTests {
    let first = Stage()
    let second = Stage(name: "o2", epoch: 9)
    /// The number that the store gives with what is taken over.
    let fence: UInt64 = 20

    /// What the store has of a request of the first one.
    private func stored(_ id: String) throws -> StoredRequest {
        let key = RecordKey(tenant: Identity.local.tenant, id: id)
        guard case .read(_, let found) = first.store.perform(.read(1, key, from: 1), at: 0) else {
            throw Missing()
        }
        var request = try #require(found)
        request.fence = fence
        request.wasOwned = true
        return request
    }

    private struct Missing: Error {}

    /// The second one takes over what the first had.
    @discardableResult
    private func takeOver(_ ids: String...) throws -> [Sent] {
        second.store = first.store
        let requests = try ids.map(stored)
        second.conductor.replied(.claimed(requests), at: second.now, into: &second.outbox)
        return second.flush()
    }

    private func orphan(of task: Sent, _ state: Orphan.State = .running) -> Orphan {
        Orphan(
            tenant: Identity.local.tenant, request: task.envelope.requestID,
            step: task.envelope.step, attempt: task.envelope.attempt, fence: task.envelope.fence,
            agent: "cost", state: state)
    }

    /// A worker tells the second one what it has of others.
    @discardableResult
    private func report(_ orphans: [Orphan], _ worker: PeerID, all: Bool? = nil) -> [Sent] {
        var ready = Envelope(.ready)
        ready.credit = 1
        let content = (try? JSON.encode(OrphanList(orphans, all: all))) ?? []
        return second.send(ready, from: worker, content)
    }

    /// A request that the first one has given to a worker.
    private func running(_ id: String, effect: String? = nil) throws -> Sent {
        let client = first.join("c.\(id)")
        _ = first.worker("w.\(id)", effect: effect)
        return try #require(first.request(id, from: client, .durable).only(.task))
    }

    /// A word of a worker that does not reach who gave it the task.
    private func relay(
        _ task: Sent, _ worker: PeerID, _ type: MessageType = .result, code: String? = nil
    ) -> [Sent] {
        var word = Envelope(type)
        word.requestID = task.envelope.requestID
        word.tenant = Identity.local.tenant
        word.step = task.envelope.step
        word.attempt = task.envelope.attempt
        word.fence = task.envelope.fence
        word.sender = "cost"
        if let code { word.error = WireError(code: code, message: "because") }
        return second.send(word, from: worker, Array("[1]".utf8))
    }

    private func state(_ id: String) -> String? {
        let client = second.join("asks")
        return second.ask(["question": "request", "id": .string(id)], client)
            .answer["state"]?.string
    }

    // MARK: - What runs goes on

    @Test("F11 G6 a running step is not given away again: its worker goes on with it")
    func runsOn() throws {
        let task = try running("a")
        let worker = second.worker("w.a")
        report([orphan(of: task)], worker)
        let sent = try takeOver("a")
        let resume = try #require(sent.only(.resume))
        #expect(sent.types == [.resume] && resume.peer == worker)
        #expect(resume.envelope.attempt == 1 && resume.envelope.fence == "20")
        second.answer(resume, .accept)
        #expect(second.answer(resume, content: "[1]").to(worker).types == [.resultAck])
        #expect(state("a") == "succeeded")
    }

    @Test("whoever said nothing is asked, and what nobody has is given away anew, under its number")
    func asked() throws {
        _ = try running("a")
        let worker = second.worker("w.a")
        #expect(try takeOver("a").to(worker).types == [.ping])
        let task = try #require(report([], worker, all: true).only(.task))
        #expect(task.envelope.fence == "20")
    }

    @Test("F67 whoever takes a request over goes on counting its attempts: none has a number twice")
    func counted() throws {
        let client = first.join("c")
        let lost = first.worker("w.a")
        _ = first.worker("w.b")
        let task = try #require(first.request("a", from: client, .durable).only(.task))
        #expect(task.envelope.attempt == 1)
        first.left(task.peer)
        let again = try #require(first.pass(.milliseconds(200)).only(.task))
        #expect(again.envelope.attempt == 2 && again.peer != lost || task.peer != lost)
        let other = second.worker("w.c")
        try takeOver("a")
        let third = try #require(report([], other, all: true).only(.task))
        #expect(third.envelope.attempt == 3)
        #expect(try stored("a").attempts == 3)
    }

    @Test("a worker that is asked and has the step goes on with it")
    func found() throws {
        let task = try running("a")
        let worker = second.worker("w.a")
        try takeOver("a")
        #expect(report([orphan(of: task)], worker, all: true).types == [.resume])
    }

    @Test("F67 who stands still is waited for until it is heard, or dead")
    func silent() throws {
        _ = try running("a")
        _ = second.worker("w.a")
        let other = second.worker("w.b")
        try takeOver("a")
        report([], other, all: true)
        #expect(second.pass(.milliseconds(3800), alive: [other]).only(.task) == nil)
        let task = second.pass(.milliseconds(600), alive: [other]).only(.task)
        #expect(task?.peer == other && task?.envelope.fence == "20")
    }

    @Test("F15 who has just begun waits for workers that may still find it before it begins anew")
    func reunion() throws {
        let given = try running("a")
        second.conductor.storeChanged(.ready(epoch: 9), at: second.now, into: &second.outbox)
        let other = second.worker("w.b")
        try takeOver("a")
        report([], other, all: true)
        #expect(second.pass(.milliseconds(2000), alive: [other]).only(.task) == nil)
        let late = second.worker("w.a")
        #expect(report([orphan(of: given)], late, all: true).only(.resume)?.peer == late)
    }

    @Test("F15 what nobody has come back with is begun anew once the reunion is over")
    func afterReunion() throws {
        _ = try running("a")
        second.conductor.storeChanged(.ready(epoch: 9), at: second.now, into: &second.outbox)
        let other = second.worker("w.b")
        try takeOver("a")
        report([], other, all: true)
        #expect(second.pass(.milliseconds(2600), alive: [other]).only(.task)?.peer == other)
    }

    @Test("what was taken over is begun before what came later, the oldest first")
    func inOrder() throws {
        let client = first.join("c")
        _ = first.worker("w.a")
        for id in ["a", "b"] {
            first.pass(.milliseconds(10))
            first.request(id, from: client, .durable)
        }
        let worker = second.worker("w.b", capacity: 1)
        let asker = second.join("c")
        let busy = try #require(second.request("busy", from: asker).only(.task))
        second.request("new", from: asker)
        try takeOver("a", "b")
        report([], worker, all: true)
        #expect(second.answer(busy).only(.task)?.envelope.requestID == "a")
    }

    @Test("who is heard and does not know the question is not waited for")
    func unknowing() throws {
        _ = try running("a")
        let worker = second.worker("w.a")
        try takeOver("a")
        #expect(second.pass(.milliseconds(400), alive: [worker]).only(.task) == nil)
        #expect(second.pass(.milliseconds(300), alive: [worker]).only(.task) != nil)
    }

    @Test("F67 what a worker told another while it could not reach its own is not done again")
    func toldElsewhere() throws {
        let task = try running("a")
        second.store = first.store
        let elsewhere = second.worker("w.a")
        first.left(task.peer)
        _ = relay(task, elsewhere)
        // Its worker comes back and has it no more.
        let back = first.hello(task.peer)
        #expect(back.only(.task) == nil)
        #expect(first.pass(.milliseconds(300)).only(.task) == nil)
        #expect(first.store.perform(.read(1, try stored("a").key, from: 1), at: 0).isEnded)
    }

    @Test("F67 whoever stood still itself does not do again what its workers have")
    func stoodStill() throws {
        let task = try running("a")
        let other = first.worker("w.b")
        _ = first.pass(.milliseconds(100), alive: [task.peer, other])
        first.now = first.now + .seconds(5)
        first.left(task.peer)
        #expect(first.pass(.seconds(1), alive: [other]).only(.task) == nil)
        first.hello(
            task.peer,
            inflight: [
                Hello.Inflight(
                    request: "a", step: 1, attempt: 1, dispatch: task.envelope.dispatch,
                    state: .running)
            ])
        #expect(first.answer(task, content: "[1]").only(.response) != nil)
    }

    @Test("a worker that comes later goes on with what it has, where that waits for a place")
    func late() throws {
        let task = try running("a")
        #expect(try takeOver("a").isEmpty)
        let worker = second.join("w.a")
        var hello = Hello(role: .worker, session: "s1")
        hello.agents = [AgentDescription(name: "cost")]
        hello.orphans = [orphan(of: task)]
        #expect(second.say(hello, worker).types == [.welcome, .resume])
    }

    @Test("what a worker does not have any more is looked for in the store before it is done again")
    func stale() throws {
        let task = try running("a")
        let worker = second.worker("w.a")
        report([orphan(of: task)], worker)
        let resume = try #require(try takeOver("a").only(.resume))
        let again = second.answer(resume, .nack, code: "stale")
        #expect(again.only(.task)?.envelope.attempt == 2)
    }

    @Test("the second stage of a pipeline goes on where it was, with the first one's result kept")
    func pipeline() throws {
        let client = first.join("c")
        _ = first.worker("w.1", ["cost", "tax"])
        let stage = try #require(
            first.send(.pipeline, "a", from: client, to: "", .durable) {
                $0.headers["pipeline"] = "tax,cost"
            }.only(.task))
        let task = try #require(first.answer(stage, content: "[1]").only(.task))
        #expect(task.envelope.step == 2)
        let worker = second.worker("w.1", ["cost", "tax"])
        report([orphan(of: task)], worker)
        let resume = try #require(try takeOver("a").only(.resume))
        #expect(resume.envelope.step == 2)
        second.answer(resume, content: "[2]")
        #expect(state("a") == "succeeded")
    }

    @Test("a result that is said again while it is being kept is not acknowledged before it is")
    func saidAgain() throws {
        let task = try running("a")
        first.storeIsSlow = true
        #expect(first.answer(task, content: "[1]").isEmpty)
        #expect(first.answer(task, content: "[1]").isEmpty)
        #expect(first.releaseStore().types.contains(.resultAck))
    }

    // MARK: - Words for others

    @Test("G8 a result is kept by whoever gets it, acknowledged, and told to the owner")
    func relayed() throws {
        let task = try running("a")
        second.store = first.store
        let worker = second.worker("w.a")
        let ack = try #require(relay(task, worker).only(.resultAck))
        #expect(ack.envelope.dispatch == 0 && ack.envelope.tenant == Identity.local.tenant)
        #expect(second.announced.map(\.envelope.type) == [.hint])
        // Whoever takes the request up finds it.
        try takeOver("a")
        #expect(state("a") == "succeeded")
    }

    @Test(
        "G8 the owner is told of a word that comes while its client asks for the request here")
    func relayedWhileAsked() throws {
        let task = try running("a")
        second.store = first.store
        let (client, worker) = (second.join("c"), second.worker("w.a"))
        second.storeIsSlow = true
        #expect(second.request("a", from: client, .durable).isEmpty)
        second.storeIsSlow = false
        #expect(relay(task, worker).only(.resultAck) != nil)
        let hint = try #require(second.announced.last?.envelope)
        #expect(hint.type == .hint && hint.requestID == "a" && hint.step == 1)
    }

    @Test("a result that comes by the store ends the step that is in hand")
    func heard() throws {
        let task = try running("a")
        let worker = second.worker("w.a")
        report([orphan(of: task)], worker)
        try takeOver("a")
        #expect(relay(task, worker).only(.resultAck) != nil)
        #expect(state("a") == "succeeded")
    }

    @Test("a failure that comes by the store is tried again as any other")
    func failed() throws {
        let task = try running("a")
        let worker = second.worker("w.a")
        try takeOver("a")
        _ = relay(task, worker, .fail, code: "failed")
        #expect(state("a") == "failed")
    }

    @Test(
        "B12 G3 a result of an earlier attempt or of no request is acknowledged, and no more"
    )
    func foreign() throws {
        let task = try running("a")
        let worker = second.worker("w.a")
        try takeOver("a")
        let again = try #require(report([], worker, all: true).only(.task))
        #expect(relay(task, worker).types == [.resultAck])
        #expect(state("a") == "running")
        second.answer(again)
        #expect(state("a") == "succeeded")
        #expect(relay(task, worker).types == [.resultAck])
    }

    // MARK: - What must not be repeated

    @Test("an unsafe step that waits for word to begin is begun by the new owner")
    func unbegun() throws {
        let task = try running("a", effect: "unsafe")
        let worker = second.worker("w.a", effect: "unsafe")
        report([orphan(of: task, .waiting)], worker)
        let resume = try #require(try takeOver("a").only(.resume))
        #expect(second.answer(resume, .accept).types == [.go])
    }

    @Test("G4 an unsafe step that had begun rests until somebody decides, if no worker has it")
    func uncertain() throws {
        let task = try running("a", effect: "unsafe")
        first.answer(task, .accept)
        let worker = second.worker("w.a", effect: "unsafe")
        try takeOver("a")
        #expect(report([], worker, all: true).isEmpty)
        #expect(state("a") == "sought")
        second.pass(.seconds(5), alive: [worker])
        #expect(state("a") == "uncertain")
    }

    @Test("an unsafe step that had begun goes on where it runs")
    func begun() throws {
        let task = try running("a", effect: "unsafe")
        first.answer(task, .accept)
        let worker = second.worker("w.a", effect: "unsafe")
        report([orphan(of: task)], worker)
        let resume = try #require(try takeOver("a").only(.resume))
        second.answer(resume, content: "[1]")
        #expect(state("a") == "succeeded")
    }

    // MARK: - Who lost a request

    @Test("F13 G5 what another has taken over is left alone: its worker tells that one")
    func moved() throws {
        let task = try running("a")
        first.conductor.reclaimed([], at: first.now, into: &first.outbox)
        let told = first.flush()
        #expect(told.only(.error)?.envelope.error?.retryable == true)
        #expect(told.only(.cancel) == nil)
        #expect(first.answer(task).only(.nack)?.code == "moved")
    }

    @Test("F16 G6 an instance that leaves gives away what runs, and stops none of it")
    func leaving() throws {
        let task = try running("a")
        first.conductor.met(
            [OrchestratorAddress(name: "o2", bus: "tcp://127.0.0.1:2")], into: &first.outbox)
        first.conductor.welcome.orchestrators.insert(
            OrchestratorAddress(name: "o1", bus: "tcp://127.0.0.1:1"), at: 0)
        _ = first.flush()
        first.conductor.drain()
        // It may still be on its way: whoever takes the request over would not find it.
        first.conductor.handBackWaiting(into: &first.outbox)
        #expect(first.flush().isEmpty)
        first.answer(task, .accept)
        first.conductor.handBackWaiting(into: &first.outbox)
        let told = first.flush()
        #expect(told.types == [.error])
        #expect(first.announced.last?.envelope.type == .hint)
        #expect(first.store.waiting == 1)
        #expect(first.answer(task).only(.nack)?.code == "moved")
    }

    @Test("whoever asks again elsewhere is told when it ends there")
    func followed() throws {
        let client = second.join("c")
        _ = second.worker("w.a")
        let task = try running("a")
        second.store = first.store
        second.storeIsSlow = true
        second.request("a", from: client, .durable)
        guard case .accept(let token, _)? = second.held.first else { throw Missing() }
        second.held = []
        second.conductor.replied(
            .accepted(token, .known(.running)), at: second.now, into: &second.outbox)
        #expect(second.flush().types == [.accepted])
        #expect(second.announced.map(\.envelope.type) == [.hint])
        first.answer(task, content: "[1]")
        #expect(second.releaseStore().only(.response)?.text == "[1]")
    }

    @Test("a hint lets an owner look for what was left for it")
    func hinted() throws {
        let task = try running("a")
        let peer = first.join("o2", Identity.local)
        _ = first.say(Hello(role: .orchestrator, session: "9"), peer)
        let key = RecordKey(tenant: Identity.local.tenant, id: "a")
        var word = Envelope(.result)
        word.sender = "cost#a"
        (word.step, word.attempt, word.fence) = (1, 1, task.envelope.fence)
        let message = StoredMessage(
            envelope: word.encoded(), content: ContentBytes(Array("[1]".utf8)))
        _ = first.store.perform(
            .deposit(1, StateCommand.Deposit(key: key, name: "1/1/7", message: message)), at: 0)
        var hint = Envelope(.hint)
        (hint.requestID, hint.tenant, hint.step) = ("a", Identity.local.tenant, 1)
        #expect(first.send(hint, from: peer).only(.response)?.text == "[1]")
    }

    @Test("B11 a hint of somebody who is no orchestrator is refused")
    func noOrchestrator() {
        let client = first.join("c")
        #expect(first.send(Envelope(.hint), from: client).only(.error)?.code == "forbidden")
    }

    @Test("a worker that comes back to a new process goes on with what an earlier one gave it")
    func earlier() throws {
        let task = try running("a")
        let worker = second.join("w.a")
        var hello = Hello(role: .worker, session: "s1")
        hello.agents = [AgentDescription(name: "cost")]
        hello.inflight = [
            Hello.Inflight(
                request: "a", step: 1, attempt: 1, fence: task.envelope.fence,
                dispatch: task.envelope.dispatch, state: .running)
        ]
        let welcome = try #require(second.say(hello, worker).only(.welcome))
        let verdicts = try JSON.decode(Welcome.self, from: welcome.content).inflight ?? []
        #expect(verdicts.isEmpty)
    }
}

extension StateReply {
    fileprivate var isEnded: Bool {
        guard case .read(_, let request?) = self else { return false }
        return request.state.isTerminal
    }
}
