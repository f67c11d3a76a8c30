import Bus
import Document
import Reactor
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// Silence, closed connections, returns and deaths, and what becomes of the tasks in each case.
@Suite struct LivenessTests {
    let stage = Stage()

    /// What a worker lists in HELLO about a task it has.
    private func listed(
        _ task: Sent, _ state: Hello.Inflight.State = .running
    ) -> Hello.Inflight {
        Hello.Inflight(
            request: task.envelope.requestID, step: 1, attempt: task.envelope.attempt,
            dispatch: task.envelope.dispatch, state: state)
    }

    private func verdicts(_ sent: [Sent]) throws -> [Welcome.Verdict.Word] {
        let welcome = try #require(sent.only(.welcome))
        return try (JSON.decode(Welcome.self, from: welcome.content).inflight ?? []).map(\.verdict)
    }

    @Test("G7 whoever is silent for a second is asked each second, and dead after four")
    func silence() {
        let client = stage.join("c")
        var pings: [Int] = []
        for tick in 1...250 {
            stage.now = stage.now + .milliseconds(20)
            if stage.tick().to(client).types == [.ping] { pings.append(tick / 50) }
        }
        #expect(pings == [1, 2, 3])
        #expect(stage.forgotten == [client])
        #expect(stage.conductor.peers.count == 0)
    }

    @Test("whoever is given up for dead is told so, in case it is there after all")
    func givenUp() {
        let peers = [stage.join("c"), stage.worker("w.1")]
        stage.pass(.milliseconds(3980))
        stage.now = stage.now + .milliseconds(20)
        let sent = stage.tick()
        for peer in peers { #expect(sent.to(peer).only(.error)?.code == "hello") }
    }

    @Test("an orchestrator that stood still holds nobody's silence against them")
    func stoodStill() {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        stage.tick()
        #expect(stage.request("a", from: client).types == [.task])
        stage.now = stage.now + .seconds(30)
        #expect(stage.tick().isEmpty)
        #expect(stage.pass(.milliseconds(3980)).isEmpty)
        #expect(stage.conductor.counters.deaths == 0)
        #expect(stage.pass(.milliseconds(20), alive: [client]).to(worker).isEmpty)
        #expect(stage.conductor.counters.deaths == 1)
    }

    @Test("any traffic counts as a sign of life")
    func traffic() {
        let client = stage.join("c")
        for _ in 0..<20 {
            #expect(stage.pass(.milliseconds(900)).isEmpty)
            stage.send(Envelope(.watch), from: client)
        }
        #expect(stage.forgotten.isEmpty)
    }

    @Test("F47 G7 a connection that comes back within 80 ms restarts nothing")
    func flap() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1", capacity: 3)
        _ = stage.worker("w.2", capacity: 3)
        let tasks = ["a", "b"].flatMap { stage.request($0, from: client, to: "cost#1") }
        stage.left(worker)
        #expect(stage.request("c", from: client).only(.task)?.peer != worker)
        #expect(stage.pass(.milliseconds(60), alive: [client]).isEmpty)
        let sent = stage.hello(
            worker, capacity: 3, inflight: [listed(tasks[0]), listed(tasks[1], .done)])
        #expect(try verdicts(sent) == [.continue, .resend])
        #expect(sent.types == [.welcome])
        #expect(stage.pass(.milliseconds(200), alive: [client, worker]).isEmpty)
        for task in tasks { #expect(stage.answer(task).types == [.response]) }
        #expect(stage.conductor.counters.flaps == 1 && stage.conductor.counters.deaths == 0)
    }

    @Test("F8 a step that kills whoever runs it takes three workers with it and no more")
    func killer() throws {
        let client = stage.join("c")
        let workers = (1...5).map { stage.worker("w.\($0)") }
        var task = try #require(stage.request("a", from: client).only(.task))
        for attempt in 1...2 {
            stage.left(task.peer)
            task = try #require(stage.pass(.milliseconds(100), alive: workers).only(.task))
            #expect(Int(task.envelope.attempt) == attempt + 1)
        }
        stage.left(task.peer)
        var sent: [Sent] = []
        let living = workers.filter { stage.conductor.peers[$0]?.absent == nil } + [client]
        for _ in 0..<50 { sent += stage.pass(.milliseconds(100), alive: living) }
        #expect(sent.only(.task) == nil)
        #expect(sent.only(.error)?.code == "lost")
        #expect(stage.conductor.counters.deaths == 3)
        let inHand = stage.conductor.inHand
        #expect(inHand == 0)
    }

    @Test("G12 a step suspected of three deaths rests until it is known whether they were any")
    func suspected() throws {
        let client = stage.join("c")
        let workers = (1...5).map { stage.worker("w.\($0)") }
        var task = try #require(stage.request("a", from: client).only(.task))
        var absent: [PeerID] = []
        for _ in 1...2 {
            absent.append(task.peer)
            stage.left(task.peer)
            task = try #require(stage.pass(.milliseconds(100), alive: workers).only(.task))
        }
        #expect(stage.hello(task.peer, session: "s2").types == [.welcome])
        #expect(stage.pass(.milliseconds(100), alive: [client]).isEmpty)
        #expect(stage.hello(absent[0]).types == [.task, .welcome])
        let inHand = stage.conductor.inHand
        #expect(inHand == 1)
    }

    @Test("a step whose workers all came back is suspected of nothing")
    func cleared() throws {
        let client = stage.join("c")
        let workers = (1...3).map { stage.worker("w.\($0)") }
        var task = try #require(stage.request("a", from: client).only(.task))
        for _ in 0..<4 {
            let holder = task.peer
            stage.left(holder)
            task = try #require(stage.pass(.milliseconds(100), alive: workers).only(.task))
            stage.hello(holder)
        }
        #expect(stage.answer(task).types == [.response])
    }

    @Test("a worker that was away must say HELLO before anything else")
    func mustGreet() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client).only(.task))
        stage.left(worker)
        #expect(stage.answer(task)[0].code == "hello")
        var bad = Hello(role: .worker, session: "s1")
        bad.agents = []
        #expect(stage.say(bad, worker)[0].code == "invalid")
        #expect(stage.answer(task)[0].code == "hello")
        stage.hello(worker, inflight: [listed(task, .done)])
        #expect(stage.answer(task).types == [.response])
    }

    @Test(
        "G7 after 80 ms of absence repeatable tasks go to another worker, unsafe ones stay",
        arguments: ["pure", "idempotent", "unsafe"])
    func absence(_ effect: String) throws {
        let client = stage.join("c")
        let first = stage.worker("w.1", effect: effect)
        let task = try #require(stage.request("a", from: client).only(.task))
        let second = stage.worker("w.2", effect: effect)
        stage.left(first)
        let sent = stage.pass(.milliseconds(100), alive: [client, second])
        guard effect != "unsafe" else {
            #expect(sent.isEmpty)
            #expect(
                try verdicts(stage.hello(first, effect: effect, inflight: [listed(task)])) == [
                    .continue
                ])
            return
        }
        let again = try #require(sent.only(.task))
        #expect(again.peer == second && again.envelope.attempt == 2)
        #expect(
            try verdicts(stage.hello(first, effect: effect, inflight: [listed(task)])) == [.abort])
        #expect(stage.answer(task).types == [.resultAck])
        #expect(stage.answer(again).types == [.response])
    }

    @Test("F42 a task that nobody else was given goes on when its worker returns, however late")
    func lateReturn() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1", capacity: 2)
        let kept = try #require(stage.request("a", from: client).only(.task))
        let unsent = try #require(stage.request("b", from: client).only(.task))
        stage.left(worker)
        #expect(stage.pass(.seconds(2), alive: [client]).isEmpty)
        #expect(stage.conductor.waiting == 2)
        let sent = stage.hello(worker, capacity: 2, inflight: [listed(kept)])
        #expect(try verdicts(sent) == [.continue])
        let again = try #require(sent.only(.task))
        #expect(again.envelope.requestID == "b" && again.envelope.attempt == 2)
        #expect(stage.answer(kept).types == [.response])
        #expect(stage.answer(unsent).types == [.resultAck])
        #expect(stage.answer(again).types == [.response])
        #expect(stage.isIdle)
    }

    @Test("a cancelled task that a returning worker does not list gives its place back")
    func cancelledInFlap() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        stage.request("a", from: client)
        stage.left(worker)
        stage.cancel("a", from: client)
        stage.hello(worker)
        #expect(stage.isIdle)
        #expect(stage.request("b", from: client).types == [.task])
    }

    @Test("a new session under the same name is a death of the old one")
    func newSession() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1", ["cost", "x"], capacity: 2)
        let task = try #require(stage.request("a", from: client).only(.task))
        let sent = stage.hello(worker, session: "s2", inflight: [listed(task)])
        #expect(try verdicts(sent) == [.abort])
        #expect(sent.only(.task)?.envelope.attempt == 2)
        #expect(stage.conductor.counters.deaths == 1)
    }

    @Test("G4 silence is a death: an unsafe task that had begun rests until a person decides")
    func death() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1", effect: "unsafe")
        let task = try #require(stage.request("a", from: client, .durable).only(.task))
        #expect(stage.answer(task, .accept).types == [.go])
        let sent = stage.pass(.seconds(5), alive: [client])
        #expect(sent.only(.error)?.code == "uncertain")
        #expect(stage.forgotten == [worker] && stage.isIdle)
        #expect(stage.request("a", from: client, .durable).last?.code == "uncertain")
    }

    @Test("an unsafe task that was not told to begin is given to another")
    func unbegun() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1", effect: "unsafe")
        stage.request("a", from: client, .durable)
        stage.pass(.seconds(5), alive: [client])
        let other = stage.join("w.2")
        let task = try #require(stage.hello(other, effect: "unsafe").only(.task))
        #expect(task.envelope.attempt == 2)
    }

    @Test("a volatile unsafe task ends as lost with its worker")
    func volatileDeath() {
        let client = stage.join("c")
        _ = stage.worker("w.1", effect: "unsafe")
        stage.request("a", from: client)
        #expect(stage.pass(.seconds(5), alive: [client]).only(.error)?.code == "lost")
    }

    @Test("G12 a step whose workers died three times ends as lost, mere absences do not count")
    func poison() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        stage.request("a", from: client)
        for _ in 0..<5 {
            stage.left(worker)
            _ = stage.pass(.milliseconds(200), alive: [client])
            #expect(stage.hello(worker).only(.task) != nil)
        }
        for death in 1...3 {
            let sent = stage.hello(worker, session: "t\(death)")
            #expect(sent.only(.task) != nil || death == 3)
            #expect(sent.only(.error)?.code == (death == 3 ? "lost" : nil))
            stage.now = stage.now + .seconds(3)
        }
        #expect(stage.isIdle)
    }

    @Test("a name two live processes fight for is refused to the later one")
    func fight() {
        let worker = stage.worker("w.1")
        var codes: [String] = []
        for turn in 0..<5 { codes += stage.hello(worker, session: "t\(turn)").map(\.code) }
        #expect(codes == ["", "", "", "identity", "identity"])
    }

    @Test("a client that is started anew again and again fights with nobody")
    func restarts() {
        let client = stage.join("c")
        var types: [MessageType] = []
        for turn in 0..<6 {
            types += stage.say(Hello(role: .client, session: "t\(turn)"), client).types
            stage.left(client)
        }
        #expect(types == Array(repeating: .welcome, count: 6))
    }

    @Test(
        "a caller's death stops its volatile work and keeps its durable work",
        arguments: [true, false])
    func callerDies(_ byGoodbye: Bool) throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1", capacity: 2)
        stage.request("a", from: client)
        let durable = try #require(stage.request("b", from: client, .durable).only(.task))
        stage.request("c", from: client)
        let sent =
            byGoodbye
            ? stage.send(Envelope(.bye), from: client) : stage.pass(.seconds(5), alive: [worker])
        #expect(sent.types == [.cancel])
        #expect(sent[0].envelope.requestID == "a")
        #expect(stage.conductor.waiting == 0)
        let other = stage.join("d")
        stage.answer(durable, content: "42")
        #expect(stage.request("b", from: other, .durable)[1].text == "42")
    }

    @Test("a restarted client does not hear answers of its predecessor")
    func restartedClient() {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        #expect(stage.say(Hello(role: .client, session: "c1"), client).types == [.welcome])
        stage.request("a", from: client)
        stage.request("b", from: client)
        let sent = stage.say(Hello(role: .client, session: "c2"), client)
        #expect(sent.to(client).types == [.welcome])
        #expect(sent.only(.cancel)?.envelope.requestID == "a")
        #expect(stage.conductor.waiting == 0)
    }

    @Test("BYE gives a worker's tasks to others at once, and is no death")
    func bye() throws {
        let client = stage.join("c")
        let first = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client).only(.task))
        let second = stage.worker("w.2")
        let sent = stage.send(Envelope(.bye), from: first)
        #expect(sent.only(.task)?.peer == second)
        #expect(stage.forgotten == [first])
        #expect(stage.answer(task)[0].code == "hello")
        #expect(stage.conductor.counters.deaths == 0)
    }

    @Test("DRAIN keeps a worker's tasks and gives it no more")
    func drain() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1", capacity: 2)
        let task = try #require(stage.request("a", from: client).only(.task))
        stage.send(Envelope(.drain), from: worker)
        #expect(stage.request("b", from: client).isEmpty)
        #expect(stage.answer(task).types == [.response])
    }

    @Test("a draining orchestrator refuses what is new, repeats what is known, ends what is left")
    func orchestratorDrain() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        let task = try #require(stage.request("a", from: client, .durable).only(.task))
        stage.request("b", from: client)
        stage.conductor.drain()
        #expect(stage.request("c", from: client)[0].code == "busy")
        #expect(stage.request("a", from: client, .durable).types == [.accepted])
        stage.conductor.abandon(into: &stage.outbox)
        let sent = stage.flush()
        #expect(sent.to(client).map(\.code) == ["unavailable", "unavailable"])
        // Whoever takes the durable one up goes on with what runs.
        #expect(sent.to(worker).isEmpty)
        #expect(stage.answer(task).only(.nack)?.code == "moved")
        #expect(stage.isIdle)
    }

    @Test("more peers than the limit are turned away with busy, and taken in once there is room")
    func peerLimit() {
        var limits = Limits()
        limits.peers = 2
        let stage = Stage(limits)
        let first = stage.join("a")
        _ = stage.join("b")
        let third = stage.join("c")
        let sent = stage.request("r", from: third)
        #expect(sent.types == [.error] && sent[0].code == "busy")
        #expect(stage.forgotten == [third])
        stage.send(Envelope(.bye), from: first)
        #expect(stage.send(Envelope(.ping), from: stage.join("c")).types == [.pong])
    }
}
