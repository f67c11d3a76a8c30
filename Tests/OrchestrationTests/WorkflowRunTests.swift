import Bus
import Document
import Reactor
import Store
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// Workflows in hand: what runs ask of agents, of time and of each other, and what they come to.
@Suite struct WorkflowRunTests {
    let stage = Stage()
    let client: PeerID

    init() { client = stage.join("client") }

    /// A worker that brings workflows.
    @discardableResult
    func worker(
        _ name: String = "w1", _ agents: [String] = ["cost"], capacity: Int = 8,
        version: String? = nil, brings workflows: String...
    ) -> (peer: PeerID, sent: [Sent]) {
        let peer = stage.join(name)
        var hello = Hello(role: .worker, session: "s1")
        hello.capacity = capacity
        hello.agents = agents.map { name in
            var agent = AgentDescription(name: name)
            agent.version = version
            return agent
        }
        hello.workflows = workflows
        return (peer, stage.say(hello, peer))
    }

    static func flow(_ tasks: String, name: String = "report", version: String = "1.0.0") -> String
    {
        "document: {dsl: 1.0.3, namespace: default, name: \(name), version: \(version)}\n\(tasks)"
    }

    static let call = """
        do:
          - ask:
              call: cost:1.0.0@default
              with: {query: "${ .query }"}
          - shape:
              set: {answer: "${ .value }"}
        """

    @Test("a file that cannot be used is named to whoever asks for its workflow")
    func brokenFile() {
        let broken = WorkflowFolder.Broken(file: "flows/report.yaml", reason: "2:1: a tab")
        stage.conductor.adopt(
            WorkflowFolder.Contents(editions: [], faults: [broken]), at: stage.now,
            into: &stage.outbox)
        let message = run().first?.envelope.error?.message ?? ""
        #expect(message.contains("flows/report.yaml cannot be used: 2:1: a tab"), "\(message)")
    }

    func run(_ receiver: String = "workflow/report", _ input: String = #"{"query": "why"}"#)
        -> [Sent]
    {
        stage.request("r1", from: client, to: receiver, content: input)
    }

    func output(_ sent: [Sent]) -> Value {
        sent.last { $0.type == .response }.flatMap { try? JSON.parse($0.content) } ?? .null
    }

    func problem(_ sent: [Sent]) -> Value {
        let error = sent.last { $0.type == .error }?.envelope.error
        return error.flatMap { try? JSON.parse($0.details) } ?? .null
    }

    @Test("a workflow that a worker brings calls agents, and its output is the answer")
    func call() {
        worker(brings: Self.flow(Self.call))
        let tasks = run()
        #expect(tasks.map(\.type) == [.task])
        #expect(tasks.first?.envelope.receiver == "cost#w1")
        #expect(tasks.first?.text == #"{"query":"why"}"#)
        #expect(tasks.first?.envelope.delivery == .volatile)
        let sent = tasks.first.map { stage.answer($0, content: #"{"value": 42}"#) } ?? []
        #expect(output(sent) == ["answer": 42])
        #expect(sent.last?.envelope.sender == "workflow/report#o1")
        #expect(stage.isIdle)
    }

    @Test("a workflow that nobody brought is refused, with the one that was meant")
    func unknown() {
        worker(brings: Self.flow(Self.call))
        let sent = run("workflow/reprot")
        #expect(sent.first?.envelope.error?.message.contains("there is no workflow reprot") == true)
        #expect(sent.first?.envelope.error?.message.contains("report") == true)
        let version = run("workflow/report:9.9.9")
        #expect(version.first?.envelope.error?.message.contains("there is 1.0.0") == true)
        #expect(run("workflow/a/b/c").first?.code == "invalid")
    }

    @Test("B50 a worker whose workflow cannot be read is told every line that is wrong")
    func invalid() {
        let sent = worker(brings: Self.flow("do:\n  - a: {cal: x}\n  - b: {call: cost, wiht: {}}"))
            .sent
        #expect(sent.first?.type == .error)
        let message = sent.first?.envelope.error?.message ?? ""
        #expect(message.contains("workflow:3"))
        #expect(message.contains("workflow:4"))
    }

    @Test("what an agent fails with is a problem that a workflow can catch, or fails with")
    func failures() {
        worker(
            brings: Self.flow(Self.call),
            Self.flow(
                """
                do:
                  - careful:
                      try:
                        - ask: {call: cost}
                      catch:
                        errors: {with: {status: 500}}
                        as: error
                        do:
                          - shape: {set: {code: "${ $error.code }", where: "${ $error.instance }"}}
                """, name: "careful"))
        var tasks = run()
        var sent = tasks.first.map { stage.answer($0, .fail, code: "broken") } ?? []
        #expect(sent.last?.code == "problem")
        #expect(problem(sent)["status"] == 500)
        #expect(problem(sent)["code"] == "broken")
        #expect(problem(sent)["instance"] == "/do/0/ask")
        tasks = run("workflow/careful")
        sent = tasks.first.map { stage.answer($0, .fail, code: "broken") } ?? []
        #expect(output(sent) == ["code": "broken", "where": "/do/0/careful/try/0/ask"])
    }

    @Test("an agent that is not here is an error of communication")
    func missingAgent() {
        worker(brings: Self.flow("do:\n  - ask: {call: csot}"))
        let sent = run()
        #expect(problem(sent)["status"] == 503)
        #expect(problem(sent)["detail"]?.string?.contains("did you mean cost") == true)
    }

    @Test("a run waits, and goes on when its time has come")
    func waiting() {
        worker(
            brings: Self.flow("do:\n  - rest: {wait: {milliseconds: 500}}\n  - end: {set: {a: 1}}"))
        #expect(run().isEmpty)
        #expect(stage.pass(.milliseconds(480)).isEmpty)
        #expect(output(stage.pass(.milliseconds(60))) == ["a": 1])
    }

    @Test("branches of a fork run side by side, and a cancelled run takes its tasks with it")
    func fork() {
        let text = """
            do:
              - both:
                  fork:
                    branches:
                      - a: {call: cost}
                      - b: {call: cost}
            """
        worker(brings: Self.flow(text))
        let tasks = run()
        #expect(tasks.count == 2)
        let sent = stage.cancel("r1", from: client)
        #expect(sent.filter { $0.type == .cancel }.count == 2)
        #expect(sent.contains { $0.type == .error && $0.code == "cancelled" })
        for task in tasks { stage.answer(task, .fail, code: "cancelled") }
        #expect(stage.isIdle)
    }

    @Test("a step's own timeout ends its task and nothing else")
    func timeout() {
        let text = """
            do:
              - slow:
                  try:
                    - ask: {call: cost, timeout: {after: {milliseconds: 300}}}
                  catch:
                    do:
                      - late: {set: {late: true}}
            """
        let peer = worker(brings: Self.flow(text)).peer
        let tasks = run()
        #expect(tasks.first.map { $0.envelope.budget <= 300 } == true)
        let sent = stage.pass(.milliseconds(400), alive: [peer])
        #expect(sent.contains { $0.type == .cancel })
        #expect(output(sent) == ["late": true])
    }

    @Test("a workflow runs another one, and ends it when it ends itself")
    func nested() {
        let outer = """
            do:
              - inner:
                  run: {workflow: {namespace: default, name: report, version: latest}}
              - shape: {set: {inner: "${ .answer }"}}
            """
        worker(brings: Self.flow(Self.call), Self.flow(outer, name: "outer"))
        var tasks = run("workflow/outer")
        #expect(tasks.first?.text == #"{"query":"why"}"#)
        #expect(
            output(tasks.first.map { stage.answer($0, content: #"{"value": 1}"#) } ?? []) == [
                "inner": 1
            ])
        tasks = run("workflow/outer")
        let sent = stage.cancel("r1", from: client)
        #expect(sent.contains { $0.type == .cancel })
        for task in tasks { stage.answer(task, .fail, code: "cancelled") }
        #expect(stage.isIdle)
    }

    @Test("workflows that run each other without end are stopped")
    func endless() {
        let text =
            "do:\n  - again:\n      run: "
            + "{workflow: {namespace: default, name: report, version: latest}}"
        worker(brings: Self.flow(text))
        let sent = run()
        #expect(problem(sent)["detail"]?.string?.contains("8 deep") == true)
        #expect(stage.isIdle)
    }

    @Test("what one run emits another one hears, of the same tenant alone")
    func events() {
        let listener = """
            do:
              - hear: {listen: {to: {one: {with: {type: order.placed}}}}}
            """
        let speaker = """
            do:
              - say: {emit: {event: {with: {source: "urn:x", type: order.placed, data: {id: 7}}}}}
            """
        worker(brings: Self.flow(listener), Self.flow(speaker, name: "speaker"))
        #expect(run().isEmpty)
        let stranger = stage.join("stranger", Identity(name: "x", role: .client, tenant: "other"))
        stage.request("s1", from: stranger, to: "workflow/speaker")
        #expect(stage.ask(["question": "requests"], client).answer.array?.count == 1)
        let sent = stage.request("r2", from: client, to: "workflow/speaker")
        let heard = sent.first { $0.envelope.requestID == "r1" }
        #expect(heard.flatMap { try? JSON.parse($0.content) } == [["id": 7]])
    }

    @Test("what another orchestrator's run emitted is heard here; nobody else may say so")
    func elsewhere() {
        worker(brings: Self.flow("do:\n  - hear: {listen: {to: {any: []}}}"))
        #expect(run().isEmpty)
        var envelope = Envelope(.event)
        envelope.tenant = Identity.local.tenant
        let event = Array(#"{"type": "a", "data": 5}"#.utf8)
        #expect(stage.send(envelope, from: client, event).first?.code == "unsupported")
        let peer = stage.join("o2")
        _ = stage.say(Hello(role: .orchestrator, session: "s9"), peer)
        #expect(output(stage.send(envelope, from: peer, event)) == [5])
    }

    @Test("an event can come from outside; one without a type is refused")
    func outsideEvents() {
        worker(brings: Self.flow("do:\n  - hear: {listen: {to: {any: []}}}"))
        #expect(run().isEmpty)
        let bad = stage.ask(["question": "emit", "event": ["data": 1]], client)
        #expect(bad.code == "invalid")
        let sent = stage.request(
            "q", from: client, to: "baton",
            content: #"{"question": "emit", "event": {"type": "a", "data": {"x": 1}}}"#)
        #expect(output(sent.filter { $0.envelope.requestID == "r1" }) == [["x": 1]])
    }

    @Test("the highest version answers, a named one is that one, and runs keep theirs")
    func versions() {
        let first = Self.flow("do:\n  - a: {wait: {seconds: 1}}\n  - b: {set: {v: 1}}")
        worker(brings: first)
        #expect(run().isEmpty)
        let second = Self.flow("do:\n  - b: {set: {v: 2}}", version: "1.10.0")
        worker("w2", brings: second)
        #expect(output(stage.request("r2", from: client, to: "workflow/report")) == ["v": 2])
        stage.request("r3", from: client, to: "workflow/report:1.0.0")
        let rows = stage.ask(["question": "workflows"], client).answer
        #expect(rows[0]?["version"] == "1.10.0")
        #expect(rows[0]?["latest"] == true)
        #expect(rows[1]?["running"] == 2)
        let sent = stage.pass(.milliseconds(1100))
        #expect(sent.filter { $0.type == .response }.map(\.text) == [#"{"v":1}"#, #"{"v":1}"#])
        #expect(
            stage.ask(["question": "workflow", "name": "report"], client).answer["text"]?.string
                == second)
    }

    @Test("a call of an agent means the highest version of its major, or exactly one")
    func agentVersions() {
        func text(_ agent: String) -> String {
            Self.flow("do:\n  - ask: {call: '\(agent)'}", name: "n")
        }
        worker("w1", capacity: 8, version: "1.0.0", brings: text("cost:1.0.0@default"))
        worker("w2", capacity: 8, version: "1.2.0")
        worker("w3", capacity: 8, version: "2.0.0")
        for number in 0..<4 {
            let tasks = stage.request("a\(number)", from: client, to: "workflow/n")
            #expect(tasks.first?.envelope.receiver == "cost#w2")
        }
        worker("w4", ["other"], brings: text("cost:=1.0.0@default"))
        let pinned = stage.request("b", from: client, to: "workflow/n")
        #expect(pinned.first?.envelope.receiver == "cost#w1")
        worker("w5", ["other"], brings: text("cost:3.0.0@default"))
        #expect(stage.request("c", from: client, to: "workflow/n").isEmpty)
        let late = worker("w6", capacity: 8, version: "3.1.0").sent
        #expect(late.contains { $0.type == .task && $0.envelope.requestID == "c" })
    }

    @Test("S2-55 an answer that may be used again is not asked for twice")
    func cache() {
        let text = Self.flow(
            "do:\n  - ask:\n      call: cached-agent\n      "
                + "with: {name: cost, input: {q: 1}, ttl: PT1M}"
        )
        let peer = worker(brings: text).peer
        let tasks = run()
        #expect(
            output(tasks.first.map { stage.answer($0, content: #"{"a": 1}"#) } ?? []) == ["a": 1])
        #expect(output(run()) == ["a": 1])
        stage.pass(.seconds(61), alive: [peer, client])
        #expect(run().map(\.type).contains(.task))
    }

    @Test("a long run lets others go between its slices")
    func slices() {
        let text =
            "do:\n  - all:\n      for: {in: '${ [range(5000)] }'}\n      "
            + "do:\n        - one: {set: {n: 1}}"
        worker(brings: Self.flow(text))
        #expect(run().isEmpty)
        #expect(stage.conductor.nextLook == .zero)
        var sent: [Sent] = []
        for _ in 0..<20 { sent += stage.tick() }
        #expect(output(sent) == ["n": 1])
        #expect(stage.conductor.nextLook != .zero)
    }

    @Test("a run is suspended and resumed")
    func suspension() {
        worker(brings: Self.flow(Self.call))
        let tasks = run()
        let ask: (String) -> (answer: Value, code: String) = { word in
            stage.ask(["question": .string(word), "id": "r1"], client)
        }
        #expect(ask("suspend").answer["suspended"] == true)
        #expect(ask("suspend").code == "invalid")
        let held = tasks.first.map { stage.answer($0, content: #"{"value": 1}"#) } ?? []
        #expect(!held.contains { $0.type == .response })
        let sent = stage.request(
            "q", from: client, to: "baton", content: #"{"question": "resume", "id": "r1"}"#)
        #expect(sent.contains { $0.text == #"{"answer":1}"# })
    }

    @Test("a workflow can be started without waiting for it, and its result fetched later")
    func silent() {
        worker(brings: Self.flow(Self.call))
        let sent = stage.send(
            .notification, "n1", from: client, to: "workflow/report", .durable,
            content: #"{"query": "x"}"#)
        #expect(sent.contains { $0.type == .accepted })
        let task = sent.first { $0.type == .task }
        let after = task.map { stage.answer($0, content: #"{"value": 5}"#) } ?? []
        #expect(!after.contains { $0.type == .response })
        #expect(output(stage.fetch("n1", client)) == ["answer": 5])
    }

    @Test("S3-09 whoever takes a run over has the version it began with")
    func pinned() throws {
        worker(brings: Self.flow(Self.call))
        stage.request("d1", from: client, to: "workflow/report", .durable)
        let record = try #require(stage.conductor.records.first)
        let reply = stage.store.perform(.read(1, record, from: 1), at: 1)
        guard case .read(_, let kept) = reply else { return }
        let envelope = try Envelope(decoding: kept?.input?.envelope ?? [])
        #expect(envelope.receiver.hasPrefix("workflow/default/report:1.0.0@"))
        let again = stage.request("d1", from: client, to: "workflow/report", .durable)
        #expect(again.first?.type == .accepted)
    }

    @Test("a workflow has no deadline but its own; the caller's is kept")
    func deadline() {
        let peer = worker(brings: Self.flow("do:\n  - rest: {wait: {hours: 30}}")).peer
        #expect(run().isEmpty)
        stage.request("r2", from: client, to: "workflow/report") { $0.budget = 200 }
        let sent = stage.pass(.milliseconds(300), alive: [peer])
        #expect(sent.first { $0.code == "deadline" }?.envelope.requestID == "r2")
    }

    /// The events on the tap that are CloudEvents of this kind.
    private func told(_ type: String) -> [Value] {
        let events = stage.events.filter {
            (try? Envelope(decoding: $0.envelope))?.type == .event
        }
        return events.compactMap { try? JSON.parse($0.content) }.filter {
            $0["type"]?.string?.hasSuffix(type) == true
        }
    }

    @Test("listeners are told of each change, of what came out, and of emitted events")
    func story() {
        let text = """
            do:
              - never: {if: false, set: {a: 0}}
              - shape: {set: {a: 1}}
              - say: {emit: {event: {with: {source: "urn:x", type: order.placed}}}}
            """
        worker(brings: Self.flow(text))
        stage.listen("r/r1")
        _ = run()
        #expect(told("task.skipped.v1").map { $0["data"]?["task"] } == ["/do/0/never"])
        #expect(told("task.completed.v1").first?["data"]?["output"] == ["a": 1])
        #expect(told("order.placed").count == 1)
        #expect(told("workflow.completed.v1").count == 1)
    }

    @Test("a run that is cancelled from outside says which of its tasks were")
    func cancelled() {
        worker(brings: Self.flow("do:\n  - ask: {call: cost}"))
        stage.listen("r/r1")
        let tasks = run()
        stage.cancel("r1", from: client)
        #expect(told("task.cancelled.v1").map { $0["data"]?["task"] } == ["/do/0/ask"])
        #expect(told("workflow.cancelled.v1").count == 1)
        for task in tasks { stage.answer(task, .fail, code: "cancelled") }
        #expect(stage.isIdle)
    }

    @Test("a run sees the secrets that its workflow declares, and no others")
    func secrets() {
        stage.conductor.secrets = ["token": ["value": "s3cret"], "other": "hidden"]
        let head = "use: {secrets: [token]}\n"
        let body = "do:\n  - a: {input: {from: $secrets}, set: '${ . }'}"
        worker(brings: Self.flow(head + body))
        #expect(output(run()) == ["token": ["value": "s3cret"]])
        worker("w2", brings: Self.flow("use: {secrets: [lost]}\n" + body, name: "without"))
        #expect(problem(run("workflow/without"))["status"] == 403)
    }

    @Test("a text that is replaced is counted for as long as runs go on by it")
    func replaced() throws {
        let (first, _) = worker(brings: Self.flow(Self.call))
        let task = try #require(run().first { $0.type == .task })
        worker("w2", brings: Self.flow("do: [{a: {set: {new: true}}}]"))
        let rows = stage.ask(["question": "workflows"], client).answer.array ?? []
        #expect(rows.map { $0["running"] } == [0, 1])
        #expect(rows.map { $0["served"]?.bool } == [nil, false])
        #expect(output(stage.request("r2", from: client, to: "workflow/report")) == ["new": true])
        #expect(output(stage.answer(task, content: #"{"value": 5}"#)) == ["answer": 5])
        #expect(first == task.peer)
        #expect(stage.ask(["question": "workflows"], client).answer.array?.count == 1)
    }
}
