import Bus
import Document
import Reactor
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// What the tap does at its edges: many listeners, odd topics, the longest names, and spans of what
/// did not go as usual.
@Suite struct TapLimitTests {
    let stage = Stage()

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func spans() throws -> [Value] {
        try stage.events.filter { $0.topic.hasPrefix("t/") }.map { try JSON.parse($0.content) }
    }

    @Test("topics are bytes: two that look alike are two")
    func alike() {
        var tap = Tap()
        tap.subscribe(bytes("s/\u{e9}"))
        tap.subscribe(bytes("s/e\u{301}"))
        tap.unsubscribe(bytes("s/\u{e9}"))
        #expect(tap.wants("s/e\u{301}") && !tap.wants("s/\u{e9}"))
        tap.unsubscribe(bytes("s/e\u{301}"))
        #expect(!tap.isOn)
    }

    @Test("bytes that are no text come and go like others, and half a letter is a beginning")
    func noText() {
        var tap = Tap()
        let odd: [[UInt8]] = [[0x73, 0x2f, 0xc3], [0x73, 0x2f, 0xff], [0xfe], [0]]
        for topic in odd { tap.subscribe(topic) }
        #expect(tap.wants("s/\u{e9}") && !tap.wants("s/x"))
        for topic in odd.reversed() { tap.unsubscribe(topic) }
        #expect(!tap.isOn && !tap.wants("s/\u{e9}"))
    }

    @Test("the end of what never began takes no listener away")
    func strangers() {
        var tap = Tap(limit: 1)
        tap.subscribe(bytes("r/1"))
        tap.subscribe(bytes("r/2"))
        for _ in 0..<3 { tap.unsubscribe(bytes("r/never")) }
        #expect(tap.wants("r/2") == true)
        tap.unsubscribe(bytes("r/2"))
        #expect(!tap.wants("r/2") && tap.wants("r/1"))
    }

    @Test("a storm of subscriptions ends as it began, and is told of a few times a second")
    func storm() throws {
        stage.listen("n/")
        for number in 0..<20_000 { stage.listen("r/\(number)") }
        #expect(stage.events.count <= 20)
        stage.request("any", from: stage.join("c"), to: "nobody")
        #expect(stage.events.contains { $0.topic == "r/any" })
        for number in 0..<20_000 { stage.listen("r/\(number)", false) }
        stage.listen("n/", false)
        #expect(!stage.isTapped)
    }

    @Test("no tally is made for nobody")
    func noTally() {
        stage.listen("e/")
        stage.pass(.seconds(3))
        #expect(stage.events.isEmpty)
        stage.listen("n/")
        #expect(stage.events.map(\.topic) == ["n/"])
    }

    @Test("what is filled in never makes an envelope longer than readers take")
    func longest() throws {
        let long = String(repeating: "n", count: 64)
        let client = stage.join(long)
        _ = stage.worker("\(long).1", [long])
        stage.listen("e/")
        var room = 0
        for size in 2800..<3560 where size % 7 == 0 {
            stage.events = []
            let sent = stage.request("i\(size)", from: client, to: long) { envelope in
                for part in 0..<8 {
                    envelope.headers["h\(part)"] = String(repeating: "x", count: size / 16)
                }
                envelope.tracestate = String(repeating: "s", count: size / 2)
            }
            if let task = sent.only(.task) { stage.answer(task) }
            for event in stage.events {
                #expect(event.envelope.count <= WireLimits.envelope)
                #expect((try? Envelope(decoding: event.envelope)) != nil)
                room = max(room, event.envelope.count)
            }
        }
        #expect(room > WireLimits.envelope - 600)
        var result = Envelope(.result)
        result.requestID = "gone"
        result.tracestate = String(repeating: "s", count: 4040)
        stage.events = []
        stage.send(result, from: client)
        let event = try #require(stage.events.first)
        #expect(event.envelope.count <= WireLimits.envelope)
    }

    @Test("spans are told of a request whose caller left")
    func dropped() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        stage.listen("t/")
        stage.request("a", from: client)
        stage.left(client)
        stage.pass(.seconds(6), alive: [worker])
        #expect(try spans().map { $0["name"]?.string } == ["invoke_agent cost", "attempt cost#1"])
        #expect(try spans().first?["attributes"]?["baton.state"] == "dropped")
    }

    @Test("what the store knew already is not told a second time")
    func known() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        stage.listen("t/")
        stage.answer(try #require(stage.request("a", from: client, .durable).only(.task)))
        #expect(try spans().count == 2)
        #expect(stage.request("a", from: client, .durable).only(.response) != nil)
        #expect(try spans().count == 2)
    }

    @Test("the span of a number is the attempt that was made, not the one that was too busy for it")
    func busy() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        stage.listen("t/")
        let task = try #require(stage.request("a", from: client).only(.task))
        stage.answer(task, .nack, code: "busy")
        let again = try #require(
            stage.pass(.milliseconds(60), alive: [worker, client]).only(.task))
        stage.answer(again)
        let attempts = try spans().filter { $0["kind"] == "client" }
        #expect(
            attempts.map { $0["attributes"]?["baton.outcome"]?.string } == ["busy", "answered"])
        let given = try #require(TraceContext(traceparent: again.envelope.traceparent))
        #expect(attempts.last?["span"]?.string == given.spanID)
        #expect(attempts.first?["span"]?.string != given.spanID)
    }

    @Test("a span of a worker's is not looked at while nobody listens to spans")
    func unheard() {
        let worker = stage.worker("w.1")
        var envelope = Envelope(.span)
        envelope.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        #expect(stage.send(envelope, from: worker, bytes("no JSON")).isEmpty)
        #expect(stage.events.isEmpty)
    }

    @Test("X-03 a broadcast has a trace, its sender's or one of its own")
    func broadcasts() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let own = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        for (id, trace) in [("a", own), ("b", ""), ("c", "no trace")] {
            stage.request(id, from: client) {
                $0.type = .broadcast
                $0.traceparent = trace
            }
        }
        let told = stage.published.filter { $0.envelope.type == .broadcast }
            .map(\.envelope.traceparent)
        #expect(told.count == 3 && told[0] == own)
        #expect(told.allSatisfy { TraceContext(traceparent: $0) != nil })
        #expect(Set(told).count == 3)
    }

    @Test("a tap that comes and goes while requests run shows what passes while it is there")
    func comingAndGoing() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1", capacity: 9)
        var envelope = Envelope(.request)
        envelope.receiver = "cost"
        envelope.delivery = .volatile
        // Somebody comes between an arrival and the moment when all is sent, and leaves likewise.
        envelope.messageID = "a"
        stage.deliver(envelope.encoded(), from: client)
        stage.listen("e/")
        envelope.messageID = "b"
        stage.deliver(envelope.encoded(), from: client)
        let sent = stage.flush()
        #expect(sent.types == [.task, .task])
        #expect(stage.events.map(\.topic) == ["e/TASK", "e/REQUEST", "e/TASK"])
        stage.events = []
        for task in sent { stage.deliver(result(of: task).encoded(), from: task.peer) }
        stage.listen("e/", false)
        #expect(stage.flush().types == [.response, .response] && stage.events.isEmpty)
        stage.listen("e/")
        stage.request("c", from: client)
        #expect(stage.events.map(\.mark.number) == [4, 5])
    }

    private func result(of task: Sent) -> Envelope {
        var envelope = Envelope(.result)
        envelope.requestID = task.envelope.requestID
        envelope.step = 1
        envelope.attempt = 1
        envelope.dispatch = task.envelope.dispatch
        return envelope
    }
}
