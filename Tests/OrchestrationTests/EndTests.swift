import Bus
import Reactor
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// The other ends of a request: deadlines, cancels, refusals of workers, and answers nobody asked
/// for.
@Suite struct EndTests {
    let stage = Stage()

    @Test("B62 whoever cancels what another has cancelled is told the same, each time")
    func cancelledTwice() {
        let (first, second) = (stage.join("c1"), stage.join("c2"))
        _ = stage.worker("w.1")
        _ = stage.request("r", from: first, .durable)
        let sent = stage.cancel("r", from: second)
        #expect(sent.to(second).map(\.code) == ["cancelled"])
        #expect(sent.to(first).map(\.code) == ["cancelled"])
        for peer in [first, second, first] {
            #expect(stage.cancel("r", from: peer).map(\.code) == ["cancelled"])
        }
    }

    @Test(
        "G11 a waiting request ends at its deadline, and leaves the line",
        arguments: [Delivery.durable, .volatile])
    func waitingDeadline(_ delivery: Delivery) {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        stage.request("a", from: client, delivery)
        stage.request("b", from: client, delivery) { $0.budget = 100 }
        #expect(stage.pass(.milliseconds(80), alive: [worker, client]).isEmpty)
        let sent = stage.pass(.milliseconds(40), alive: [worker, client])
        #expect(sent.types == [.error] && sent[0].code == "deadline")
        #expect(sent[0].envelope.correlationID == "b")
        #expect(stage.conductor.waiting == 0 && stage.conductor.inHand == 1)
    }

    @Test("G11 a running request ends at its deadline; its place is taken until the worker answers")
    func runningDeadline() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client) { $0.budget = 100 }.only(.task))
        let sent = stage.pass(.milliseconds(120), alive: [worker, client])
        #expect(sent.to(worker).types == [.cancel])
        #expect(sent.to(worker)[0].envelope.dispatch == task.envelope.dispatch)
        #expect(sent.to(client)[0].code == "deadline")
        #expect(stage.request("b", from: client).isEmpty)
        #expect(stage.answer(task).types == [.task])
    }

    @Test(
        "a budget counts from arrival: a task gets what is left, a huge one the longest there is"
    )
    func budget() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        let first = try #require(stage.request("a", from: client).only(.task))
        #expect(first.envelope.budget == 900_000)
        stage.request("b", from: client) { $0.budget = 1000 }
        stage.request("c", from: client) { $0.budget = .max }
        _ = stage.pass(.milliseconds(400), alive: [worker, client])
        let second = try #require(stage.answer(first).only(.task))
        #expect(second.envelope.budget == 600)
        let third = try #require(stage.answer(second).only(.task))
        #expect(third.envelope.budget == 86_400_000 - 400)
    }

    @Test("schedule-to-start ends what waits too long, also after its worker was lost")
    func scheduleToStart() throws {
        var delays = Delays()
        delays.scheduleToStart = .seconds(1)
        let stage = Stage(Limits(), delays)
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        _ = stage.request("a", from: client)
        stage.request("b", from: client)
        #expect(
            stage.pass(.milliseconds(1100), alive: [worker, client]).only(.error)?.code
                == "deadline")
        stage.send(Envelope(.bye), from: worker)
        #expect(stage.conductor.waiting == 1)
        #expect(stage.pass(.milliseconds(1100), alive: [client]).only(.error)?.code == "deadline")
        #expect(stage.isIdle)
    }

    @Test(
        "G11 a caller cancels in each state; the worker is told, the store remembers",
        arguments: [Delivery.durable, .volatile])
    func cancel(_ delivery: Delivery) throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client, delivery).only(.task))
        stage.request("b", from: client, delivery)
        let waiting = stage.cancel("b", from: client)
        #expect(waiting.types == [.error] && waiting[0].code == "cancelled")
        let running = stage.cancel("a", from: client)
        #expect(running.to(worker).types == [.cancel])
        #expect(running.to(client)[0].code == "cancelled")
        let again = delivery == .durable ? "cancelled" : "gone"
        #expect(stage.cancel("a", from: client)[0].code == again)
        let late = stage.answer(task)
        #expect(late.types == (delivery == .durable ? [.resultAck] : []))
        #expect(stage.isIdle)
        guard delivery == .durable else { return }
        #expect(stage.request("a", from: client, .durable).last?.code == "cancelled")
    }

    @Test(
        "a cancel while the store is at it: before acceptance it counts, after a result it does not"
    )
    func cancelInStore() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        stage.storeIsSlow = true
        stage.request("a", from: client, .durable)
        #expect(stage.cancel("a", from: client).isEmpty)
        #expect(stage.releaseStore().types == [.accepted])
        #expect(stage.releaseStore().only(.error)?.code == "cancelled")
        stage.request("b", from: client, .durable)
        let task = try #require(stage.releaseStore().only(.task))
        stage.answer(task)
        #expect(stage.cancel("b", from: client).isEmpty)
        #expect(stage.releaseStore().types == [.response, .resultAck])
    }

    @Test(
        "a volatile request is cancelled by nobody else, a durable one by its tenant, who is told")
    func cancelByOthers() throws {
        let (client, other) = (stage.join("c"), stage.join("d"))
        _ = stage.worker("w.1", capacity: 2)
        stage.request("a", from: client)
        #expect(stage.cancel("a", from: other)[0].code == "gone")
        stage.request("b", from: client, .durable)
        let sent = stage.cancel("b", from: other)
        #expect(sent.to(other)[0].envelope.correlationID == "cancel")
        #expect(sent.to(client)[0].code == "cancelled")
    }

    @Test("NACK busy is no attempt: the task goes to another, or comes back after a pause")
    func nackBusy() throws {
        let client = stage.join("c")
        let first = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client).only(.task))
        #expect(stage.answer(task, .nack, code: "busy").isEmpty)
        #expect(stage.conductor.waiting == 1)
        let again = try #require(stage.pass(.milliseconds(60), alive: [first, client]).only(.task))
        #expect(again.envelope.attempt == 1)
        #expect(again.envelope.dispatch != task.envelope.dispatch)
        let second = stage.worker("w.2")
        let moved = try #require(stage.answer(again, .nack, code: "busy").only(.task))
        #expect(moved.peer == second && moved.envelope.attempt == 1)
    }

    @Test(
        "any other NACK ends the request with its reason, and its place serves the next",
        arguments: ["stale", "unsupported", "invalid"])
    func nack(_ code: String) throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client).only(.task))
        stage.request("b", from: client)
        let sent = stage.answer(task, .nack, code: code)
        #expect(sent.to(client)[0].code == code)
        #expect(sent.only(.task)?.envelope.requestID == "b")
    }

    @Test("FAIL is passed on with its code, and kept for repeats")
    func fail() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client, .durable).only(.task))
        let sent = stage.answer(task, .fail, code: "no_such_sheet")
        #expect(sent.types == [.error, .resultAck] && sent[0].code == "no_such_sheet")
        #expect(stage.request("a", from: client, .durable)[1].code == "no_such_sheet")
        let bare = try #require(stage.request("b", from: client).only(.task))
        #expect(stage.answer(bare, .fail)[0].code == "failed")
    }

    @Test("PARTIAL is passed on with its number, and not after the end")
    func partial() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client).only(.task))
        let piece = stage.answer(task, .partial, content: "x") { $0.sequence = 3 }
        #expect(piece.only(.partial)?.envelope.sequence == 3)
        #expect(piece[0].peer == client && piece[0].text == "x")
        stage.cancel("a", from: client)
        #expect(stage.answer(task, .partial, content: "x").isEmpty)
        stage.answer(task)
        #expect(stage.answer(task, .partial, content: "x").types == [.abort])
    }

    @Test("an unsafe task begins when its ACCEPT is answered with GO; others need none")
    func go() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1", ["fire"], effect: "unsafe")
        _ = stage.worker("w.2", ["cost"])
        let fire = try #require(stage.request("a", from: client, to: "fire", .durable).only(.task))
        let cost = try #require(stage.request("b", from: client, .durable).only(.task))
        let go = stage.answer(fire, .accept)
        #expect(go.types == [.go] && go[0].envelope.dispatch == fire.envelope.dispatch)
        #expect(stage.answer(fire, .accept).types == [.go])
        #expect(stage.answer(cost, .accept).isEmpty)
        stage.answer(fire)
        #expect(stage.answer(fire, .accept).types == [.abort])
    }

    @Test(
        "B12 G3 answers about unknown, foreign and superseded tasks change nothing"
    )
    func stale() throws {
        let client = stage.join("c")
        let first = stage.worker("w.1")
        let second = stage.worker("w.2", ["other"])
        let task = try #require(stage.request("a", from: client).only(.task))
        for dispatch in [0, 1, task.envelope.dispatch + 1, task.envelope.dispatch ^ 1 << 40, .max] {
            #expect(stage.answer(task) { $0.dispatch = dispatch }.types == [.resultAck])
        }
        let foreign = Sent(peer: second, envelope: task.envelope, content: [])
        #expect(stage.answer(foreign).types == [.resultAck])
        #expect(
            stage.answer(Sent(peer: client, envelope: task.envelope, content: [])).types == [
                .resultAck
            ])
        stage.left(first)
        _ = stage.pass(.milliseconds(100), alive: [client])
        stage.hello(first)
        let again = try #require(stage.conductor.inHand == 1 ? task : nil)
        #expect(stage.answer(again).types == [.resultAck])
        #expect(stage.conductor.inHand == 1)
    }

    @Test("B13 G3 of two results the first wins, the second is acknowledged and counted")
    func twice() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client, .durable).only(.task))
        #expect(stage.answer(task, content: "1").only(.response)?.text == "1")
        #expect(stage.answer(task, content: "2").types == [.resultAck])
        #expect(stage.request("a", from: client, .durable)[1].text == "1")
        #expect(stage.conductor.counters.stale == 1)
    }

    @Test(
        "B11 words for the other direction are refused",
        arguments: [
            MessageType.task, .welcome, .accepted, .response, .go, .abort, .resultAck, .event,
            .resume,
        ])
    func wrongDirection(_ type: MessageType) {
        let client = stage.join("c")
        let sent = stage.send(Envelope(type), from: client)
        #expect(sent.types == [.nack] && sent[0].code == "unsupported")
    }

    @Test("B8 an unknown type is refused, another version told so, and an error never answered")
    func unknownWords() {
        let client = stage.join("c")
        var bytes = Envelope(.ping).encoded()
        bytes[3] = 99
        #expect(stage.send(bytes: bytes, from: client).only(.nack)?.code == "unsupported")
        bytes[1] = 2
        #expect(stage.send(bytes: bytes, from: client).only(.error)?.code == "version")
        #expect(stage.send(Envelope(.error), from: client).isEmpty)
        #expect(stage.send(Envelope(.nack), from: client).isEmpty)
        #expect(stage.send(Envelope(.ping), from: client).types == [.pong])
    }

    @Test("B19 too much PROGRESS is warned about, then the peer is given up")
    func progressFlood() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        var task = try #require(stage.request("a", from: client).only(.task))
        var warnings = 0
        for round in 0..<4 {
            #expect(!stage.forgotten.contains(worker))
            for _ in 0..<1000 {
                let sent = stage.answer(task, .progress)
                warnings += sent.count { $0.code == "busy" }
            }
            if round < 3 { #expect(warnings == round + 1) }
            stage.now = stage.now + .seconds(1)
        }
        #expect(warnings == 3)
        #expect(stage.forgotten.contains(worker))
        #expect(stage.conductor.waiting == 1)
        let next = stage.worker("w.2")
        task = try #require(stage.answer(task, .progress).isEmpty ? nil : task)
        #expect(next != worker)
    }

    @Test("a hundred signs of progress a second are welcome for ever")
    func progress() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client).only(.task))
        for _ in 0..<20 {
            for _ in 0..<100 {
                #expect(stage.answer(task, .progress).to(client).types == [.progress])
            }
            stage.now = stage.now + .seconds(1)
        }
        stage.answer(task)
        #expect(stage.answer(task, .progress).types == [.abort])
    }
}
