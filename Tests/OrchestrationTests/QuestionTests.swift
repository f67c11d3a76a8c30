import Bus
import Document
import Reactor
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// The reserved agent `baton`.
@Suite struct QuestionTests {
    let stage = Stage()

    @Test("every question has its answer")
    func answers() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1", ["cost", "sum"], capacity: 2)
        let task = try #require(stage.request("a", from: client).only(.task))
        stage.answer(task, .fail, code: "bad")
        stage.request("b", from: client)
        func ask(_ question: Value) -> Value { stage.ask(question, client).answer }
        #expect(ask(["question": "ping", "agent": "cost"])[0]?["instance"] == "cost#1")
        #expect(ask(["question": "instances"]).array?.count == 2)
        #expect(ask(["question": "instances", "limit": 1, "offset": 1])[0]?["agent"] == "sum")
        #expect(ask(["question": "instances", "limit": -1]).array?.count == 0)
        #expect(ask(["question": "instances"])[0]?["state"] == "ready")
        #expect(ask(["question": "agents"])[0]?["errors"]?.integer == 1)
        #expect(ask(["question": "agents", "agent": "nobody"]) == [])
        #expect(ask(["question": "info"])[1]?["name"] == "sum")
        #expect(ask(["question": "orchestrators"])["workers"]?.integer == 1)
        #expect(ask(["question": "requests"])[0]?["state"] == "running")
        #expect(ask(["question": "request", "id": "b"])["worker"] == "w.1")
        let stats = ask(["question": "stats"])
        #expect(stats["requests"]?["in_hand"]?.integer == 1)
        #expect(stats["agents"]?[0]?["last_error"] == "because")
    }

    @Test("S2-08 S2-09 S2-10 an instance is told with its health, its score and its figures")
    func instances() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1", ["cost"], capacity: 2)
        let row = stage.ask(["question": "instances"], client).answer[0]
        #expect(row?["health"] == "healthy" && row?["breaker"] == "closed" && row?["score"] == 1.0)
        #expect(row?["metrics"]?["requests_processed"] == 0)
        #expect(row?["metrics"]?["average_response_time"] == 0.0)
        #expect(row?["metrics"]?["success_rate"] == 1.0)
        #expect(row?["metrics"]?["last_health_check"]?.string?.hasSuffix("Z") == true)
        let task = try #require(stage.request("a", from: client).only(.task))
        stage.now = stage.now + .seconds(2)
        stage.answer(task)
        let later = stage.ask(["question": "instances"], client).answer[0]
        #expect(later?["metrics"]?["average_response_time"] == 2.0)
        #expect(later?["score"] == 0.94 && later?["requests"] == 1)
        let agent = stage.ask(["question": "agents"], client).answer[0]
        #expect(agent?["breaker"] == "closed" && agent?["health"] == "healthy")
        #expect(agent?["policy"]?["algorithm"] == "weighted_round_robin")
    }

    @Test("S2-71 S2-74 health has its two views")
    func health() {
        let client = stage.join("c")
        _ = stage.worker("w.1", ["cost", "sum"])
        let report = stage.ask(["question": "health"], client).answer
        #expect(report["orchestrator_status"] == "healthy")
        #expect(report["agent_health"]?["cost"]?["status"] == "healthy")
        #expect(report["external_dependencies"]?["store"]?["status"] == "healthy")
        let view = stage.ask(["question": "health", "view": "agents"], client).answer
        #expect(view["healthy_agents"] == ["cost", "sum"] && view["system_health"] == "healthy")
    }

    @Test("G12 what killed its workers is told as quarantined, to its own tenant and operators")
    func quarantine() {
        let red = stage.join("r", Identity(name: "r", role: .client, tenant: "red"))
        let blue = stage.join("b", Identity(name: "b", role: .client, tenant: "blue"))
        for worker in 0..<4 { _ = stage.worker("w.\(worker)") }
        var sent = stage.request("poison", from: red)
        while let task = sent.only(.task) {
            stage.left(task.peer)
            sent = stage.pass(.seconds(5), alive: [red, blue])
        }
        let rows = stage.ask(["question": "quarantine"], red).answer
        #expect(rows.array?.count == 1 && rows[0]?["request"] == "poison")
        #expect(rows[0]?["deaths"]?.integer == 3 && rows[0]?["agent"] == "cost")
        #expect(stage.ask(["question": "quarantine"], blue).answer == [])
        #expect(stage.ask(["question": "quarantine"], stage.join("o")).answer.array?.count == 1)
    }

    @Test("what is no question is refused, with the nearest word")
    func refusals() {
        let client = stage.join("c")
        #expect(stage.ask(["question": "stat"], client).code == "invalid")
        #expect(stage.ask([:], client).code == "invalid")
        #expect(stage.ask("x", client).code == "invalid")
        #expect(stage.request("q", from: client, to: "baton", content: "{")[0].code == "invalid")
        #expect(stage.ask(["question": "request", "id": "zz"], client).code == "not_found")
        let hint = stage.request("q", from: client, to: "baton", content: "{\"question\":\"stat\"}")
        #expect(hint[0].envelope.error?.message.contains("did you mean stats?") == true)
    }

    @Test("only an operator may shut down")
    func shutdown() {
        let client = stage.join("c", Identity(name: "c", role: .client))
        #expect(stage.ask(["question": "shutdown"], client).code == "forbidden")
        let peer = stage.join("boss", Identity(name: "boss", role: .operator))
        var envelope = Envelope(.request)
        envelope.messageID = "q"
        envelope.receiver = "baton"
        stage.deliver(envelope.encoded(), from: peer, JSON.write(["question": "shutdown"]))
        #expect(stage.shutdownAsked)
    }

    @Test("S2-12 agents can be found by what they say they can do")
    func capabilities() {
        let peer = stage.join("w.9")
        var hello = Hello(role: .worker, session: "s1")
        hello.agents = ["a", "b"].map { AgentDescription(name: $0) }
        hello.agents?[1].capabilities = ["forecast", "cost"]
        _ = stage.say(hello, peer)
        let found = stage.ask(["question": "agents", "capability": "cost"], peer).answer
        #expect(found.array?.map { $0["agent"]?.string } == ["b"])
        let none = stage.ask(["question": "agents", "capability": "cos"], peer).answer
        #expect(none.array?.isEmpty == true)
    }

    @Test("B32 requests of another tenant are not found, except by an operator")
    func tenants() {
        let red = stage.join("r", Identity(name: "r", role: .client, tenant: "red"))
        let blue = stage.join("b", Identity(name: "b", role: .client, tenant: "blue"))
        _ = stage.worker("w.1")
        stage.request("secret", from: red)
        #expect(stage.ask(["question": "requests"], blue).answer == [])
        #expect(stage.ask(["question": "request", "id": "secret"], blue).code == "not_found")
        #expect(stage.ask(["question": "request", "id": "secret"], red).answer["agent"] == "cost")
        #expect(stage.ask(["question": "requests"], stage.join("o")).answer.array?.count == 1)
    }

    @Test("an answer above the limit of a content is refused with what to ask instead")
    func tooLarge() {
        let client = stage.join("c")
        for worker in 0..<5 {
            let agents = (0..<1000).map { "a-name-that-is-rather-long-\(worker)-\($0)" }
            _ = stage.worker("w.\(worker)", agents)
        }
        #expect(stage.ask(["question": "instances"], client).code == "too_large")
        #expect(
            stage.ask(["question": "instances", "limit": 10], client).answer.array?.count == 10)
    }
}
