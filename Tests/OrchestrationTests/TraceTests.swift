import Bus
import Document
import Reactor
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// What an orchestrator tells of a request as spans.
@Suite struct TraceTests {
    let stage = Stage()

    private func trace(_ id: String, _ peer: PeerID) -> Value {
        stage.ask(["question": "trace", "id": .string(id)], peer).answer
    }

    private func spans(_ id: String, _ peer: PeerID) -> [Span] {
        (trace(id, peer)["spans"]?.array ?? []).map { Span($0) }
    }

    /// A span as a test reads it; moments in milliseconds.
    struct Span: Equatable {
        let name: String
        let id: String
        let parent: String
        let start: Int
        let end: Int?
        let status: String
        let value: Value

        init(_ value: Value) {
            self.value = value
            name = value["name"]?.string ?? ""
            id = value["span"]?.string ?? ""
            parent = value["parent"]?.string ?? ""
            start = (value["start_ns"]?.integer ?? 0) / 1_000_000
            end = value["end_ns"]?.integer.map { $0 / 1_000_000 }
            status = value["status"]?.string ?? ""
        }

        var took: Int? { end.map { $0 - start } }

        subscript(attribute: String) -> String {
            value["attributes"]?[attribute].map { $0.string ?? JSON.text($0) } ?? ""
        }
    }

    @Test("X-03 a request that ended is told as itself and its attempts")
    func attempts() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client).only(.task))
        stage.now = stage.now + .milliseconds(12)
        stage.answer(task)
        let answer = trace("a", client)
        #expect(answer["state"] == "answered" && answer["pattern"] == "call")
        #expect(answer["trace"]?.string?.utf8.count == 32)
        let spans = spans("a", client)
        #expect(spans.map(\.name) == ["invoke_agent cost", "attempt cost#1"])
        #expect(spans.map(\.took) == [12, 12] && spans.map(\.status) == ["ok", "ok"])
        #expect(spans[1].parent == spans[0].id && spans[0].parent == "")
        #expect(spans[1]["baton.request"] == "a" && spans[1]["baton.outcome"] == "answered")
        #expect(spans[1]["baton.reason"] == "first" && spans[1]["baton.instance"] == "cost#1")
    }

    @Test("a wait in line is a span, and what has not ended has no end")
    func waits() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let first = try #require(stage.request("a", from: client).only(.task))
        stage.request("b", from: client)
        #expect(trace("b", client)["state"] == "waiting")
        #expect(spans("b", client).map(\.end) == [nil, nil])
        stage.now = stage.now + .milliseconds(30)
        let second = try #require(stage.answer(first).only(.task))
        #expect(spans("b", client).map(\.took) == [nil, 30, nil])
        stage.now = stage.now + .milliseconds(5)
        stage.answer(second)
        let spans = spans("b", client)
        #expect(spans.map(\.name) == ["invoke_agent cost", "wait cost", "attempt cost#1"])
        #expect(spans.map(\.took) == [35, 30, 5] && spans[1]["baton.wait"] == "line")
        #expect(Set(spans.map(\.id)).count == 3)
    }

    @Test("an attempt that is made again stands after its pause")
    func retries() throws {
        let client = stage.join("c")
        let workers = [stage.worker("w.1"), stage.worker("w.2")]
        for number in 0..<30 {
            let task = try #require(stage.request("ok\(number)", from: client).only(.task))
            stage.answer(task)
        }
        let task = try #require(stage.request("a", from: client).only(.task))
        stage.answer(task, .fail) {
            $0.error = WireError(code: "failed", message: "later", retryable: true)
        }
        #expect(spans("a", client).last?["baton.wait"] == "pause")
        #expect(spans("a", client).last?.end == nil)
        let again = try #require(stage.pass(.seconds(2), alive: workers + [client]).only(.task))
        stage.answer(again)
        let spans = spans("a", client)
        #expect(spans.map { $0["baton.reason"] } == ["", "first", "", "retry"])
        #expect(spans[1].status == "error" && spans[1]["baton.code"] == "failed")
        #expect(spans[2].start == spans[1].end && spans[2].end == spans[3].start)
    }

    @Test("what an agent asked for stands below the attempt that asked for it")
    func nested() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1", ["cost", "sum"], capacity: 2)
        let outer = try #require(stage.request("outer", from: client).only(.task))
        let inner = try #require(
            stage.request("inner", from: worker, to: "sum") {
                $0.dispatch = outer.envelope.dispatch
                $0.depth = 1
            }.only(.task))
        stage.answer(inner)
        stage.answer(outer)
        let spans = spans("outer", client)
        #expect(
            spans.map(\.name) == [
                "invoke_agent cost", "attempt cost#1", "invoke_agent sum", "attempt sum#1",
            ])
        #expect(spans[2].parent == spans[1].id && spans[3].parent == spans[2].id)
        #expect(self.spans("inner", client).count == 2)
    }

    @Test("a caller's trace goes on, and all of it can be asked for")
    func callersTrace() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        for id in ["a", "b"] {
            stage.request(id, from: client) { $0.traceparent = text }
        }
        _ = worker
        let spans = spans("a", client)
        #expect(spans.first?.parent == "00f067aa0ba902b7")
        let question: Value = [
            "question": "trace", "trace": .string(String(text.dropFirst(3).prefix(32))),
        ]
        let answer = stage.ask(question, client).answer
        let requests = (answer["spans"]?.array ?? []).map { Span($0)["baton.request"] }
        #expect(Set(requests) == ["a", "b"])
    }

    @Test("refusals, cancelled and dropped requests are told as such")
    func ends() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        stage.request("gone", from: client)
        stage.cancel("gone", from: client)
        #expect(trace("gone", client)["state"] == "cancelled")
        let other = stage.join("d")
        stage.request("left", from: other)
        stage.left(other)
        stage.pass(.seconds(6), alive: [client])
        #expect(trace("left", client)["state"] == "dropped")
        stage.conductor.drain()
        stage.request("late", from: client)
        let late = trace("late", client)
        #expect(late["state"] == "failed" && late["code"] == "busy")
    }

    @Test("what is not known is said so, and of others nothing is told")
    func unknown() throws {
        let red = stage.join("r", Identity(name: "r", role: .client, tenant: "red"))
        let blue = stage.join("b", Identity(name: "b", role: .client, tenant: "blue"))
        _ = stage.worker("w.1")
        stage.answer(try #require(stage.request("secret", from: red).only(.task)))
        #expect(spans("secret", red).count == 2 && spans("secret", stage.join("o")).count == 2)
        for question: Value in [
            ["question": "trace", "id": "secret"], ["question": "trace", "id": "zz"],
            ["question": "trace", "trace": "4bf92f3577b34da6a3ce929d0e0e4736"],
        ] {
            #expect(stage.ask(question, blue).code == "not_found")
        }
        #expect(stage.ask(["question": "trace"], blue).code == "invalid")
        #expect(stage.ask(["question": "trace", "id": 7], blue).code == "invalid")
    }

    @Test("the log forgets the oldest request first")
    func ring() {
        var log = RequestLog(limit: 3)
        var random = Dice(seed: 1)
        for number in 0..<5 {
            log.note(
                RequestRecord(
                    key: RequestKey(scope: 0, id: "\(number)"), agent: "cost", accepted: .zero,
                    trace: random.trace()))
        }
        #expect(log.records { _ in true }.map(\.key.id) == ["2", "3", "4"] && log.count == 3)
    }

    @Test("figures name what was tried again, failed, and how long the latest answers took")
    func figures() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        for number in 0..<25 {
            let task = try #require(stage.request("r\(number)", from: client).only(.task))
            stage.now = stage.now + .milliseconds(10)
            if number == 24 { stage.answer(task, .fail, code: "bad") } else { stage.answer(task) }
        }
        let stats = stage.ask(["question": "stats"], client).answer["requests"]
        #expect(stats?["failed"] == 1 && stats?["retried"] == 0 && stats?["hedged"] == 0)
        let agent = stage.ask(["question": "agents"], client).answer[0]?["latency"]
        let instance = stage.ask(["question": "instances"], client).answer[0]?["latency"]
        for latency in [agent, instance] {
            let half = latency?["p50_ms"]?.number ?? 0
            #expect(half >= 10 && half < 13 && latency?["average_ms"] == 10.0)
        }
    }
}
