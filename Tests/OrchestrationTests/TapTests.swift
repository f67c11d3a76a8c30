import Document
import Reactor
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// What listeners are shown of what passes, and what they are told they lost.
@Suite struct TapTests {
    let stage = Stage()

    @Test("while nobody listens nothing is noted")
    func off() {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        stage.request("a", from: client)
        #expect(stage.events.isEmpty && stage.outbox.notes.isEmpty)
        #expect(!stage.isTapped)
        stage.listen("e/")
        stage.listen("e/", false)
        stage.events = []
        stage.request("b", from: client)
        #expect(stage.events.isEmpty && !stage.isTapped)
    }

    @Test("a call is four messages, numbered without a gap, each with both its ends")
    func call() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        stage.listen("e/")
        let task = try #require(stage.request("a", from: client).only(.task))
        stage.answer(task, content: "7")
        let lines = try stage.events.map { try $0.line() }
        #expect(
            lines == [
                "e/REQUEST in c > cost a", "e/TASK out c > cost#1 a",
                "e/RESULT in cost#1 > o1 a", "e/RESPONSE out cost#1 > c a",
            ])
        #expect(stage.events.map(\.mark.number) == [1, 2, 3, 4])
        let traces = Set(try stage.events.map { try $0.decoded().traceparent })
        #expect(traces.count == 1 && TraceContext(traceparent: traces.first ?? "") != nil)
        #expect(stage.events.last?.content == Array("7".utf8))
    }

    @Test("messages that leave stand behind the one they answer")
    func order() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1", capacity: 2)
        stage.listen("e/")
        for id in ["a", "b"] {
            var envelope = Envelope(.request)
            envelope.messageID = id
            envelope.receiver = "cost"
            envelope.delivery = .volatile
            stage.deliver(envelope.encoded(), from: client, [])
        }
        _ = stage.flush()
        let lines = try stage.events.map { try $0.line() }
        #expect(
            lines == [
                "e/REQUEST in c > cost a", "e/TASK out c > cost#1 a",
                "e/REQUEST in c > cost b", "e/TASK out c > cost#1 b",
            ])
    }

    @Test(
        "a topic brings what belongs to it, and nothing else",
        arguments: [
            ("r/a", ["REQUEST", "TASK", "RESULT", "RESPONSE"]), ("r/b", []), ("r/abc", []),
            ("a/cost", ["REQUEST", "TASK", "RESULT", "RESPONSE"]), ("a/other", []),
            ("s/chat", ["REQUEST", "TASK", "RESULT", "RESPONSE"]), ("s/quiet", []),
            ("e/TASK", ["TASK"]), ("t/", ["SPAN", "SPAN"]),
        ])
    func topics(_ topic: String, _ expected: [String]) throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        stage.listen(topic)
        let sent = stage.request("a", from: client) { $0.headers["session"] = "chat" }
        stage.answer(try #require(sent.only(.task)))
        #expect(try stage.events.map { try $0.decoded().type.name } == expected)
    }

    @Test("what agents ask of each other lies below the request it began with")
    func below() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1", ["cost", "sub"], capacity: 4)
        stage.listen("r/top")
        let task = try #require(stage.request("top", from: client).only(.task))
        let sub = stage.request("child", from: worker, to: "sub") {
            $0.dispatch = task.envelope.dispatch
        }
        let deeper = stage.request("leaf", from: worker, to: "sub") {
            $0.dispatch = sub[0].envelope.dispatch
        }
        stage.answer(try #require(deeper.only(.task)))
        #expect(
            try stage.events.map { try $0.line() } == [
                "r/top in c > cost top", "r/top out c > cost#1 top",
                "r/top/child in cost#1 > sub child", "r/top/child out w.1 > sub#1 child",
                "r/top/leaf in sub#1 > sub leaf", "r/top/leaf out w.1 > sub#1 leaf",
                "r/top/leaf in sub#1 > o1 leaf", "r/top/leaf out sub#1 > sub#1 leaf",
            ])
        stage.listen("r/top", false)
        stage.listen("r/leaf2")
        stage.request("leaf2", from: worker, to: "sub") {
            $0.dispatch = sub[0].envelope.dispatch
        }
        #expect(stage.events.suffix(2).map(\.topic) == ["r/leaf2", "r/leaf2"])
    }

    @Test("a request is known by what it is also to those who come while it runs")
    func late() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let sent = stage.request("a", from: client) { $0.headers["session"] = "chat" }
        stage.listen("s/chat")
        stage.answer(try #require(sent.only(.task)))
        #expect(
            try stage.events.map { try $0.line() } == [
                "s/chat in cost#1 > o1 a", "s/chat out cost#1 > c a",
            ])
    }

    @Test("tallies say what should have arrived, at once and then every second")
    func tallies() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1", capacity: 9)
        stage.listen("n/")
        stage.listen("e/TASK")
        for id in ["a", "b", "c"] { stage.request(id, from: client) }
        stage.events = []
        stage.pass(.seconds(2))
        let tallies = try stage.events.filter { $0.topic == "n/" }.map { try $0.value() }
        #expect(tallies.count == 2)
        let last = try #require(tallies.last)
        #expect(last["orchestrator"]?.string == "o1" && last["number"]?.integer ?? 0 >= 6)
        let counts = last["subscriptions"]?.array ?? []
        #expect(counts.map { $0["topic"]?.string } == ["n/", "e/TASK"])
        #expect(counts.last?["published"]?.integer == 3)
    }

    @Test("beyond the limit of subscriptions everything is published, and below it no longer")
    func manySubscriptions() {
        var tap = Tap(limit: 2)
        for topic in ["r/1", "r/2", "r/3"] { tap.subscribe(Array(topic.utf8)) }
        #expect(tap.wants("a/any") && tap.wantsSpans)
        tap.unsubscribe(Array("r/3".utf8))
        #expect(!tap.wants("a/any") && tap.wants("r/1") && !tap.wantsSpans && tap.isOn)
        for topic in ["r/1", "r/2", "r/2", "r/never"] { tap.unsubscribe(Array(topic.utf8)) }
        #expect(!tap.isOn && !tap.wants("r/1"))
    }

    @Test(
        "whoever listens to a beginning of a kind listens to the kind",
        arguments: [("", true), ("t", true), ("t/", true), ("t/00", true), ("e/", false)])
    func spans(_ topic: String, _ wanted: Bool) {
        var tap = Tap()
        tap.subscribe(Array(topic.utf8))
        #expect(tap.wantsSpans == wanted)
    }

    @Test("spans say what was done for a request, and what its workers ask for belongs below")
    func spanTree() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1", ["cost", "sub"], capacity: 4)
        stage.listen("t/")
        let caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
        let task = try #require(
            stage.request("a", from: client) { $0.traceparent = caller }.only(.task))
        let attempt = try #require(TraceContext(traceparent: task.envelope.traceparent))
        #expect(attempt.isSampled && attempt.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
        let below = stage.request("b", from: worker, to: "sub") {
            $0.dispatch = task.envelope.dispatch
            $0.traceparent = attempt.child(call: 1).description
        }
        stage.answer(try #require(below.only(.task)))
        stage.answer(task, .fail, code: "invalid")
        let spans = try stage.events.filter { $0.topic == "t/\(attempt.traceID)" }
            .map { try $0.value() }
        #expect(
            spans.map { $0["name"]?.string } == [
                "invoke_agent sub", "attempt sub#1", "invoke_agent cost", "attempt cost#1",
            ])
        #expect(spans.map { $0["status"]?.string } == ["ok", "ok", "error", "error"])
        let ids = spans.map { $0["span"]?.string }
        #expect(ids[3] == attempt.spanID)
        #expect(
            spans.map { $0["parent"]?.string } == [
                ids[3], ids[0], "00f067aa0ba902b7", ids[2],
            ])
        #expect(stage.events.map(\.mark.number) == [1, 2, 3, 4])
    }

    @Test(
        "a span of a worker's goes to those who listen, and must be what it says",
        arguments: [
            (#"{"trace":"4bf92f3577b34da6a3ce929d0e0e4736","span":"00f067aa0ba902b7"}"#, true),
            (#"{"trace":"4bf92f3577b34da6a3ce929d0e0e4736","span":"00f067aa0ba902b8"}"#, false),
            ("[]", false), ("{", false), ("", false),
        ])
    func ownSpans(_ content: String, _ isGood: Bool) throws {
        let worker = stage.worker("w.1")
        var envelope = Envelope(.span)
        envelope.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        stage.listen("t/")
        let sent = stage.send(envelope, from: worker, Array(content.utf8))
        #expect(stage.events.count == (isGood ? 1 : 0))
        #expect(sent.map(\.type) == (isGood ? [] : [.error]))
        let client = stage.join("c")
        #expect(stage.send(envelope, from: client, Array(content.utf8)).first?.code == "hello")
    }

    @Test("X-03 every request has a trace of its own, and keeps its caller's")
    func traces() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1", capacity: 9)
        let own = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let known = stage.request("a", from: client) { $0.traceparent = own }
        #expect(known.only(.task)?.envelope.traceparent == own)
        let made = try ["b", "c"].map { id in
            let task = try #require(stage.request(id, from: client).only(.task))
            return try #require(TraceContext(traceparent: task.envelope.traceparent))
        }
        #expect(made[0].traceID != made[1].traceID && !made[0].isSampled)
    }
}

extension TapEvent {
    fileprivate func decoded() throws -> Envelope { try Envelope(decoding: envelope) }

    fileprivate func value() throws -> Value { try JSON.parse(content) }

    /// Topic, way, ends and request.
    fileprivate func line() throws -> String {
        let envelope = try decoded()
        let way = mark.flags.contains(.left) ? "out" : "in"
        let id = envelope.requestID.isEmpty ? envelope.messageID : envelope.requestID
        return "\(topic) \(way) \(envelope.sender) > \(envelope.receiver) \(id)"
    }
}
