import Bus
import Document
import Reactor
import TestKit
import Testing
import Wire

@testable import Orchestration

/// The patterns beside the plain call: fire-and-forget, pipelines, answers of many as one, and
/// agents that call agents.
@Suite struct PatternTests {
    private let stage = Stage()

    // MARK: - Fire and forget

    @Test("S5-39 a notification is accepted, runs once, and its result waits to be fetched")
    func notification() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        let sent = stage.send(.notification, "n", from: client, to: "cost", .durable)
        #expect(sent.to(client).types == [.accepted])
        let task = try #require(sent.to(worker).only(.task))
        #expect(stage.fetch("n", client).only(.error)?.code == "busy")
        #expect(stage.answer(task, content: "7").types == [.resultAck])
        let answer = try #require(stage.fetch("n", client).only(.response))
        #expect(answer.content == Array("7".utf8))
        #expect(answer.envelope.requestID == "n" && answer.envelope.correlationID == "fetch")
        #expect(stage.fetch("m", client).only(.error)?.code == "not_found")
    }

    @Test("S5-39 whoever waits for the result of a notification gets it when it ends")
    func waiting() throws {
        let client = stage.join("c")
        _ = stage.worker("w.1")
        let task = try #require(
            stage.send(.notification, "n", from: client, to: "cost", .durable).only(.task))
        #expect(stage.fetch("n", client, wait: true).isEmpty)
        #expect(stage.answer(task, .fail, code: "odd").only(.error)?.code == "odd")
    }

    @Test("how many may wait for one result is bounded")
    func watchers() throws {
        let client = stage.join("c")
        stage.send(.notification, "n", from: client, to: "cost", .durable)
        _ = stage.worker("w.1")
        stage.send(.notification, "n", from: client, to: "cost", .durable)
        for _ in 0..<stage.conductor.limits.watchers {
            #expect(stage.fetch("n", client, wait: true).isEmpty)
        }
        #expect(stage.fetch("n", client, wait: true).only(.error)?.code == "busy")
    }

    @Test("a volatile notification goes on when its sender is gone, and nobody is told")
    func volatileNotification() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1")
        let sent = stage.send(.notification, "n", from: client, to: "cost", .volatile)
        #expect(sent.to(client).types == [.accepted])
        let task = try #require(sent.to(worker).only(.task))
        #expect(stage.send(Envelope(.bye), from: client).isEmpty)
        #expect(stage.answer(task).isEmpty)
        #expect(stage.isIdle)
    }

    // MARK: - Pipelines

    private func pipeline(_ agents: String, _ delivery: Delivery, from client: PeerID) -> [Sent] {
        stage.send(.pipeline, "p", from: client, to: "", delivery) {
            $0.headers["pipeline"] = agents
        }
    }

    @Test(
        "S5-41 each stage of a pipeline is given what the one before has made of it",
        arguments: [Delivery.durable, .volatile])
    func stages(delivery: Delivery) throws {
        let client = stage.join("c")
        for name in ["a", "b", "c"] { _ = stage.worker("w.\(name)", [name]) }
        var sent = pipeline("a,b,c", delivery, from: client)
        for (ordinal, agent) in ["a", "b", "c"].enumerated() {
            let task = try #require(sent.only(.task))
            #expect(task.envelope.receiver == "\(agent)#\(agent)")
            #expect(task.envelope.step == UInt32(ordinal + 1) && task.envelope.attempt == 1)
            #expect(
                String(decoding: task.content, as: UTF8.self)
                    == (ordinal == 0 ? "{}" : "\(ordinal)"))
            sent = stage.answer(task, content: "\(ordinal + 1)")
        }
        #expect(sent.only(.response)?.content == Array("3".utf8))
        #expect(sent.only(.response)?.envelope.sender == "c#c")
        #expect(stage.isIdle)
    }

    @Test("a stage is given its task only when the store keeps what it is given, and acks then")
    func advance() throws {
        let client = stage.join("c")
        let first = stage.worker("w.a", ["a"])
        let second = stage.worker("w.b", ["b"])
        let task = try #require(pipeline("a,b", .durable, from: client).only(.task))
        stage.storeIsSlow = true
        #expect(stage.answer(task, content: "1").isEmpty)
        let sent = stage.releaseStore()
        #expect(sent.to(first).types == [.resultAck] && sent.to(second).types == [.task])
    }

    @Test("a failing stage ends the pipeline and is named")
    func failingStage() throws {
        let client = stage.join("c")
        for name in ["a", "b"] { _ = stage.worker("w.\(name)", [name]) }
        let task = try #require(pipeline("a,b,a", .volatile, from: client).only(.task))
        let next = try #require(stage.answer(task).only(.task))
        let error = try #require(
            stage.answer(next, .fail, code: "odd").only(.error)?.envelope.error)
        #expect(error.code == "odd" && error.message == "stage 2 of 3, b: because")
    }

    @Test("a stage whose worker dies is given to another, what came before is not done again")
    func stageMoves() throws {
        let client = stage.join("c")
        _ = stage.worker("w.a", ["a"])
        let second = stage.worker("w.b", ["b"])
        let third = stage.worker("w.c", ["b"])
        let task = try #require(pipeline("a,b", .durable, from: client).only(.task))
        let given = try #require(stage.answer(task, content: "1").only(.task))
        stage.left(given.peer)
        let other = given.peer == second ? third : second
        let again = try #require(stage.pass(.milliseconds(100), alive: [other]).only(.task))
        #expect(again.peer == other && again.content == Array("1".utf8))
        #expect(again.envelope.step == 2 && again.envelope.attempt == 2)
        #expect(stage.answer(again, content: "2").only(.response)?.content == Array("2".utf8))
    }

    @Test(
        "a routing slip that makes no sense is refused",
        arguments: [
            ("", "invalid"), ("a,,a", "invalid"), ("a,x", "unavailable"), ("a b", "invalid"),
            (Array(repeating: "a", count: 33).joined(separator: ","), "range"),
        ])
    func slips(slip: String, code: String) {
        let client = stage.join("c")
        _ = stage.worker("w.a", ["a"])
        #expect(pipeline(slip, .durable, from: client).only(.error)?.code == code)
        #expect(stage.isIdle)
    }

    // MARK: - Answers of many

    private func gather(
        _ id: String = "g", from client: PeerID, to receiver: String = "cost",
        _ headers: [String: String] = ["broadcast": "acknowledged"], budget: UInt64 = 0
    ) -> [Sent] {
        stage.send(.broadcast, id, from: client, to: receiver, .volatile) {
            $0.headers = headers
            $0.budget = budget
        }
    }

    @Test("S5-40 an acknowledged broadcast reaches every instance and says who answered")
    func acknowledged() throws {
        let client = stage.join("c")
        for name in 1...3 { _ = stage.worker("w.\(name)") }
        let tasks = gather(from: client)
        #expect(tasks.types == [.task, .task, .task])
        #expect(stage.answer(tasks[0], content: "{\"n\":1}").isEmpty)
        #expect(stage.answer(tasks[1], .fail, code: "odd").isEmpty)
        let answer = try #require(stage.answer(tasks[2], content: "no json").only(.response))
        let value = try JSON.parse(answer.content)
        #expect(value["asked"]?.integer == 3 && value["answered"]?.integer == 2)
        #expect(value["failed"]?.array?.map(\.string) == ["cost#2"])
        let results = try #require(value["results"]?.array)
        #expect(results[0]["instance"]?.string == "cost#1")
        #expect(results[0]["result"]?["n"]?.integer == 1)
        #expect(results[1]["success"]?.bool == false)
        #expect(results[1]["error"]?["code"]?.string == "odd")
        #expect(results[2]["result"]?["base64"]?.string != nil)
        #expect(stage.isIdle)
    }

    @Test("S2-65 S2-66 S2-67 of several agents asked at once, each answers for itself")
    func fanOut() throws {
        let client = stage.join("c")
        for name in ["a", "b", "c", "d"] { _ = stage.worker("w.\(name)", [name]) }
        let tasks = gather(from: client, to: "", ["agents": "a,b,c,d"])
        for task in tasks.dropLast() { #expect(stage.answer(task, content: "1").isEmpty) }
        let answer = try #require(stage.answer(tasks[3], .fail, code: "odd").only(.response))
        let value = try JSON.parse(answer.content)
        #expect(JSON.text(value["success_rate"] ?? .null) == "0.75")
        #expect(value["failed"]?.array?.map(\.string) == ["d"])
        #expect(value["results"]?.array?.map { $0["agent"]?.string } == ["a", "b", "c", "d"])
    }

    @Test("S5-33 what was gathered until the deadline is the answer")
    func late() throws {
        let client = stage.join("c")
        let workers = (1...2).map { stage.worker("w.\($0)") }
        let tasks = gather(from: client, budget: 1000)
        stage.answer(tasks[0], content: "1")
        let sent = stage.pass(.seconds(1), alive: workers)
        #expect(sent.to(tasks[1].peer).types == [.cancel])
        let value = try JSON.parse(try #require(sent.only(.response)).content)
        #expect(value["answered"]?.integer == 1)
        #expect(value["results"]?.array?[1]["error"]?["code"]?.string == "deadline")
        stage.answer(tasks[1])
        #expect(stage.isIdle)
    }

    @Test("a broadcast to everybody reaches each worker once, one to nobody is refused")
    func everybody() {
        let client = stage.join("c")
        #expect(gather(from: client, to: "*").only(.error)?.code == "unavailable")
        for name in 1...2 { _ = stage.worker("w.\(name)", ["a", "b"]) }
        #expect(gather(from: client, to: "*").types == [.task, .task])
        #expect(gather("h", from: client, to: "x").only(.error)?.code == "unavailable")
    }

    @Test("answers that are too much for one message are refused, and nothing is left over")
    func tooMuch() throws {
        let client = stage.join("c")
        for name in 1...2 { _ = stage.worker("w.\(name)") }
        let tasks = gather(from: client)
        let large = "\"\(String(repeating: "x", count: 600_000))\""
        stage.answer(tasks[0], content: large)
        #expect(stage.answer(tasks[1], content: large).only(.error)?.code == "too_large")
        #expect(stage.isIdle)
    }

    // MARK: - Agents that call agents

    @Test("a call made within a task is one deeper, and too deep a one is refused")
    func depth() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1", ["cost"], capacity: 20)
        var task = try #require(stage.request("r0", from: client).only(.task))
        for depth in 1...stage.conductor.limits.depth {
            let sent = stage.request("r\(depth)", from: worker) { [task] in
                $0.dispatch = task.envelope.dispatch
            }
            task = try #require(sent.only(.task))
            #expect(task.envelope.depth == UInt32(depth))
        }
        let refused = stage.request("deep", from: worker) { [task] in
            $0.dispatch = task.envelope.dispatch
        }
        #expect(refused.only(.error)?.code == "budget")
        let told = stage.request("told", from: worker) { $0.depth = 9 }
        #expect(told.only(.error)?.code == "budget")
    }

    @Test("the calls below one request are counted together, and bounded")
    func calls() throws {
        let client = stage.join("c")
        let worker = stage.worker("w.1", ["cost"], capacity: 20)
        stage.conductor.limits.calls = 3
        let task = try #require(stage.request("root", from: client).only(.task))
        var last = task
        for number in 0..<3 {
            let sent = stage.request("r\(number)", from: worker) { [last] in
                $0.dispatch = last.envelope.dispatch
            }
            last = try #require(sent.only(.task))
        }
        let refused = stage.request("more", from: worker) { $0.dispatch = task.envelope.dispatch }
        #expect(refused.only(.error)?.code == "budget")
        #expect(stage.request("other", from: client).only(.task) != nil)
    }
}
