import Bus
import Document
import Flow
import Reactor
import Store
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// What a run was told is handed out to those who may know it, and another run goes on from the
/// middle of it without repeating what was answered.
@Suite struct RunForkTests {
    private let stage = Stage()
    private let client: PeerID
    private let worker: PeerID

    init() {
        client = stage.join("client")
        worker = stage.join("w1")
        DurableRunTests.hello(stage, worker)
    }

    /// A run of `first`, `rest`, `second` and `end` that has ended.
    private func finish() throws {
        let sent = stage.request("d1", from: client, to: "workflow/report", .durable)
        stage.answer(try #require(sent.first { $0.type == .task }), content: #"{"n": 5}"#)
        let later = stage.pass(.milliseconds(240), alive: [worker, client])
        stage.answer(try #require(later.first { $0.type == .task }), content: #"{"n": 7}"#)
    }

    private func receiver() throws -> String {
        let answer = stage.ask(["question": "fork", "id": "d1"], client).answer
        return try #require(answer["receiver"]?.string)
    }

    private func content(
        _ lines: Int, _ step: String, _ amendments: [Amendment] = []
    ) -> String {
        let fork = RunFork(
            origin: "d1", lines: lines, step: StepKey(step), amendments: amendments)
        return JSON.text([RunFork.member: fork.value, "input": [:]])
    }

    @discardableResult
    private func fork(_ content: String, _ id: String = "d2") throws -> [Sent] {
        stage.request(id, from: client, to: try receiver(), .durable, content: content) {
            $0.headers[RunFork.header] = "d1"
        }
    }

    @Test("a journal is handed out with its head, its text and who answered")
    func journal() throws {
        try finish()
        let head = stage.ask(["question": "journal", "id": "d1"], client).answer
        #expect(head["state"] == "succeeded" && head["lines"] == 3)
        #expect(head["text"]?.string == DurableRunTests.text)
        #expect(head["workflow"] == "default/report:1.0.0" && head["output"] == ["sum": 17])
        let page = stage.ask(["question": "journal", "id": "d1", "from": 0], client).answer
        #expect(
            page["lines"]?.array?.map { $0["k"]?.string } == [
                "/do/0/first", "/do/1/rest", "/do/2/second",
            ])
        #expect(page["lines"]?[0]?["w"]?.string?.hasPrefix("cost#") == true)
        let text = stage.ask(["question": "journal", "id": "d1", "want": "text"], client).answer
        #expect(text["text"]?.string == DurableRunTests.text)
        #expect(stage.ask(["question": "journal", "id": "nobody"], client).code == "not_found")
        #expect(
            stage.ask(["question": "journal", "id": "d1", "want": "secrets"], client).code
                == "invalid")
    }

    @Test("a journal is nobody's of another tenant, and volatile runs have none")
    func rights() throws {
        try finish()
        let stranger = Identity(name: "other", role: .client, tenant: "b")
        let other = stage.join("other", stranger)
        #expect(stage.ask(["question": "journal", "id": "d1"], other).code == "not_found")
        #expect(
            stage.ask(["question": "journal", "id": "d1", "from": 0], other).code == "not_found")
        #expect(stage.ask(["question": "fork", "id": "d1"], other).code == "not_found")
        let text: Value = ["question": "fork", "id": "d1", "text": .string(DurableRunTests.text)]
        #expect(stage.ask(text, other).code == "forbidden")
        stage.request("v1", from: client, to: "workflow/report")
        #expect(stage.ask(["question": "journal", "id": "v1"], client).code == "invalid")
    }

    @Test("a fork keeps what was answered, and asks only for what comes behind")
    func goesOn() throws {
        try finish()
        let sent = try fork(content(2, "/do/2/second", [Amendment(.input, ["n"], 40)]))
        let tasks = sent.filter { $0.type == .task }
        #expect(tasks.map(\.text) == [#"{"n":41}"#])
        let done = stage.answer(try #require(tasks.first), content: #"{"n": 1}"#)
        #expect(done.first { $0.type == .response }?.text == #"{"sum":11}"#)
        let shown = stage.ask(["question": "request", "id": "d2"], client).answer
        #expect(shown["origin"]?["request"] == "d1" && shown["input"] == [:])
        let head = stage.ask(["question": "journal", "id": "d2"], client).answer
        #expect(head["lines"] == 4 && head["input"] == [:])
    }

    @Test("whoever takes a fork over in the middle of its copying goes on with that")
    func takeover() throws {
        try finish()
        let name = try receiver()
        stage.storeIsSlow = true
        stage.request("d2", from: client, to: name, .durable, content: content(2, "/do/2/second")) {
            $0.headers[RunFork.header] = "d1"
        }
        // The request is accepted, and its first line kept; the other's lines are not.
        for _ in 0..<2 { _ = stage.releaseStore() }
        let other = Stage(name: "o2", epoch: 9)
        other.store = stage.store
        other.now = stage.now
        let peer = other.join("w2")
        DurableRunTests.hello(other, peer)
        let record = RecordKey(tenant: Identity.local.tenant, id: "d2")
        guard case .read(_, var kept?) = other.store.perform(.read(1, record, from: 1), at: 1)
        else { throw Fault(WireCode.invalid, "not there") }
        #expect(kept.journalLength == 1)
        kept.wasOwned = true
        other.conductor.replied(.claimed([kept]), at: other.now, into: &other.outbox)
        let later = other.flush() + other.pass(.milliseconds(800), alive: [peer])
        #expect(later.filter { $0.type == .task }.map(\.text) == [#"{"n":6}"#])
    }

    @Test("a fork of what is not there fails and says why; odd words do as well")
    func gone() throws {
        try finish()
        let many = try fork(content(9, "/do/2/second"))
        #expect(many.last { $0.type == .error }?.code == "gone")
        let odd = try fork(#"{"baton-fork": {"origin": 5}, "input": {}}"#, "d3")
        #expect(odd.last { $0.type == .error }?.code == "invalid")
        let none = try fork("{}", "d4")
        #expect(none.contains { $0.type == .task && $0.text == #"{"n":1}"# })
    }

    @Test("a fork of a fork has what was otherwise in that one, too")
    func twice() throws {
        try finish()
        let first = try fork(content(1, "/do/2/second", [Amendment(.output, [], ["n": 3])]))
        #expect(first.allSatisfy { $0.type != .task })
        let done = stage.pass(.milliseconds(240), alive: [worker, client])
        #expect(done.first { $0.type == .response }?.text == #"{"sum":13}"#)
        let fork = RunFork(
            origin: "d2", lines: 3, step: StepKey("/do/3/end"),
            amendments: [Amendment(.input, ["n"], 4)])
        let body = JSON.text([RunFork.member: fork.value, "input": [:]])
        let again = stage.request("d3", from: client, to: try receiver(), .durable, content: body) {
            $0.headers[RunFork.header] = "d2"
        }
        #expect(again.first { $0.type == .response }?.text == #"{"sum":14}"#)
    }
}
