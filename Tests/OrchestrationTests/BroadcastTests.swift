import Bus
import Document
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// What the conductor publishes, and whom it refuses to.
@Suite struct BroadcastTests {
    let stage = Stage()

    @discardableResult
    private func broadcast(
        _ id: String, from peer: PeerID, to receiver: String, content: String = "{}",
        change: (inout Envelope) -> Void = { _ in }
    ) -> [Sent] {
        stage.send(
            .broadcast, id, from: peer, to: receiver, .volatile, content: content, change: change)
    }

    @Test("S5-40 a broadcast is published once, numbered by topic, and its sender told the number")
    func published() throws {
        let client = stage.join("c.1")
        _ = stage.worker("w.1", ["cost", "sum"])
        _ = stage.worker("w.2", ["cost"])
        let table = [("cost", 2, 1), ("cost", 2, 2), ("sum", 1, 1), ("*", 2, 1), ("cost", 2, 3)]
        for (index, (receiver, instances, sequence)) in table.enumerated() {
            let sent = broadcast("m\(index)", from: client, to: receiver, content: "[\(index)]")
            let answer = try #require(sent.only(.response))
            #expect(answer.peer == client && answer.envelope.correlationID == "m\(index)")
            let body = try JSON.parse(answer.content)
            #expect(body["instances"]?.integer == instances)
            #expect(body["sequence"]?.integer == sequence)
            let published = try #require(stage.published.last)
            #expect(published.topic == "b/\(receiver)" && published.text == "[\(index)]")
            #expect(published.envelope.type == .broadcast)
            #expect(published.envelope.sender == "c.1" && published.envelope.fence == "7")
            #expect(published.envelope.sequence == UInt64(sequence))
        }
        #expect(stage.published.count == table.count)
        #expect(stage.isIdle)
    }

    @Test("S5-40 what its sender may not say is not passed on, what it may is")
    func fields() throws {
        _ = stage.worker("w.1")
        broadcast("m1", from: stage.join("c.1"), to: "cost") { envelope in
            envelope.sender = "somebody"
            envelope.tenant = "another"
            envelope.fence = "99"
            envelope.sequence = 99
            envelope.dispatch = 99
            envelope.contentType = "text/plain"
            envelope.headers = ["a": "b"]
        }
        let envelope = try #require(stage.published.last).envelope
        #expect(envelope.sender == "c.1" && envelope.tenant == "default")
        #expect(envelope.fence == "7" && envelope.sequence == 1 && envelope.dispatch == 0)
        #expect(envelope.contentType == "text/plain" && envelope.headers == ["a": "b"])
    }

    @Test("S5-40 broadcasts that cannot be are refused, and nothing is published")
    func refused() {
        let client = stage.join("c.1")
        _ = stage.worker("w.1")
        let large = String(repeating: "x", count: WireLimits.broadcast + 1)
        let table: [(receiver: String, content: String, header: String?, code: String)] = [
            ("cost", large, nil, "too_large"), ("cots", "", nil, "unavailable"),
            ("cost#1", "", nil, "invalid"), ("", "", nil, "invalid"), ("a b", "", nil, "invalid"),
            ("cost", "", "loud", "invalid"),
        ]
        for (index, row) in table.enumerated() {
            let id = "m\(index)"
            let sent = broadcast(id, from: client, to: row.receiver, content: row.content) {
                if let header = row.header { $0.headers["broadcast"] = header }
            }
            #expect(sent.only(.error)?.code == row.code, "\(row.receiver)")
        }
        let hint = broadcast("hint", from: client, to: "cots").first?.envelope.error?.message
        #expect(hint?.contains("did you mean cost?") == true)
        stage.conductor.drain()
        #expect(broadcast("late", from: client, to: "cost").first?.code == "busy")
        #expect(stage.published.isEmpty)
    }

    @Test("S5-40 an agent whose instances are all gone is told to nobody, and that is said")
    func nobody() throws {
        let client = stage.join("c.1")
        let worker = stage.worker("w.1")
        stage.left(worker)
        let answer = try #require(broadcast("m", from: client, to: "cost").only(.response))
        #expect(try JSON.parse(answer.content)["instances"]?.integer == 0)
    }

    @Test("S5-40 an acknowledged broadcast is not published but given to each as a task")
    func acknowledged() {
        let client = stage.join("c.1")
        _ = stage.worker("w.1")
        _ = stage.worker("w.2")
        let sent = broadcast("m", from: client, to: "cost") {
            $0.headers["broadcast"] = "acknowledged"
        }
        #expect(sent.count { $0.type == .task } == 2)
        #expect(stage.published.isEmpty)
    }
}
