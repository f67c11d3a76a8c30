import Bus
import Reactor
import Store
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// Attempts after the first one are written down before they are made.
@Suite struct CountedAttemptTests {
    let stage = Stage()

    /// A step whose worker is lost, while the store takes its time.
    private func lost() throws -> PeerID {
        let client = stage.join("c")
        let worker = stage.worker("w.a")
        let other = stage.worker("w.b")
        let task = try #require(stage.request("a", from: client, .durable).only(.task))
        stage.storeIsSlow = true
        stage.left(task.peer)
        #expect(stage.pass(.milliseconds(200)).isEmpty)
        // What its worker may have told others is looked at first.
        #expect(stage.releaseStore().isEmpty)
        return task.peer == worker ? other : worker
    }

    @Test("no worker gets a second attempt before the store knows of it")
    func waits() throws {
        let other = try lost()
        let task = try #require(stage.releaseStore().only(.task))
        #expect(task.peer == other && task.envelope.attempt == 2)
    }

    @Test("what is cancelled before that was never given away, and its place is free")
    func cancelled() throws {
        let other = try lost()
        let client = try #require(stage.conductor.peers.all.first { $0.name == "c" }).id
        var cancel = Envelope(.cancel)
        cancel.requestID = "a"
        #expect(stage.send(cancel, from: client).to(other).isEmpty)
        #expect(stage.releaseStore().only(.task) == nil)
        stage.storeIsSlow = false
        #expect(stage.request("b", from: client).only(.task)?.peer == other)
    }

    @Test("its worker is lost meanwhile: the number is not used again")
    func lostAgain() throws {
        let other = try lost()
        stage.left(other)
        _ = stage.pass(.milliseconds(200))
        let third = stage.worker("w.c")
        let sent = stage.releaseStore() + stage.releaseStore() + stage.releaseStore()
        let task = try #require(sent.only(.task))
        #expect(task.peer == third && task.envelope.attempt == 3)
    }

    @Test("an owner that has lost the request to another makes no attempt any more")
    func fenced() throws {
        _ = try lost()
        guard case .attempt(let token, _)? = stage.held.last else {
            Issue.record("the attempt was not noted")
            return
        }
        stage.held = []
        stage.conductor.replied(
            .attempted(token, .fenced), at: stage.now, into: &stage.outbox)
        #expect(stage.flush().only(.task) == nil)
    }

    @Test("what is not kept beyond this process is given away at once")
    func volatile() throws {
        let client = stage.join("c")
        _ = stage.worker("w.a")
        _ = stage.worker("w.b")
        let task = try #require(stage.request("a", from: client).only(.task))
        stage.storeIsSlow = true
        stage.left(task.peer)
        #expect(stage.pass(.milliseconds(200)).only(.task)?.envelope.attempt == 2)
    }
}
