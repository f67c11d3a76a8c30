import Bus
import Document
import Reactor
import Synchronization
import Telemetry
import TestKit
import Testing
import Wire

@testable import Orchestration

/// What becomes of attempts that fail or take too long: retries, fallbacks, second copies, and
/// agents that are left alone.
@Suite struct AttemptTests {
    private let stage = Stage()
    private let client: PeerID

    init() {
        client = stage.join("c")
    }

    private func adopt(_ yaml: String) throws {
        stage.conductor.adopt(try Configuration(YAML.parse(Array(yaml.utf8), source: "test")))
    }

    /// The worker fails in a way that may pass.
    private func fail(
        _ task: Sent, after: UInt64 = 0, code: String = "odd", on stage: Stage? = nil
    ) -> [Sent] {
        (stage ?? self.stage).answer(task, .fail, code: code) {
            $0.error = WireError(
                code: code, message: "because", retryable: true, retryAfter: after)
        }
    }

    // MARK: - Retries

    @Test("S5-31 E4 what may be tried again is, three times, each after a wait, then it has failed")
    func retries() throws {
        try adopt("retries: {backoff: fixed, delay: 100ms}")
        let worker = stage.worker("w.1")
        var task = try #require(stage.request("a", from: client, .durable).only(.task))
        for attempt in 2...4 {
            #expect(fail(task).types == [.resultAck])
            #expect(stage.pass(.milliseconds(80), alive: [worker]).isEmpty)
            task = try #require(stage.pass(.milliseconds(40), alive: [worker]).only(.task))
            #expect(task.envelope.attempt == UInt32(attempt))
        }
        let sent = fail(task)
        #expect(sent.to(client).only(.error)?.code == "odd" && stage.isIdle)
    }

    @Test("G4 a failure that is final, or of an unsafe agent, is not tried again")
    func final() throws {
        _ = stage.worker("w.1", ["cost"])
        let task = try #require(stage.request("a", from: client).only(.task))
        #expect(stage.answer(task, .fail, code: "odd").only(.error)?.code == "odd")
        _ = stage.worker("w.2", ["pay"], effect: "unsafe")
        let other = try #require(stage.request("b", from: client, to: "pay").only(.task))
        #expect(fail(other).only(.error)?.code == "odd")
    }

    @Test("E24 a retry that would outlast the deadline is not begun, and a wish to wait is kept")
    func deadline() throws {
        let worker = stage.worker("w.1")
        let late = try #require(
            stage.request("a", from: client) { $0.budget = 1000 }.only(.task))
        #expect(fail(late, after: 2000).only(.error)?.code == "odd")
        let task = try #require(
            stage.request("b", from: client) { $0.budget = 5000 }.only(.task))
        #expect(fail(task, after: 2000).isEmpty)
        #expect(stage.pass(.milliseconds(1900), alive: [worker, client]).isEmpty)
        #expect(stage.pass(.seconds(1), alive: [worker, client]).only(.task) != nil)
    }

    @Test("retries have a budget, so that an outage does not become a storm")
    func budget() throws {
        try adopt("retries: {backoff: fixed, delay: 1ms}\nbreaker: {enabled: false}")
        _ = stage.worker("w.1", capacity: 100)
        var retried = 0
        for number in 0..<40 {
            let task = try #require(stage.request("r\(number)", from: client).only(.task))
            if fail(task).isEmpty { retried += 1 }
        }
        #expect(retried == 10)
    }

    @Test("a retry goes to another instance where there is one")
    func elsewhere() throws {
        try adopt("retries: {backoff: fixed, delay: 20ms}")
        let workers = (1...3).map { stage.worker("w.\($0)") }
        for number in 0..<6 {
            let task = try #require(stage.request("r\(number)", from: client).only(.task))
            _ = fail(task)
            let again = try #require(stage.pass(.milliseconds(40), alive: workers).only(.task))
            #expect(again.peer != task.peer)
            stage.answer(again)
        }
    }

    @Test("a step that rests can be cancelled, and nothing is left over")
    func cancelled() throws {
        _ = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client).only(.task))
        #expect(fail(task, after: 100).isEmpty)
        #expect(stage.cancel("a", from: client).only(.error)?.code == "cancelled")
        #expect(stage.isIdle)
    }

    @Test("G7 an attempt that takes longer than its agent is granted is stopped and made again")
    func timeout() throws {
        try adopt("agents: {cost: {timeout: 1s, retries: {backoff: fixed, delay: 10ms}}}")
        let workers = (1...2).map { stage.worker("w.\($0)") }
        let task = try #require(stage.request("a", from: client).only(.task))
        let sent = stage.pass(.milliseconds(1100), alive: workers)
        #expect(sent.to(task.peer).types == [.cancel])
        let again = try #require(sent.only(.task))
        #expect(again.peer != task.peer && again.envelope.attempt == 2)
        #expect(stage.answer(again, content: "1").only(.response) != nil)
        #expect(!stage.isIdle)
        stage.answer(task, content: "2")
        #expect(stage.isIdle)
    }

    @Test("S5-37 S5-58 retries and failures stand in the log with request, agent and reason")
    func logged() throws {
        let lines = Mutex<[String]>([])
        let log = Log(component: "test", level: .warning) { line in
            lines.withLock { $0.append(line) }
        }
        let stage = Stage(log: log)
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client).only(.task))
        _ = fail(task, on: stage)
        let again = try #require(
            stage.pass(.milliseconds(400), alive: [worker, client]).only(.task))
        stage.answer(again, .fail, code: "odd")
        stage.request("b", from: client)
        stage.cancel("b", from: client)
        let told = lines.withLock { $0 }
        #expect(told.count == 2)
        for (line, words) in zip(told, ["is made again", "a request failed"]) {
            #expect(line.contains(words) && line.contains("because"))
            #expect(line.contains(#""request":"a""#) && line.contains(#""agent":"cost""#))
        }
    }

    // MARK: - Fallbacks

    @Test("S5-32 an agent that failed for good is stood in for by the next one named")
    func fallback() throws {
        try adopt("agents: {cost: {fallback: [spare, last]}}")
        for name in ["cost", "spare", "last"] { _ = stage.worker("w.\(name)", [name]) }
        let task = try #require(stage.request("a", from: client).only(.task))
        let spare = try #require(stage.answer(task, .fail, code: "odd").only(.task))
        #expect(spare.envelope.receiver == "spare#spare" && spare.envelope.attempt == 2)
        let last = try #require(stage.answer(spare, .fail, code: "odd").only(.task))
        let answer = try #require(stage.answer(last).only(.response))
        #expect(answer.envelope.sender == "last#last")
    }

    @Test("a caller's own mistake is one everywhere: nobody stands in")
    func ownMistake() throws {
        try adopt("agents: {cost: {fallback: [spare]}}")
        for name in ["cost", "spare"] { _ = stage.worker("w.\(name)", [name]) }
        let task = try #require(stage.request("a", from: client).only(.task))
        #expect(stage.answer(task, .fail, code: "invalid").only(.error)?.code == "invalid")
    }

    @Test("an agent nobody serves is stood in for at once")
    func deserted() throws {
        try adopt("agents: {cost: {fallback: [spare]}}")
        _ = stage.worker("w.spare", ["spare"])
        #expect(stage.request("a", from: client).only(.task)?.envelope.receiver == "spare#spare")
    }

    // MARK: - Second copies

    /// Two instances of a pure agent that have answered often enough to be known, in 2 ms each.
    private func pureWorkers(_ count: Int = 2) throws -> [PeerID] {
        let workers = (1...count).map {
            stage.worker("w.\($0)", effect: "pure", capacity: 4)
        }
        for number in 0..<120 {
            let task = try #require(stage.request("warm\(number)", from: client).only(.task))
            stage.now = stage.now + .milliseconds(2)
            stage.answer(task)
        }
        return workers
    }

    @Test("a slow step of a pure agent is given to a second one, and the first answer counts")
    func hedge() throws {
        let workers = try pureWorkers()
        let task = try #require(stage.request("a", from: client).only(.task))
        let copy = try #require(stage.pass(.milliseconds(40), alive: workers).only(.task))
        #expect(copy.peer != task.peer && copy.envelope.attempt == 2)
        let sent = stage.answer(copy, content: "1")
        let told = stage.ask(["question": "explain", "id": "a"], client).answer
        let attempts = try #require(told["steps"]?[0]?["attempts"]?.array)
        #expect(attempts.map { $0["reason"]?.string } == ["first", "hedge"])
        #expect(attempts.map { $0["outcome"]?.string } == ["cancelled", "answered"])
        #expect(sent.to(client).only(.response)?.content == Array("1".utf8))
        #expect(sent.to(task.peer).types == [.cancel])
        #expect(stage.answer(task, content: "2").isEmpty && stage.isIdle)
    }

    @Test("when one copy fails or is lost the other one decides")
    func copyFails() throws {
        let workers = try pureWorkers()
        let task = try #require(stage.request("a", from: client).only(.task))
        let copy = try #require(stage.pass(.milliseconds(40), alive: workers).only(.task))
        #expect(stage.answer(copy, .fail, code: "odd").isEmpty)
        #expect(stage.answer(task, content: "1").only(.response) != nil && stage.isIdle)

        let next = try #require(stage.request("b", from: client).only(.task))
        let second = try #require(stage.pass(.milliseconds(60), alive: workers).only(.task))
        stage.left(next.peer)
        #expect(stage.pass(.milliseconds(200), alive: [second.peer]).isEmpty)
        #expect(stage.answer(second, content: "1").only(.response) != nil)
    }

    @Test("a copy that a worker has no room for is given up, the other one decides")
    func copyRefused() throws {
        let workers = try pureWorkers()
        let task = try #require(stage.request("a", from: client).only(.task))
        let copy = try #require(stage.pass(.milliseconds(40), alive: workers).only(.task))
        #expect(stage.answer(copy, .nack, code: "busy").isEmpty)
        #expect(stage.answer(task, content: "1").only(.response) != nil && stage.isIdle)
        #expect(stage.conductor.waiting == 0)
    }

    @Test("the copy that streams first is the one whose answer counts")
    func streaming() throws {
        let workers = try pureWorkers()
        let task = try #require(stage.request("a", from: client).only(.task))
        let copy = try #require(stage.pass(.milliseconds(40), alive: workers).only(.task))
        let sent = stage.answer(task, .partial) { $0.sequence = 1 }
        #expect(sent.to(client).types == [.partial] && sent.to(copy.peer).types == [.cancel])
        #expect(stage.answer(copy, content: "2").isEmpty)
        #expect(stage.answer(task, content: "1").only(.response) != nil && stage.isIdle)
    }

    @Test("a cancelled call is cancelled at both copies")
    func cancelsBoth() throws {
        let workers = try pureWorkers()
        let task = try #require(stage.request("a", from: client).only(.task))
        let copy = try #require(stage.pass(.milliseconds(40), alive: workers).only(.task))
        let sent = stage.cancel("a", from: client)
        #expect(sent.to(task.peer).types == [.cancel] && sent.to(copy.peer).types == [.cancel])
        stage.answer(task)
        stage.answer(copy)
        #expect(stage.isIdle)
    }

    @Test("what is not pure, and what is switched off, is never doubled")
    func notDoubled() throws {
        let workers = try pureWorkers()
        try adopt("hedging: {enabled: false}")
        _ = stage.request("a", from: client)
        #expect(stage.pass(.milliseconds(500), alive: workers).isEmpty)
    }

    // MARK: - Breakers

    private func open(_ agent: String = "cost", times: Int = 5) throws {
        for number in 0..<times {
            let task = try #require(
                stage.request("bad\(number)", from: client, to: agent).only(.task))
            stage.answer(task, .fail, code: "odd")
        }
    }

    @Test("S2-78 S5-36 an agent that fails five times is left alone, and one probe lets it return")
    func breaker() throws {
        let worker = stage.worker("w.1")
        try open()
        let refused = try #require(stage.request("a", from: client).only(.error))
        #expect(refused.code == "circuit_open")
        #expect(refused.envelope.error?.message.hasPrefix("Circuit breaker is OPEN") == true)
        let told = stage.ask(["question": "explain", "id": "a"], client).answer
        let attempt = try #require(told["steps"]?[0]?["attempts"]?[0])
        #expect(attempt["outcome"] == "refused" && attempt["code"] == "circuit_open")
        #expect(attempt["candidates"]?[0]?["breaker"] == "open")
        let after = try #require(refused.envelope.error?.retryAfter)
        #expect(after > 59_000 && after <= 60_001)
        stage.pass(.seconds(61), alive: [worker, client])
        let probe = try #require(stage.request("b", from: client).only(.task))
        #expect(stage.request("c", from: client).only(.error)?.code == "circuit_open")
        stage.answer(probe)
        #expect(stage.request("d", from: client).only(.task) != nil)
    }

    @Test("S5-36 S2-48 a breaker that opens or closes is told to the other orchestrators")
    func announces() throws {
        let worker = stage.worker("w.1")
        try open()
        let news = try #require(stage.announced.first { $0.envelope.receiver == "cost" })
        #expect(try JSON.parse(news.content)["state"] == "open")
        stage.pass(.seconds(61), alive: [worker, client])
        stage.answer(try #require(stage.request("b", from: client).only(.task)))
        let last = try #require(stage.announced.last { $0.envelope.receiver == "cost" })
        #expect(try JSON.parse(last.content)["state"] == "closed")
    }

    @Test("S2-48 what another orchestrator leaves alone is left alone here, for as long")
    func hears() throws {
        let worker = stage.worker("w.1")
        let other = stage.join("o2")
        _ = stage.say(Hello(role: .orchestrator, session: "s"), other)
        var envelope = Envelope(.breaker)
        envelope.receiver = "cost"
        stage.send(
            envelope, from: other, Array(#"{"state":"open","retry_after_ms":5000}"#.utf8))
        #expect(stage.request("a", from: client).only(.error)?.code == "circuit_open")
        stage.pass(.seconds(6), alive: [worker, client, other])
        #expect(stage.request("b", from: client).only(.task) != nil)
    }

    @Test("while an agent is left alone whoever stands in for it is asked at once")
    func brokenFallback() throws {
        try adopt("agents: {cost: {fallback: [spare]}}")
        for name in ["cost", "spare"] { _ = stage.worker("w.\(name)", [name], capacity: 9) }
        for number in 0..<5 {
            let task = try #require(stage.request("bad\(number)", from: client).only(.task))
            let spare = try #require(stage.answer(task, .fail, code: "odd").only(.task))
            stage.answer(spare)
        }
        #expect(stage.request("a", from: client).only(.task)?.envelope.receiver == "spare#spare")
    }

    @Test("one instance that fails is left alone, the others go on")
    func oneInstance() throws {
        try adopt("retries: {limit: 0}")
        let good = stage.worker("w.1", capacity: 9)
        let bad = stage.worker("w.2", capacity: 9)
        for number in 0..<30 {
            let task = try #require(stage.request("r\(number)", from: client).only(.task))
            if task.peer == bad {
                stage.answer(task, .fail, code: "odd")
            } else {
                stage.answer(task)
            }
        }
        for number in 0..<10 {
            let task = try #require(stage.request("s\(number)", from: client).only(.task))
            #expect(task.peer == good)
            stage.answer(task)
        }
    }

    // MARK: - Bulkheads

    @Test("no more tasks of an agent run at a time than it is granted, and no more wait")
    func bulkhead() throws {
        try adopt("agents: {cost: {concurrency: 2, queue: 1}}")
        _ = stage.worker("w.1", capacity: 9)
        let first = try #require(stage.request("a", from: client).only(.task))
        #expect(stage.request("b", from: client).only(.task) != nil)
        #expect(stage.request("c", from: client).isEmpty)
        #expect(stage.request("d", from: client).only(.error)?.code == "busy")
        #expect(stage.answer(first).only(.task)?.envelope.requestID == "c")
    }

    // MARK: - Explaining

    @Test("S2-14 why a request went where it went can be asked, with what was chosen from")
    func explain() throws {
        try adopt("retries: {backoff: fixed, delay: 20ms}")
        let workers = (1...2).map { stage.worker("w.\($0)") }
        let task = try #require(stage.request("a", from: client).only(.task))
        _ = fail(task)
        let again = try #require(stage.pass(.milliseconds(40), alive: workers).only(.task))
        stage.answer(again)
        let answer = stage.ask(["question": "explain", "id": "a"], client).answer
        let attempts = try #require(answer["steps"]?[0]?["attempts"]?.array)
        #expect(attempts.count == 2)
        #expect(attempts[0]["reason"] == "first" && attempts[1]["reason"] == "retry")
        #expect(attempts[0]["outcome"] == "failed" && attempts[0]["code"] == "odd")
        #expect(attempts[1]["outcome"] == "answered")
        let candidates = try #require(attempts[1]["candidates"]?.array)
        #expect(candidates.map { $0["verdict"]?.string } == ["chosen", "excluded"])
        #expect(candidates.allSatisfy { $0["breaker"] == "closed" && $0["score"] != nil })
        #expect(stage.ask(["question": "explain", "id": "b"], client).code == "not_found")
    }

    @Test("who waits because nobody has a place can be seen to wait, and for whom")
    func explainsWaiting() throws {
        _ = stage.worker("w.1")
        stage.request("a", from: client)
        stage.request("b", from: client)
        let answer = stage.ask(["question": "explain", "id": "b"], client).answer
        let attempt = try #require(answer["steps"]?[0]?["attempts"]?[0])
        #expect(attempt["reason"] == "waits" && attempt["outcome"] == "waited")
        #expect(attempt["candidates"]?[0]?["verdict"] == "full")
    }
}
