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
