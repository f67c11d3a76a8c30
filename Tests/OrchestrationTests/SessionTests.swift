import Bus
import Document
import Reactor
import Store
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// Requests that share a conversation.
@Suite struct SessionTests {
    let stage = Stage()

    private func show(_ id: String, _ peer: PeerID, _ more: ObjectValue = [:]) -> Value {
        var question: ObjectValue = ["question": "session", "id": .string(id)]
        for (name, value) in more { question[name] = value }
        return stage.ask(.object(question), peer).answer
    }

    @discardableResult
    private func ask(
        _ id: String, in session: String, from client: PeerID, _ delivery: Delivery = .durable,
        content: String = "{}"
    ) -> [Sent] {
        stage.request(id, from: client, delivery, content: content) {
            $0.headers["session"] = session
        }
    }

    @Test(
        "S2-47 S5-28 the requests of one session share what was asked and answered",
        arguments: [Delivery.durable, .volatile])
    func conversation(delivery: Delivery) throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        for (id, answer) in [("a", "1"), ("b", "2")] {
            let task = try #require(
                ask(id, in: "chat", from: client, delivery, content: "\"\(id)\"").only(.task))
            #expect(task.envelope.headers["session"] == "chat")
            #expect(show("chat", client)["state"] == "active")
            #expect(show("chat", client)["in_hand"]?.array?.first?["request"]?.string == id)
            stage.answer(task, content: answer)
            #expect(show("chat", client)["state"] == "completed")
        }
        let session = show("chat", client)
        let said = session["conversation"]?.array ?? []
        #expect(said.map { $0["query"] } == ["a", "b"])
        #expect(said.map { $0["answer"] } == [1, 2])
        #expect(said.map { $0["request"] } == ["a", "b"])
        #expect(session["requests"] == 2 && session["succeeded"] == 2)
    }

    @Test("S5-27 a session tells of its errors and times, and keeps what failed")
    func failed() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let task = try #require(ask("a", in: "chat", from: client).only(.task))
        stage.now = stage.now + .milliseconds(30)
        stage.answer(task, .fail, code: "failed")
        let session = show("chat", client)
        #expect(session["state"] == "failed" && session["failed"] == 1)
        #expect(session["took_ms"] == 30)
        let ended = session["ended"]?.array?.first
        #expect(ended?["code"] == "failed" && ended?["took_ms"] == 30)
    }

    @Test("S5-27 the stages of a request keep what each of them gave")
    func stages() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1", ["cost", "food"], capacity: 2)
        let first = stage.send(.pipeline, "p", from: client, to: "", .durable) {
            $0.headers = ["pipeline": "cost,food", "session": "chat"]
        }
        let next = stage.answer(try #require(first.only(.task)), content: "[1]").to(worker)
        stage.answer(try #require(next.only(.task)), .fail, code: "failed")
        let request = stage.ask(["question": "request", "id": "p"], client).answer
        #expect(request["state"] == "failed")
        #expect(request["steps"]?.array?.first?["result"] == [1])
        #expect(show("chat", client)["state"] == "failed")
    }

    @Test(
        "S5-26 an id is any name, and nothing else", arguments: ["", "a b", "../x", "A", "é", "*"])
    func names(id: String) {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        #expect(ask("a", in: id, from: client).first?.code == "invalid")
        #expect(stage.isIdle)
    }

    @Test("another tenant's session is not found, nor its conversation shared")
    func tenants() throws {
        let mine = stage.join("c", Identity(name: "m", role: .client, tenant: "mine"))
        let other = stage.join("d", Identity(name: "o", role: .client, tenant: "other"))
        _ = stage.worker("w.1")
        let task = try #require(ask("a", in: "chat", from: mine).only(.task))
        stage.answer(task, content: "1")
        let question: Value = ["question": "session", "id": "chat"]
        #expect(stage.ask(question, other).code == "not_found")
        #expect(show("chat", mine)["requests"] == 1)
        let named: Value = ["question": "session", "id": "chat", "tenant": "mine"]
        #expect(stage.ask(named, other).code == "not_found")
        let all: Value = ["question": "sessions"]
        #expect(stage.ask(all, other).answer["total"] == 0)
        #expect(stage.ask(all, mine).answer["total"] == 1)
        let ending: Value = ["question": "end_session", "id": "chat"]
        #expect(stage.ask(ending, other).code == "not_found")
    }

    @Test("S2-47 a worker has the session of its task, whoever's key it has, and keeps values")
    func tasks() throws {
        let client = stage.join("c", Identity(name: "m", role: .client, tenant: "mine"))
        let worker = stage.worker("w.1")
        let task = try #require(ask("a", in: "chat", from: client).only(.task))
        func asked(_ question: Value, dispatch: UInt64) -> Sent? {
            stage.request("q", from: worker, to: "baton", content: JSON.text(question)) {
                $0.dispatch = dispatch
            }.first
        }
        let dispatch = task.envelope.dispatch
        let kept = asked(["question": "remember", "key": "k", "value": [1]], dispatch: dispatch)
        #expect(kept?.type == .response)
        let told = asked(["question": "session"], dispatch: dispatch)
        #expect(try JSON.parse(told?.content ?? [])["values"]?["k"] == [1])
        #expect(asked(["question": "session", "id": "chat"], dispatch: 0)?.code == "not_found")
        #expect(asked(["question": "session"], dispatch: dispatch + 1)?.code == "invalid")
        let much: Value = .string(String(repeating: "x", count: 70_000))
        let refused = asked(
            ["question": "remember", "key": "much", "value": much], dispatch: dispatch)
        #expect(refused?.code == "too_large")
        _ = asked(["question": "remember", "key": "k", "value": nil], dispatch: dispatch)
        #expect(show("chat", client)["values"]?.object?.isEmpty == true)
    }

    @Test("S5-25 a session is opened with nothing asked, and ended by hand; then it begins anew")
    func byHand() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        #expect(
            stage.ask(["question": "open_session", "id": "chat"], client).answer["session"]
                == "chat")
        #expect(show("chat", client)["state"] == "created")
        let task = try #require(ask("a", in: "chat", from: client).only(.task))
        #expect(
            stage.ask(["question": "end_session", "id": "chat"], client).answer["state"]
                == "expired")
        stage.answer(task, content: "1")
        #expect(show("chat", client)["state"] == "expired")
        ask("b", in: "chat", from: client)
        let session = show("chat", client)
        #expect(session["state"] == "active" && session["requests"] == 1)
        #expect(session["conversation"]?.array?.isEmpty == true)
    }

    @Test("a request sent again, or refused, is nothing new to its session")
    func repeated() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let task = try #require(ask("a", in: "chat", from: client).only(.task))
        ask("a", in: "chat", from: client)
        stage.answer(task, content: "1")
        #expect(ask("a", in: "chat", from: client).types == [.accepted, .response])
        stage.request("b", from: client, to: "nobody", .durable) { $0.headers["session"] = "chat" }
        #expect(show("chat", client)["requests"] == 1)
    }

    @Test("G13 while nothing can be kept a request with a session is refused, volatile or not")
    func away() {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        stage.conductor.storeChanged(
            .away(reason: "gone"), at: stage.now, into: &stage.outbox)
        let error = ask("a", in: "chat", from: client, .volatile).first?.envelope.error
        #expect(error?.code == "unavailable" && error?.retryable == true)
    }

    @Test("what is taken up from another instance belongs to its session still")
    func takenUp() throws {
        let client = stage.join("c")
        let accepted = stage.send(.notification, "n", from: client, to: "cost", .durable) {
            $0.headers["session"] = "chat"
        }
        #expect(accepted.first?.code == "unavailable")
        let worker = stage.worker("w.1")
        let task = try #require(
            stage.send(.notification, "n", from: client, to: "cost", .durable) {
                $0.headers["session"] = "chat"
            }.only(.task))
        var input = Envelope(.request)
        input.headers["session"] = "chat"
        (input.receiver, input.messageID) = ("cost", "elsewhere")
        var kept = StoredRequest(key: RecordKey(tenant: "default", id: "elsewhere"))
        (kept.id, kept.tenant, kept.agent) = ("elsewhere", "default", "cost")
        kept.deadline = .max
        kept.input = StoredMessage(envelope: input.encoded(), content: ContentBytes([]))
        stage.conductor.replied(.claimed([kept]), at: stage.now, into: &stage.outbox)
        _ = stage.flush()
        let running = show("chat", client)["in_hand"]?.array?.compactMap { $0["request"]?.string }
        #expect(running?.sorted() == ["elsewhere", "n"])
        _ = stage.answer(task, content: "1").to(worker)
    }

    @Test(
        "E22 memory is a cache: what another instance wrote is seen, what is known not sent again")
    func cache() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        stage.answer(try #require(ask("a", in: "chat", from: client).only(.task)))
        func figures() -> Value? {
            stage.ask(["question": "stats"], client).answer["sessions"]
        }
        #expect(show("chat", client)["requests"] == 1)
        #expect(show("chat", client)["requests"] == 1)
        #expect(figures()?["cache_misses"] == 1 && figures()?["cache_hits"] == 1)
        // Somebody else uses the session: the store knows, this instance does not.
        let name = SessionCommand.Name(id: "chat", tenant: "default")
        _ = stage.store.perform(
            .session(9, .remember(name.key, name: "k", value: [49])),
            at: stage.conductor.storeTime(at: stage.now))
        #expect(show("chat", client)["values"]?["k"] == 1)
        #expect(figures()?["cache_misses"] == 2 && figures()?["cached"] == 1)
    }

    @Test("E22 the cache is bounded in number and bytes; what was used last stays")
    func bounded() {
        var cache = SessionCache(limit: 3, byteLimit: 1_000)
        func session(_ id: String, _ bytes: Int) -> StoredSession {
            var session = StoredSession(key: SessionKey(tenant: "t", id: id))
            session.bytes = bytes
            return session
        }
        for id in ["a", "b", "c"] { cache.keep(session(id, 100)) }
        #expect(cache.known(SessionKey(tenant: "t", id: "a")) != nil)
        cache.keep(session("d", 100))
        #expect(cache.count == 3 && cache.bytes == 300)
        #expect(cache.known(SessionKey(tenant: "t", id: "b")) == nil)
        cache.keep(session("e", 900))
        #expect(cache.bytes <= 1_000 && cache.known(SessionKey(tenant: "t", id: "e")) != nil)
        cache.keep(session("f", 2_000))
        #expect(cache.known(SessionKey(tenant: "t", id: "f")) == nil)
        cache.forget(SessionKey(tenant: "t", id: "e"))
        #expect(cache.bytes <= 300)
    }
}
