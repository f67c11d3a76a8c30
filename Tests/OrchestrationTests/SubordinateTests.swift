import Bus
import Document
import Reactor
import Store
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// Workflows that durable runs have run: requests of their own, which whoever goes on with the run
/// comes back to.
@Suite struct SubordinateTests {
    private static let texts = [
        """
        document: {dsl: 1.0.3, namespace: default, name: whole, version: 1.0.0}
        do:
          - part: {run: {workflow: {namespace: default, name: part, version: 1.0.0, input: {n: 4}}}}
          - end: {set: {got: "${ .n }"}}
        """,
        """
        document: {dsl: 1.0.3, namespace: default, name: part, version: 1.0.0}
        do:
          - ask: {call: cost, with: {n: "${ .n }"}}
        """,
        """
        document: {dsl: 1.0.3, namespace: default, name: start, version: 1.0.0}
        do:
          - part:
              run:
                workflow: {namespace: default, name: part, version: 1.0.0, input: {n: 4}}
                await: false
          - end: {set: {got: true}}
        """,
    ]

    private let stage = Stage()
    private let client: PeerID
    private let worker: PeerID

    init() {
        client = stage.join("client")
        worker = stage.join("w1")
        DurableRunTests.hello(stage, worker, nil, Self.texts)
    }

    private func other() -> (stage: Stage, worker: PeerID) {
        let other = Stage(name: "o2", epoch: 9)
        other.store = stage.store
        other.now = stage.now
        let peer = other.join("w2")
        DurableRunTests.hello(other, peer, nil, Self.texts)
        return (other, peer)
    }

    /// Has another orchestrator take over some of what this one had.
    private func take(_ other: Stage, _ isWanted: (StoredRequest) -> Bool) -> [Sent] {
        var taken: [StoredRequest] = []
        for record in stage.conductor.records {
            guard case .read(_, var kept?) = other.store.perform(.read(1, record, from: 1), at: 1),
                isWanted(kept)
            else { continue }
            kept.wasOwned = true
            taken.append(kept)
        }
        other.conductor.replied(.claimed(taken), at: other.now, into: &other.outbox)
        return other.flush()
    }

    @Test("a workflow that a durable run waits for is a durable request of its own")
    func durable() throws {
        let sent = stage.request("d1", from: client, to: "workflow/whole", .durable)
        let task = try #require(sent.first { $0.type == .task })
        #expect(stage.conductor.records.count == 2)
        let answers = stage.answer(task, content: #"{"n": 5}"#)
        #expect(answers.to(client).last?.text == #"{"got":5}"#)
        #expect(stage.conductor.records.isEmpty)
    }

    @Test("G2 both are taken over by one, in any order: the child is run once", arguments: [1, 4])
    func both(first: Int) throws {
        _ = stage.request("d1", from: client, to: "workflow/whole", .durable)
        let (other, peer) = other()
        var sent = take(other) { ($0.id.count > 4) == (first > 3) }
        sent += other.flush()
        sent += take(other) { ($0.id.count > 4) != (first > 3) }
        sent += other.pass(.milliseconds(900), alive: [peer])
        let tasks = sent.filter { $0.type == .task }
        #expect(tasks.map(\.text) == [#"{"n":4}"#])
        other.answer(try #require(tasks.first), content: #"{"n": 7}"#)
        let asker = other.join("asker")
        #expect(other.fetch("d1", asker).last?.text == #"{"got":7}"#)
    }

    @Test("G2 the child runs elsewhere: its parent's next owner waits for what the store says")
    func apart() throws {
        let sent = stage.request("d1", from: client, to: "workflow/whole", .durable)
        let task = try #require(sent.first { $0.type == .task })
        let (other, peer) = other()
        other.storeIsSlow = true
        _ = take(other) { $0.id == "d1" }
        // The store of a stage knows one owner alone.
        for case .accept(let token, _) in other.held {
            let reply = StateReply.accepted(token, .known(.running))
            other.conductor.replied(reply, at: other.now, into: &other.outbox)
        }
        other.held.removeAll { if case .accept = $0 { true } else { false } }
        other.storeIsSlow = false
        _ = other.releaseStore() + other.flush()
        #expect(other.conductor.records.count == 1)
        #expect(!other.pass(.milliseconds(900), alive: [peer]).contains { $0.type == .task })
        let child = stage.conductor.records.filter {
            $0 != RecordKey(tenant: Identity.local.tenant, id: "d1")
        }
        stage.conductor.reclaimed(child, at: stage.now, into: &stage.outbox)
        stage.answer(task, content: #"{"n": 8}"#)
        other.store = stage.store
        _ = other.pass(.seconds(6), alive: [peer])
        let asker = other.join("asker")
        #expect(other.fetch("d1", asker).last?.text == #"{"got":8}"#)
    }

    @Test("one that nobody waits for is kept before its run goes on, and outlives it")
    func alone() throws {
        stage.storeIsSlow = true
        _ = stage.request("d1", from: client, to: "workflow/start", .durable)
        var sent: [Sent] = []
        while !stage.held.isEmpty { sent += stage.releaseStore() }
        stage.storeIsSlow = false
        sent += stage.flush()
        #expect(sent.to(client).last?.text == #"{"got":true}"#)
        let task = try #require(sent.first { $0.type == .task })
        #expect(stage.conductor.records.count == 1)
        stage.answer(task, content: "1")
        #expect(stage.conductor.records.isEmpty)
    }

    @Test("a cancelled run takes what it waits for with it")
    func cancelled() throws {
        _ = stage.request("d1", from: client, to: "workflow/whole", .durable)
        let sent = stage.cancel("d1", from: client)
        #expect(sent.contains { $0.type == .cancel && $0.peer == worker })
        #expect(stage.conductor.records.isEmpty)
    }
}
