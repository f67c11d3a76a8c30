import Bus
import Document
import Reactor
import Synchronization
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// What the log says of requests, and that every line names the one it is about.
@Suite struct ConductorLogTests {
    private let written = LogLines()
    private let stage: Stage
    private let client: PeerID
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let traceparent = "00-\(trace)-00f067aa0ba902b7-00"

    init() {
        let written = written
        stage = Stage(
            log: Log(component: "o1", level: .debug, write: { written.append($0) }))
        client = stage.join("c")
    }

    private func adopt(_ change: (inout Policies) -> Void) {
        var configuration = Configuration()
        change(&configuration.policies)
        stage.conductor.adopt(configuration)
    }

    private func ask(_ id: String, to agent: String = "cost") -> [Sent] {
        stage.request(id, from: client, to: agent) { $0.traceparent = Self.traceparent }
    }

    private func fail(_ task: Sent) -> [Sent] {
        stage.answer(task, .fail) {
            $0.error = WireError(code: "odd", message: "because", retryable: true)
        }
    }

    /// The lines of a message, each of which must name the request and its trace.
    private func lines(_ message: String, of id: String, _ level: String) throws -> [Value] {
        let lines = try written.values().filter { $0["message"]?.string == message }
        for line in lines {
            #expect(line["request"]?.string == id && line["trace"]?.string == Self.trace)
            #expect(line["level"]?.string == level)
        }
        return lines
    }

    @Test(
        "S5-56 every stage of a pipeline that begins is told, with request and trace",
        arguments: [Delivery.durable, .volatile])
    func stages(_ delivery: Delivery) throws {
        _ = stage.worker("w.1", ["a", "b"], capacity: 4)
        var sent = stage.send(.pipeline, "p", from: client, to: "", delivery) {
            $0.headers["pipeline"] = "a,b,a"
            $0.traceparent = Self.traceparent
        }
        for _ in 0..<3 { sent = stage.answer(try #require(sent.only(.task))) }
        let lines = try lines("a stage begins", of: "p", "info")
        #expect(lines.map { $0["stage"]?.integer } == [1, 2, 3])
        #expect(lines.map { $0["agent"]?.string } == ["a", "b", "a"])
        #expect(lines.allSatisfy { $0["of"] == 3 })
    }

    @Test("S5-57 debug tells who is given which task, and what is answered")
    func communication() throws {
        _ = stage.worker("w.1")
        let task = try #require(ask("a").only(.task))
        stage.now = stage.now + .milliseconds(7)
        stage.answer(task)
        let given = try #require(try lines("a task is given away", of: "a", "debug").first)
        #expect(given["agent"] == "cost" && given["to"] == "w.1" && given["why"] == "first")
        #expect(given["step"] == 1 && given["attempt"] == 1)
        let answered = try #require(try lines("a task is answered", of: "a", "debug").first)
        #expect(answered["agent"] == "cost" && answered["by"] == "w.1" && answered["code"] == "ok")
        #expect(answered["step"] == 1 && answered["attempt"] == 1 && answered["took_ms"] == 7)
    }

    @Test("S5-57 the usual level is silent about calls that go well")
    func usual() throws {
        let quiet = LogLines()
        let stage = Stage(log: Log(component: "o1", write: { quiet.append($0) }))
        _ = stage.worker("w.1")
        let before = quiet.all.count
        let client = stage.join("c")
        stage.answer(try #require(stage.request("a", from: client).only(.task)))
        #expect(quiet.all.count == before)
    }

    @Test("S5-58 an attempt that is made again, and another agent that takes over, are warnings")
    func retries() throws {
        adopt { policies in
            policies.common.retries.limit = 1
            policies.common.retries.backoff = .fixed
            policies.named["cost"] = policies.common
            policies.named["cost"]?.fallback = ["cheap"]
        }
        let workers = [stage.worker("w.1"), stage.worker("w.2", ["cheap"])]
        #expect(fail(try #require(ask("a").only(.task))).isEmpty)
        let again = try #require(stage.pass(.seconds(1), alive: workers).only(.task))
        let other = try #require(fail(again).only(.task))
        stage.answer(other)
        let retry = try #require(
            try lines("an attempt failed and is made again", of: "a", "warning").first)
        #expect(retry["agent"] == "cost" && retry["code"] == "odd" && retry["wait_ms"] == 100)
        #expect(retry["attempt"] == 1 && retry["reason"] == "because")
        let taken = try #require(try lines("another agent takes over", of: "a", "warning").first)
        #expect(taken["from"] == "cost" && taken["to"] == "cheap" && taken["code"] == "odd")
        #expect(try lines("a request failed", of: "a", "error").isEmpty)
    }

    @Test("S5-58 a breaker that opens is told with the request that did it, though that has ended")
    func breakers() throws {
        adopt { $0.common.breaker.failureThreshold = 1 }
        _ = stage.worker("w.1")
        _ = stage.answer(try #require(ask("a").only(.task)), .fail, code: "odd")
        #expect(stage.isIdle)
        let opened = try lines("a breaker opened", of: "a", "warning")
        #expect(!opened.isEmpty)
        #expect(opened.allSatisfy { ["cost", "cost#1"].contains($0["of"]?.string ?? "") })
        #expect(ask("b").only(.error)?.code == "circuit_open")
        let refused = try lines("a request was refused", of: "b", "warning")
        #expect(refused.first?["code"] == "circuit_open" && refused.first?["to"] == "cost")
    }

    @Test("S5-58 S5-59 a worker that is gone is a warning, a task that killed three is an error")
    func deaths() throws {
        let worker = stage.worker("w.1")
        #expect(ask("a").only(.task) != nil)
        for death in 1...3 {
            stage.hello(worker, session: "t\(death)")
            stage.now = stage.now + .seconds(3)
        }
        let lost = try lines("a worker is gone, and its task goes to another", of: "a", "warning")
        #expect(lost.map { $0["deaths"]?.integer } == [1, 2])
        let poison = try lines(
            "a task is given up: workers died while they ran it", of: "a", "error")
        #expect(poison.count == 1 && poison[0]["deaths"] == 3 && poison[0]["agent"] == "cost")
        #expect(try lines("a request failed", of: "a", "error").first?["code"] == "lost")
    }

    @Test("S5-58 one failure among several answers is a warning, not the request's end")
    func parts() throws {
        _ = stage.worker("w.1", ["a", "b"], capacity: 4)
        let sent = stage.send(.broadcast, "g", from: client, to: "", .volatile) {
            $0.headers["agents"] = "a,b"
            $0.traceparent = Self.traceparent
        }
        let tasks = sent.filter { $0.type == .task }
        try #require(tasks.count == 2)
        stage.answer(tasks[0])
        stage.answer(tasks[1], .fail, code: "odd")
        let parts = try lines("one of several answers is a failure", of: "g", "warning")
        #expect(parts.map { $0["agent"]?.string } == ["b"] && parts.first?["code"] == "odd")
        #expect(try lines("a request failed", of: "g", "error").isEmpty)
    }

    @Test("S5-59 a request that failed is an error; one that was cancelled is none")
    func failures() throws {
        _ = stage.worker("w.1", capacity: 2)
        _ = stage.answer(try #require(ask("a").only(.task)), .fail, code: "odd")
        let failed = try #require(try lines("a request failed", of: "a", "error").first)
        #expect(failed["agent"] == "cost" && failed["code"] == "odd")
        #expect(failed["reason"] == "because")
        #expect(ask("b").only(.task) != nil)
        stage.cancel("b", from: client)
        // Still only the first one's line.
        #expect(try lines("a request failed", of: "a", "error").count == 1)
    }

    @Test("S5-59 a misspelt agent is told with its request; questions about nothing are not")
    func refusals() throws {
        #expect(ask("a", to: "cots").only(.error) != nil)
        #expect(stage.ask(["question": "what"], client).code == "invalid")
        stage.cancel("never", from: client)
        let refused = try lines("a request was refused", of: "a", "warning")
        #expect(refused.count == 1 && refused[0]["peer"] == "c" && refused[0]["type"] == "REQUEST")
        #expect(try written.values().count { $0["message"] == "a request was refused" } == 1)
    }

    @Test("X-03 the trace of a request's lines is that of its messages, also where it has none")
    func traces() throws {
        _ = stage.worker("w.1")
        stage.listen("e/")
        let task = try #require(stage.request("a", from: client).only(.task))
        stage.answer(task, .fail, code: "odd")
        let trace = try #require(TraceContext(traceparent: task.envelope.traceparent)).traceID
        let lines = try written.values().filter { $0["request"]?.string == "a" }
        #expect(lines.count >= 3 && lines.allSatisfy { $0["trace"]?.string == trace })
        let told = try stage.events.dropFirst().map {
            try #require(TraceContext(traceparent: Envelope(decoding: $0.envelope).traceparent))
        }
        #expect(told.count == 3 && told.allSatisfy { $0.traceID == trace })
    }

    @Test("a storm of failures is cut, and its end says how many lines were left out")
    func storm() throws {
        _ = stage.worker("w.1")
        for number in 0..<50 {
            let sent = stage.request("r\(number)", from: client)
            if let task = sent.only(.task) { stage.answer(task, .fail, code: "invalid") }
        }
        let failed = try written.values().filter { $0["message"] == "a request failed" }
        #expect(failed.count == 20)
        stage.pass(.seconds(2), alive: [client])
        let left = try written.values().filter {
            $0["message"] == "lines were left out: there were too many"
        }
        #expect(left.count == 1 && left[0]["lines"] == 30)
    }

    @Test("whatever ids and reasons contain, a line is one JSON object")
    func hostile() throws {
        _ = stage.worker("w.1")
        let odd = "\"}\n{\u{0}\u{1b}[31m\u{2028}é\u{301}" + String(repeating: "€", count: 2000)
        let task = try #require(ask("a").only(.task))
        stage.answer(task, .fail) {
            $0.error = WireError(code: "odd\n\"", message: String(odd.prefix(300)))
        }
        stage.request(String(odd.prefix(100)), from: client)
        stage.request("z", from: client, to: String(odd.prefix(100)))
        let lines = try written.values()
        #expect(lines.contains { $0["message"] == "a request failed" })
        #expect(lines.contains { $0["message"] == "a request was refused" })
        #expect(written.all.allSatisfy { $0.hasSuffix("}\n") && !$0.dropLast().contains("\n") })
    }
}

/// Collects lines from a closure that may be called anywhere.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func append(_ line: String) { lines.withLock { $0.append(line) } }

    /// Each line as the object it must be.
    func values() throws -> [Value] { try all.map { try JSON.parse($0) } }
}
