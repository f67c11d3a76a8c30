import Bus
import Document
import Reactor
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// HELLO and what it is answered with.
@Suite struct RegistrationTests {
    let stage = Stage()

    private func hello(_ change: (inout Hello) -> Void) -> Hello {
        var hello = Hello(role: .worker, session: "s1")
        hello.agents = [AgentDescription(name: "cost")]
        change(&hello)
        return hello
    }

    @Test("WELCOME tells who answers, its limits, and the instance the worker is")
    func welcome() throws {
        let peer = stage.join("west.w7")
        let sent = stage.say(hello { _ in }, peer)
        let welcome = try JSON.decode(Welcome.self, from: sent[0].content)
        #expect(welcome.orchestrator == "o1" && welcome.cluster == "test" && welcome.epoch == "7")
        #expect(welcome.instance == "w7")
        #expect(welcome.limits.part == 65536 && welcome.liveness.dead == 4000)
        #expect(welcome.inflight == [])
    }

    @Test("a client needs no agents and gets no instance")
    func client() throws {
        let sent = stage.say(Hello(role: .client, session: "s"), stage.join("c"))
        let welcome = try JSON.decode(Welcome.self, from: sent[0].content)
        #expect(welcome.instance == nil && welcome.inflight == nil)
    }

    @Test("all that an agent says of itself is kept and shown")
    func description() throws {
        var agent = AgentDescription(name: "cost")
        agent.version = "2.1"
        agent.description = "adds up"
        agent.capabilities = ["sum"]
        agent.useCases = ["invoices"]
        agent.keywords = ["money"]
        agent.parameters = ["type": "object"]
        agent.effect = "unsafe"
        agent.blocking = true
        agent.progress = 50
        agent.cost = 1.5
        let peer = stage.join("w.1")
        _ = stage.say(hello { $0.agents = [agent] }, peer)
        let shown = stage.ask(["question": "info", "agent": "cost"], peer).answer[0]
        #expect(shown?["use_cases"] == ["invoices"])
        #expect(shown?["progress_ms"]?.integer == 50)
        #expect(shown?["parameters"] == ["type": "object"])
        #expect(stage.conductor.registry.agents[0].description == agent)
        #expect(stage.conductor.registry.agents[0].effect == .unsafe)
    }

    @Test(
        "B16 an agent's name is a plain one",
        arguments: ["", "../../x", "*", "a\nb", "A", "ü", "🙂", "a\0b", "\u{202e}abc", "a b"])
    func names(_ name: String) {
        let sent = stage.say(hello { $0.agents = [AgentDescription(name: name)] }, stage.join("w"))
        #expect(sent.types == [.error] && sent[0].code == "invalid")
        #expect(sent[0].envelope.correlationID == "hello")
        let long = hello { $0.agents = [AgentDescription(name: String(repeating: "a", count: 65))] }
        #expect(stage.say(long, stage.join("w"))[0].code == "invalid")
    }

    @Test("B15 capacity is 1 to the limit", arguments: [-1, 0, 65_537, 1_000_000_000])
    func capacity(_ capacity: Int) {
        #expect(stage.say(hello { $0.capacity = capacity }, stage.join("w"))[0].code == "range")
        #expect(stage.say(hello { $0.capacity = 65_536 }, stage.join("w")).types == [.welcome])
    }

    @Test("B15 more tasks in HELLO than the limit are refused, doubled ones harmless")
    func inflight() throws {
        var limits = Limits()
        limits.inflightListed = 100
        let stage = Stage(limits)
        let task = Hello.Inflight(request: "r", step: 1, attempt: 1, dispatch: 5, state: .running)
        let many = hello { $0.inflight = Array(repeating: task, count: 101) }
        #expect(stage.say(many, stage.join("w"))[0].code == "range")
        let peer = stage.worker("w.1")
        let client = stage.join("c")
        let sent = try #require(stage.request("r", from: client).only(.task))
        let own = Hello.Inflight(
            request: "r", step: 1, attempt: 1, dispatch: sent.envelope.dispatch, state: .running)
        #expect(stage.hello(peer, inflight: [own, own, task]).types == [.welcome])
        #expect(stage.answer(sent).types == [.response])
        #expect(stage.isIdle)
    }

    @Test("what a worker must not say is refused with its reason")
    func refusals() {
        let table: [(String, Hello)] = [
            ("invalid", hello { $0.agents = [] }),
            ("invalid", hello { $0.agents = nil }),
            ("invalid", hello { $0.agents?.append(AgentDescription(name: "cost")) }),
            ("forbidden", hello { $0.agents = [AgentDescription(name: "baton")] }),
            ("invalid", hello { $0.agents?[0].effect = "harmless" }),
            ("invalid", hello { $0.session = "" }),
            ("invalid", hello { $0.session = "A" }),
            ("invalid", hello { $0.instance = "a#b" }),
            (
                "invalid",
                hello { $0.agents = (0...1000).map { AgentDescription(name: "a\($0)") } }
            ),
        ]
        for (code, hello) in table {
            #expect(stage.say(hello, stage.join("w.1"))[0].code == code)
        }
        for text in ["", "[]", "{", "{\"role\":\"king\",\"session\":\"s\"}", "\u{feff}{}"] {
            let sent = stage.send(Envelope(.hello), from: stage.join("w"), Array(text.utf8))
            #expect(sent[0].code == "invalid")
        }
    }

    @Test("a key serves the agents of its patterns alone, and a client's none")
    func keys() {
        let table: [(Identity.Role, [String]?, Bool)] = [
            (.worker, nil, true), (.worker, ["cost"], true), (.worker, ["co*"], true),
            (.worker, ["*"], true), (.worker, ["cos"], false), (.worker, ["x", "y*"], false),
            (.worker, [], false), (.client, nil, false), (.orchestrator, nil, false),
            (.operator, nil, true),
        ]
        for (role, agents, isAllowed) in table {
            let peer = stage.join("w", Identity(name: "w", role: role, agents: agents))
            let sent = stage.say(hello { _ in }, peer)
            #expect(sent[0].code == (isAllowed ? "" : "forbidden"))
        }
    }

    @Test("agents beyond the limit are refused, known ones are not counted again")
    func agentLimit() {
        var limits = Limits()
        limits.agents = 2
        let stage = Stage(limits)
        _ = stage.worker("w.1", ["a", "b"])
        _ = stage.worker("w.2", ["a", "b"])
        #expect(stage.hello(stage.join("w.3"), ["c"])[0].code == "busy")
    }

    @Test("the same session may change what it serves, and not what it is")
    func sameSession() {
        let client = stage.join("c")
        let worker = stage.worker("w.1", ["a"])
        #expect(stage.request("1", from: client, to: "b")[0].code == "unavailable")
        #expect(stage.hello(worker, ["b"]).types == [.welcome])
        #expect(stage.request("2", from: client, to: "b").types == [.task])
        #expect(stage.conductor.registry.agents[0].instances.isEmpty)
        #expect(stage.say(Hello(role: .client, session: "s1"), worker)[0].code == "invalid")
    }

    @Test("whoever serves an agent that others wait for gets their requests with WELCOME")
    func waitedFor() {
        let client = stage.join("c")
        let first = stage.worker("w.1")
        stage.send(Envelope(.bye), from: first)
        #expect(stage.request("a", from: client).isEmpty)
        let sent = stage.hello(stage.join("w.2"))
        #expect(sent.types == [.welcome, .task])
    }

    @Test("a returning worker hears WELCOME before the tasks that it lost and is given again")
    func welcomeFirst() {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        #expect(stage.request("a", from: client).types == [.task])
        stage.left(worker)
        #expect(stage.hello(worker).types == [.welcome, .task])
    }
}
