import Bus
import Document
import Flow
import Reactor
import Store
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// Events that outlive whoever listened to them: runs with a journal read the log of their tenant,
/// and whoever takes one over goes on where it was.
@Suite struct DurableEventTests {
    private static func flow(_ name: String, _ tasks: String) -> String {
        """
        document: {dsl: 1.0.3, namespace: default, name: \(name), version: 1.0.0}
        \(tasks)
        """
    }

    private static let pair = flow(
        "pair",
        """
        do:
          - hear:
              listen:
                to:
                  all:
                    - with: {type: asked}
                      correlate: {order: {from: .data.id}}
                    - with: {type: paid}
                      correlate: {order: {from: .data.id}}
        """)
    private static let each = flow(
        "each", "do:\n  - hear: {listen: {to: {any: [], until: '${ length == 3 }'}}}")
    private static let speaker = flow(
        "speaker",
        """
        do:
          - say: {emit: {event: {with: {source: "urn:x", type: asked, data: {id: 7}}}}}
        """)
    private static let echo = flow(
        "echo",
        """
        do:
          - say: {emit: {event: {with: {type: asked, data: {id: 1}}}}}
          - hear: {listen: {to: {any: []}}}
        """)
    private static let texts = [pair, each, speaker, echo]

    let stage = Stage()
    let client: PeerID

    init() {
        client = stage.join("client")
        DurableRunTests.hello(stage, stage.join("w1"), nil, Self.texts)
    }

    private func run(_ name: String, _ id: String = "d1") -> [Sent] {
        stage.request(id, from: client, to: "workflow/\(name)", .durable)
    }

    @discardableResult
    private static func emit(
        _ stage: Stage, _ type: String, _ data: String, id: String? = nil
    ) -> [Sent] {
        let peer = stage.join("p\(stage.now.nanoseconds)")
        let name = id.map { #", "source": "s", "id": "\#($0)""# } ?? ""
        return stage.request(
            "q", from: peer, to: "baton",
            content:
                #"{"question": "emit", "event": {"type": "\#(type)", "data": \#(data)\#(name)}}"#)
    }

    /// Another orchestrator with the same store, which has taken nothing over yet.
    private func other() -> Stage {
        let other = Stage(name: "o2", epoch: 9)
        other.store = stage.store
        other.now = stage.now
        DurableRunTests.hello(other, other.join("w2"), nil, Self.texts)
        return other
    }

    private func takeOver(_ other: Stage) throws -> [Sent] {
        let record = try #require(stage.conductor.records.first)
        guard case .read(_, var kept?) = other.store.perform(.read(1, record, from: 1), at: 1)
        else { throw Fault(WireCode.invalid, "not there") }
        kept.wasOwned = true
        other.conductor.replied(.claimed([kept]), at: other.now, into: &other.outbox)
        return other.flush()
    }

    private func result(_ stage: Stage) -> String? {
        stage.fetch("d1", stage.join("asker")).last?.text
    }

    @Test("G1 what came while nobody had the run is told to its next owner, once and in order")
    func missed() throws {
        #expect(!run("each").contains { $0.type == .response })
        Self.emit(stage, "a", "1")
        let other = other()
        Self.emit(other, "b", "2")
        Self.emit(other, "c", "3")
        _ = try takeOver(other)
        #expect(result(other) == "[1,2,3]")
    }

    @Test("G1 a listen that correlates goes on across a takeover")
    func correlation() throws {
        _ = run("pair")
        Self.emit(stage, "asked", #"{"id": 7}"#)
        let other = other()
        Self.emit(other, "paid", #"{"id": 8}"#)
        _ = try takeOver(other)
        #expect(result(other) != #"[{"id":7},{"id":7}]"#)
        Self.emit(other, "paid", #"{"id": 7}"#)
        #expect(result(other) == #"[{"id":7},{"id":7}]"#)
    }

    @Test("G3 an emitted event is kept before the run goes on, and published once")
    func emitted() throws {
        stage.storeIsSlow = true
        _ = run("speaker")
        _ = stage.releaseStore()
        _ = stage.releaseStore()
        let publications = stage.held.count {
            if case .event(_, .publish) = $0 { true } else { false }
        }
        #expect(publications <= 1)
        stage.storeIsSlow = false
        _ = stage.releaseStore()
        let first = stage.store.perform(
            .event(1, .read(tenant: Identity.local.tenant, after: .start)), at: 1)
        guard case .event(_, .page(let page)) = first else {
            Issue.record("no page")
            return
        }
        #expect(page.entries.count == 1)
        #expect(stage.announced.count { $0.envelope.type == .event } == 1)
        // Told by another orchestrator as well, it stays one.
        let again = Self.emit(stage, "asked", "{}", id: "x") + Self.emit(stage, "b", "{}", id: "x")
        #expect(!again.isEmpty)
        let second = stage.store.perform(
            .event(1, .read(tenant: Identity.local.tenant, after: .start)), at: 1)
        guard case .event(_, .page(let page)) = second else { return }
        #expect(page.entries.count == 2)
    }

    @Test("a run does not hear what it said before it listened")
    func before() {
        #expect(!run("echo").contains { $0.type == .response })
        stage.pass(.seconds(6))
        #expect(result(stage)?.isEmpty != false)
        let heard = Self.emit(stage, "b", "5")
        #expect(heard.contains { $0.type == .response && $0.text == "[5]" })
    }

    @Test("an announcement that follows on what was read is taken; what it skips is read first")
    func announced() throws {
        #expect(!run("each").contains { $0.type == .response })
        let other = other()
        let peer = stage.join("o2")
        _ = stage.say(Hello(role: .orchestrator, session: "s9"), peer)
        for data in ["1", "2", "3"] { Self.emit(other, "a", data) }
        stage.store = other.store
        let news = other.announced.filter { $0.envelope.type == .event }
        #expect(news.count == 3)
        // The first one was lost on its way.
        for one in news.dropFirst() {
            var envelope = Envelope(.event)
            envelope.tenant = one.envelope.tenant
            envelope.messageID = one.envelope.messageID
            envelope.correlationID = one.envelope.correlationID
            _ = stage.send(envelope, from: peer, one.content)
        }
        #expect(result(stage) == "[1,2,3]")
    }

    @Test("where no announcement comes the log is looked at every five seconds")
    func poll() {
        #expect(!run("each").contains { $0.type == .response })
        let other = other()
        for data in ["1", "2", "3"] { Self.emit(other, "a", data) }
        stage.store = other.store
        let sent = stage.pass(.seconds(6), alive: [client])
        #expect(sent.contains { $0.type == .response && $0.text == "[1,2,3]" })
    }

    @Test("an event of too many bytes is refused with words")
    func large() {
        let sent = Self.emit(stage, "a", "\"" + String(repeating: "x", count: 300_000) + "\"")
        #expect(sent.first?.code == "too_large")
    }
}
