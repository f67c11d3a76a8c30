import Bus
import Document
import Flow
import Reactor
import Store
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// Durable runs of workflows: nothing comes of what is not kept, and whoever takes a run over goes
/// on where it was.
@Suite struct DurableRunTests {
    static let text = """
        document: {dsl: 1.0.3, namespace: default, name: report, version: 1.0.0}
        do:
          - first: {call: cost, with: {n: 1}}
          - rest: {wait: {milliseconds: 200}}
          - second: {call: cost, with: {n: "${ .n + 1 }"}}
          - end: {set: {sum: "${ .n + 10 }"}}
        """

    let stage = Stage()
    let client: PeerID
    let worker: PeerID

    init() {
        client = stage.join("client")
        worker = stage.join("w1")
        Self.hello(stage, worker)
    }

    @discardableResult
    static func hello(
        _ stage: Stage, _ peer: PeerID, _ effect: String? = nil, _ texts: [String] = [text]
    ) -> [Sent] {
        var hello = Hello(role: .worker, session: "s-\(peer)")
        hello.capacity = 8
        var agent = AgentDescription(name: "cost")
        agent.effect = effect
        hello.agents = [agent]
        hello.workflows = texts
        return stage.say(hello, peer)
    }

    func run(_ receiver: String = "workflow/report") -> [Sent] {
        stage.request("d1", from: client, to: receiver, .durable)
    }

    /// Another orchestrator, with the same store, that takes over what this one had.
    func successor(knowing texts: [String] = []) throws -> (stage: Stage, worker: PeerID) {
        let other = Stage(name: "o2", epoch: 9)
        other.store = stage.store
        other.now = stage.now
        let peer = other.join("w2")
        Self.hello(other, peer, nil, texts)
        let record = try #require(stage.conductor.records.first)
        let reply = other.store.perform(.read(1, record, from: 1), at: 1)
        guard case .read(_, let kept?) = reply else { throw Fault(WireCode.invalid, "not there") }
        var taken = kept
        taken.wasOwned = true
        other.conductor.replied(.claimed([taken]), at: other.now, into: &other.outbox)
        return (other, peer)
    }

    @Test("G3 a result is kept before anything comes of it, and only then acknowledged")
    func order() throws {
        let task = try #require(run().first { $0.type == .task })
        stage.storeIsSlow = true
        #expect(stage.answer(task, content: #"{"n": 5}"#).isEmpty)
        #expect(stage.held.count == 1)
        stage.storeIsSlow = false
        #expect(stage.releaseStore().contains { $0.type == .resultAck })
        let next = stage.pass(.milliseconds(240), alive: [worker, client])
        #expect(next.first { $0.type == .task }?.text == #"{"n":6}"#)
    }

    @Test("G1 whoever takes a run over goes on where it was, with the text it began with")
    func takeover() throws {
        let task = try #require(run().first { $0.type == .task })
        stage.answer(task, content: #"{"n": 5}"#)
        let (other, peer) = try successor()
        var sent = other.flush()
        #expect(!sent.contains { $0.type == .task })
        sent = other.pass(.milliseconds(800), alive: [peer])
        let tasks = sent.filter { $0.type == .task }
        #expect(tasks.map(\.text) == [#"{"n":6}"#])
        let again = try #require(tasks.first)
        other.answer(again, content: #"{"n": 7}"#)
        let asker = other.join("asker")
        let result = other.fetch("d1", asker).last
        #expect(result?.text == #"{"sum":17}"#)
    }

    @Test("G2 a call that nobody has answered is given away again, under a higher attempt")
    func openCall() throws {
        #expect(run().contains { $0.type == .task })
        let (other, peer) = try successor(knowing: [Self.text])
        let sent = other.flush() + other.pass(.milliseconds(800), alive: [peer])
        let task = try #require(sent.first { $0.type == .task })
        #expect(task.envelope.attempt == 2)
        #expect(task.text == #"{"n":1}"#)
    }

    @Test("G4 an effect that must not be repeated is not, whoever owns the run")
    func unsafe() throws {
        let fresh = Stage()
        let (client, worker) = (fresh.join("client"), fresh.join("w1"))
        Self.hello(fresh, worker, "unsafe")
        let sent = fresh.request("d1", from: client, to: "workflow/report", .durable)
        let task = try #require(sent.first { $0.type == .task })
        #expect(fresh.answer(task, .accept).contains { $0.type == .go })
        let other = Stage(name: "o2", epoch: 9)
        other.store = fresh.store
        other.now = fresh.now
        let peer = other.join("w2")
        Self.hello(other, peer, "unsafe")
        let record = try #require(fresh.conductor.records.first)
        guard case .read(_, let kept?) = other.store.perform(.read(1, record, from: 1), at: 1)
        else { return }
        var taken = kept
        taken.wasOwned = true
        other.conductor.replied(.claimed([taken]), at: other.now, into: &other.outbox)
        let later = other.flush() + other.pass(.seconds(6), alive: [peer])
        #expect(!later.contains { $0.type == .task })
        let asker = other.join("asker")
        let result = other.fetch("d1", asker).last?.envelope.error
        #expect(result?.code == "problem")
        #expect(result?.message.contains("not repeated") == true)
    }

    @Test("a large value is kept once, however often it comes")
    func bodies() throws {
        let large = "\"" + String(repeating: "x", count: 6000) + "\""
        let entry = Journal.answered("/do/0/a", large)
        let (bytes, body) = entry.written
        #expect(bytes.count < 200)
        let digest = try #require(body?.digest)
        let again = try JournalLine(bytes, [digest: body?.bytes ?? []])
        #expect(again.written.bytes == bytes)
        #expect(throws: Fault.self) { try JournalLine(bytes, [:]) }
    }
}

/// Lines as tests write them.
private enum Journal {
    static func answered(_ key: String, _ json: String) -> JournalLine {
        let value = (try? JSON.parse(Array(json.utf8))) ?? .null
        return .told(
            Flow.Journal.Entry(
                .answered(StepKey(key), value), at: Moment(milliseconds: 5), steps: nil))
    }
}
