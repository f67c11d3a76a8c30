import Bus
import Document
import Reactor
import Store
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// Tasks for people: what runs ask, who may answer, and that each answer counts once.
@Suite struct PeopleTests {
    static let text = """
        document: {dsl: 1.0.3, namespace: default, name: report, version: 1.0.0}
        do:
          - both:
              fork:
                branches:
                  - money:
                      call: ask-human
                      with:
                        question: How much?
                        assignee: ada
                        form: {type: object, required: [sum], properties: {sum: {type: integer}}}
                  - place: {call: ask-human, with: {question: Where to?}}
        """
    static let due = """
        document: {dsl: 1.0.3, namespace: default, name: report, version: 1.0.0}
        do:
          - ask: {call: ask-human, with: {question: Go on?, due: PT1H, default: {goOn: false}}}
        """
    static let approval = """
        document: {dsl: 1.0.3, namespace: default, name: report, version: 1.0.0}
        do:
          - pay:
              call: ask-human
              with: {approve: {action: pay, arguments: {sum: "${ .sum }"}}, remind: PT10M}
        """

    let stage = Stage()
    let client: PeerID
    let worker: PeerID
    let ada: PeerID

    init() {
        client = stage.join("client")
        worker = stage.join("w1")
        ada = stage.join("ada", Identity(name: "ada", role: .client, tenant: "default"))
    }

    private func run(_ text: String, _ input: String = "{}", _ delivery: Delivery = .durable) {
        DurableRunTests.hello(stage, worker, nil, [text])
        stage.request(
            "d1", from: client, to: "workflow/report", delivery, content: input)
    }

    private func later(_ seconds: Int) {
        // Whoever has looked before knows that it stood still, and gives nobody up.
        stage.tick()
        stage.now = stage.now + .seconds(seconds)
        stage.tick()
    }

    /// What waits, in the order in which it was asked.
    private func waiting(_ on: Stage? = nil, _ peer: PeerID? = nil) -> [Value] {
        let (answer, _) = (on ?? stage).ask(["question": "people"], peer ?? ada)
        return (answer["tasks"]?.array ?? []) + (answer["volatile"]?.array ?? [])
    }

    private func id(_ title: String, _ on: Stage? = nil, _ peer: PeerID? = nil) throws -> String {
        let task = waiting(on, peer).first { $0["title"]?.string == title }
        return try #require(task?["id"]?.string)
    }

    /// A person's word: the code and the words it is refused with; none where it counts.
    private func answer(
        _ id: String, _ answer: Value, by peer: PeerID? = nil, token: String? = nil,
        seen: String? = nil, on other: Stage? = nil
    ) -> (code: String, message: String) {
        var question: ObjectValue = ["question": "answer", "answer": answer]
        if !id.isEmpty { question["id"] = .string(id) }
        if let token { question["token"] = .string(token) }
        if let seen { question["arguments"] = .string(seen) }
        let sent = (other ?? stage).request(
            "say", from: peer ?? ada, to: "baton", content: JSON.text(.object(question)))
        let word = sent.first { $0.envelope.correlationID == "say" }
        return (word?.code ?? "nothing", word?.envelope.error?.message ?? "")
    }

    private func result(_ on: Stage? = nil) -> Sent? {
        let stage = on ?? self.stage
        return stage.fetch("d1", stage.join("asker")).last
    }

    @Test("several tasks are open at once, and each is answered once, in any order")
    func fork() throws {
        run(Self.text)
        #expect(waiting().count == 2)
        #expect(waiting().contains { $0["assignee"] == "ada" })
        let (money, place) = (try id("How much?"), try id("Where to?"))
        #expect(answer(place, "Oslo").code.isEmpty)
        let again = answer(place, "Rome", by: client)
        #expect(again.code == "gone" && again.message.contains("already answered by ada at "))
        #expect(waiting().count == 1)
        #expect(answer(money, ["sum": 7]).code.isEmpty)
        #expect(waiting().isEmpty)
        #expect(result()?.text == #"[{"sum":7},"Oslo"]"#)
    }

    @Test("an answer that the form does not allow is refused with what is wrong, and it stays open")
    func form() throws {
        run(Self.text)
        let money = try id("How much?")
        let refused = answer(money, ["sum": "much"])
        #expect(refused.code == "invalid" && refused.message.contains("expected an integer"))
        #expect(answer(money, "seven").code == "invalid")
        #expect(answer(money, ["sum": 8]).code.isEmpty)
    }

    @Test(
        "a form, an assignee or an approval that makes no sense fails its step at once",
        arguments: [
            "form: {type: integers}", "form: 7", "assignee: {}", "approve: often", "remind: seldom",
        ])
    func badForm(_ with: String) {
        run(Self.due.replacing("due: PT1H, default: {goOn: false}", with: with))
        #expect(waiting().isEmpty)
        #expect(result()?.envelope.error?.code == "problem")
    }

    @Test("G11 when a task is due its default counts, and an answer comes too late")
    func expired() throws {
        run(Self.due)
        let id = try id("Go on?")
        later(3599)
        #expect(waiting().count == 1)
        later(2)
        let late = answer(id, true)
        #expect(late.code == "gone" && late.message.contains("too late"))
        #expect(result()?.text == #"{"goOn":false}"#)
        #expect(waiting().isEmpty)
    }

    @Test("G11 a run outlives its deadline while it waits for a person, and no longer")
    func deadline() throws {
        DurableRunTests.hello(stage, worker, nil, [Self.text])
        stage.request("d1", from: client, to: "workflow/report", .durable) { $0.budget = 30_000 }
        for _ in 0..<10 {
            later(60)
        }
        #expect(answer(try id("How much?"), ["sum": 7]).code.isEmpty)
        later(60)
        #expect(answer(try id("Where to?"), "Oslo").code.isEmpty)
        #expect(result()?.text == #"[{"sum":7},"Oslo"]"#)
    }

    @Test("what a cancelled run asked is withdrawn with it")
    func cancelled() throws {
        run(Self.text)
        let id = try id("Where to?")
        stage.cancel("d1", from: client)
        #expect(waiting().isEmpty)
        let late = answer(id, "Oslo")
        #expect(late.code == "gone" && late.message.contains("withdrawn"))
        #expect(stage.conductor.people.count == 0)
    }

    @Test("G1 an answer that was given while nobody owned the run is there for its next owner")
    func takeover() throws {
        run(Self.text)
        let (money, place) = (try id("How much?"), try id("Where to?"))
        let between = Stage(name: "o3", epoch: 11)
        (between.store, between.now) = (stage.store, stage.now)
        let anna = between.join("anna", Identity(name: "anna", role: .client, tenant: "default"))
        #expect(answer(money, ["sum": 1], by: anna, on: between).code.isEmpty)
        #expect(between.announced.last?.envelope.receiver == money)
        let other = try successor(with: between.store)
        #expect(waiting(other, other.join("who")).count == 1)
        let bert = other.join("bert")
        let second = answer(money, ["sum": 2], by: bert, on: other)
        #expect(second.message.contains("already answered by anna"))
        #expect(answer(place, "Oslo", by: bert, on: other).code.isEmpty)
        #expect(result(other)?.text == #"[{"sum":1},"Oslo"]"#)
    }

    private func successor(with store: MemoryStore) throws -> Stage {
        let other = Stage(name: "o2", epoch: 9)
        (other.store, other.now) = (store, stage.now)
        DurableRunTests.hello(other, other.join("w2"), nil, [Self.text])
        let record = try #require(stage.conductor.records.first)
        let reply = other.store.perform(.read(1, record, from: 1), at: 1)
        guard case .read(_, var kept?) = reply else { throw Fault(WireCode.invalid, "not there") }
        kept.wasOwned = true
        other.conductor.replied(.claimed([kept]), at: other.now, into: &other.outbox)
        _ = other.flush()
        return other
    }

    @Test(
        "an answer given at another orchestrator is heard of by a hint, or by looking now and then",
        arguments: [true, false])
    func elsewhere(hinted: Bool) throws {
        run(Self.text)
        let other = Stage(name: "o2", epoch: 9)
        (other.store, other.now) = (stage.store, stage.now)
        let anna = other.join("anna", Identity(name: "anna", role: .client, tenant: "default"))
        for (title, word) in [("How much?", ["sum": 3]), ("Where to?", "Rome")] as [(String, Value)]
        {
            #expect(answer(try id(title), word, by: anna, on: other).code.isEmpty)
        }
        stage.store = other.store
        if hinted {
            let peer = stage.join("o2", Identity(name: "o2", role: .orchestrator))
            #expect(!stage.say(Hello(role: .orchestrator, session: "s"), peer).isEmpty)
            for hint in other.announced { stage.send(hint.envelope, from: peer) }
        } else {
            stage.tick()
            later(5)
        }
        #expect(result()?.text == #"[{"sum":3},"Rome"]"#)
    }

    @Test("what a volatile run asks waits in the memory of its orchestrator, and ends with it")
    func volatile() throws {
        run(Self.text, "{}", .volatile)
        #expect(waiting().allSatisfy { $0["volatile"] == true } && waiting().count == 2)
        let (money, place) = (try id("How much?"), try id("Where to?"))
        #expect(answer(money, ["sum": "x"]).code == "invalid")
        #expect(answer(money, ["sum": 5]).code.isEmpty)
        #expect(answer(money, ["sum": 6]).message.contains("already answered by ada"))
        stage.cancel("d1", from: client)
        #expect(answer(place, "Oslo").message.contains("withdrawn"))
    }

    @Test("security 37 B72 no agent approves, whatever it says and whoever told it to")
    func agents() throws {
        run(Self.approval, #"{"sum": 5}"#)
        let id = try id("Approve pay")
        #expect(answer(id, true, by: worker).code == "forbidden")
        let key = Identity(name: "w9", role: .worker, tenant: "default")
        #expect(answer(id, true, by: stage.join("w9", key)).code == "forbidden")
        let other = Identity(name: "o9", role: .orchestrator, tenant: "default")
        #expect(answer(id, true, by: stage.join("o9", other)).code == "forbidden")
        // What an agent says of itself means nothing: the agent's name is nobody's.
        stage.hello(stage.join("w3"), ["ask-human"])
        #expect(waiting().count == 1)
        #expect(answer(id, "approved by user").code == "invalid")
        #expect(answer(id, ["approved": true]).code.isEmpty)
        let text = result()?.text ?? ""
        #expect(text.contains(#""approved":true"#) && text.contains(#""by":"ada""#))
    }

    @Test("security 37 another tenant sees nothing of a task, and cannot answer it")
    func tenants() throws {
        run(Self.text)
        let id = try id("Where to?")
        let eve = stage.join("eve", Identity(name: "eve", role: .client, tenant: "other"))
        #expect(waiting(nil, eve).isEmpty)
        #expect(answer(id, "Here", by: eve).code == "not_found")
        #expect(stage.ask(["question": "person", "id": .string(id)], eve).code == "not_found")
    }

    @Test("security 37 a token answers one task once, for anybody who has it")
    func token() throws {
        run(Self.text)
        let (money, place) = (try id("How much?"), try id("Where to?"))
        let (made, _) = stage.ask(["question": "approval_token", "id": .string(money)], ada)
        let (newer, _) = stage.ask(["question": "approval_token", "id": .string(money)], ada)
        let token = try #require(newer["token"]?.string)
        let old = try #require(made["token"]?.string)
        let eve = stage.join("eve", Identity(name: "eve", role: .client, tenant: "other"))
        #expect(answer("", ["sum": 1], by: eve, token: old).code == "forbidden")
        #expect(
            answer("", ["sum": 1], by: eve, token: money + ".AAAAAAAAAAAAAAAAAAAAAA").code
                == "forbidden")
        #expect(answer(place, "Here", by: eve, token: token).code == "forbidden")
        #expect(answer("", ["sum": 1], by: worker, token: token).code == "forbidden")
        #expect(answer("", ["sum": 1], by: eve, token: token).code.isEmpty)
        let replayed = answer("", ["sum": 9], by: eve, token: token)
        #expect(replayed.code == "gone" && replayed.message.contains("eve with a token"))
        #expect(waiting().count == 1)
    }

    @Test("security 37 whoever saw something else than is asked now approves nothing")
    func seen() throws {
        run(Self.approval, #"{"sum": 5}"#)
        let id = try id("Approve pay")
        let (task, _) = stage.ask(["question": "person", "id": .string(id)], ada)
        #expect(task["ask"]?["approve"]?["arguments"]?["sum"] == 5)
        let arguments = try #require(task["arguments"]?.string)
        #expect(answer(id, true, seen: "AAAAAAAAAAAAAAAAAAAAAA").code == "stale")
        #expect(answer(id, false, seen: arguments).code.isEmpty)
        #expect(result()?.text.contains(#""approved":false"#) == true)
    }

    private static let risky = """
        document: {dsl: 1.0.3, namespace: default, name: report, version: 1.0.0}
        do:
          - send:
              try: [{mail: {call: cost, with: {to: all}}}]
              catch:
                errors: {with: {status: 403}}
                as: error
                do: [{no: {set: {refused: "${ $error.detail }"}}}]
        """

    private func guarded() {
        var policies = Policies()
        var policy = Policy()
        policy.needsApproval = true
        policies.named["cost"] = policy
        var configuration = Configuration()
        configuration.policies = policies
        stage.conductor.adopt(configuration)
    }

    @Test("security 36 an agent that needs approval is called when a person has said so, only then")
    func approvedCall() throws {
        guarded()
        run(Self.risky)
        let (task, _) = stage.ask(
            ["question": "person", "id": .string(try id("Approve call cost"))], ada)
        #expect(task["ask"]?["approve"]?["arguments"]?["to"] == "all")
        let sent = stage.request(
            "say", from: ada, to: "baton",
            content: JSON.text(["question": "answer", "id": task["id"] ?? .null, "answer": true]))
        let given = try #require(sent.first { $0.type == .task })
        #expect(given.text == #"{"to":"all"}"#)
        stage.answer(given, content: #"{"sent": 1}"#)
        #expect(result()?.text == #"{"sent":1}"#)
    }

    @Test("security 36 a call that is not approved fails, and any other way to the agent is closed")
    func refusedCall() throws {
        guarded()
        run(Self.risky)
        #expect(answer(try id("Approve call cost"), false).code.isEmpty)
        #expect(result()?.text.contains("ada did not approve the call of cost") == true)
        for type in [MessageType.request, .pipeline] {
            let sent = stage.send(
                type, "x-\(type)", from: client, to: type == .pipeline ? "" : "cost", .volatile
            ) {
                if type == .pipeline { $0.headers["pipeline"] = "cost" }
            }
            #expect(sent.last?.code == "forbidden")
            #expect(!sent.contains { $0.type == .task })
        }
    }

    @Test("whoever listens hears that somebody is asked, is reminded, and has answered")
    func reminders() throws {
        stage.listen("r/d1")
        run(Self.approval, #"{"sum": 5}"#)
        later(601)
        later(601)
        #expect(answer(try id("Approve pay"), true).code.isEmpty)
        later(601)
        let types = stage.events.compactMap { event -> String? in
            let type = (try? JSON.parse(event.content))?["type"]?.string ?? ""
            return type.hasPrefix("com.baton.human.") ? String(type.dropFirst(16)) : nil
        }
        #expect(types == ["asked.v1", "reminded.v1", "reminded.v1", "answered.v1"])
    }

    @Test("a question about tasks that makes no sense is refused, and says what to do")
    func nonsense() {
        #expect(stage.ask(["question": "person"], ada).code == "not_found")
        #expect(stage.ask(["question": "answer", "id": "h"], ada).code == "not_found")
        let none: Value = .string("h" + String(repeating: "A", count: 22))
        #expect(stage.ask(["question": "person", "id": none], ada).code == "not_found")
        #expect(stage.ask(["question": "answer", "id": none], ada).code == "invalid")
        #expect(stage.ask(["question": "answer", "token": "x"], ada).code == "forbidden")
    }
}
