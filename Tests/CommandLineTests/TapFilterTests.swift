import Telemetry
import Testing
import Wire

@testable import baton

/// What is subscribed to, and what is wanted of what comes.
@Suite struct TapFilterTests {
    @Test(
        "the most selective kind is subscribed to",
        arguments: [
            (TapFilter(), ["e/"]),
            (TapFilter(types: [.task, .result]), ["e/RESULT", "e/TASK"]),
            (TapFilter(types: [.accept, .accepted]), ["e/ACCEPT"]),
            (TapFilter(types: [.span]), ["t/"]),
            (TapFilter(types: [.span, .task]), ["e/TASK", "t/"]),
            (TapFilter(requests: ["q-1"], types: [.span]), ["r/q-1", "t/"]),
            (TapFilter(agents: ["cost"], types: [.span]), ["t/"]),
            (TapFilter(agents: ["cost"], types: [.span, .task]), ["a/cost", "t/"]),
            (TapFilter(failuresOnly: true), ["e/ERROR", "e/FAIL", "e/NACK"]),
            (TapFilter(agents: ["cost", "echo#2"], types: [.task]), ["a/cost", "a/echo"]),
            (TapFilter(agents: ["cost", "costs"]), ["a/cost"]),
            (TapFilter(agents: ["cost"], requests: ["q-1"]), ["r/q-1"]),
            (TapFilter(requests: ["q-1"], sessions: ["s"]), ["s/s"]),
            (TapFilter(agents: (0..<65).map { "a\($0).x" }), ["e/"]),
        ])
    func topics(filter: TapFilter, topics: [String]) {
        #expect(filter.topics == topics)
    }

    @Test(
        "where the topic says all no envelope is read",
        arguments: [
            (TapFilter(), "e/TASK", true), (TapFilter(types: [.task]), "e/TASK", true),
            (TapFilter(types: [.effect]), "e/EFFECT_BEGIN", false),
            (TapFilter(agents: ["cost"]), "a/cost", true),
            (TapFilter(agents: ["cost"]), "a/costs", false),
            (TapFilter(agents: ["cost#1"]), "a/cost", false),
            (TapFilter(requests: ["q"]), "r/q/below", true),
            (TapFilter(requests: ["q"]), "r/q2", false),
            (TapFilter(sessions: ["s"]), "s/s", true),
            (TapFilter(types: [.task], sessions: ["s"]), "s/s", false),
            (TapFilter(direction: .leaving), "e/TASK", false),
            (TapFilter(failuresOnly: true), "e/FAIL", false),
        ])
    func byTopic(filter: TapFilter, topic: String, isWanted: Bool) {
        #expect(filter.isWanted(byTopic: topic) == isWanted)
    }

    @Test("agents are known by either end, instances by their whole name")
    func agents() throws {
        var stage = TapStage()
        let messages = try stage.answered("q")
        var echo = TapFilter(agents: ["echo"])
        #expect(messages.map { echo.takes($0) } == [true, true, true, true])
        var instance = TapFilter(agents: ["echo#1"])
        #expect(messages.map { instance.takes($0) } == [false, true, true, true])
        var other = TapFilter(agents: ["echo#2", "ech"])
        #expect(messages.map { other.takes($0) } == [false, false, false, false])
    }

    @Test("spans are of the request and the agent they tell of")
    func spans() throws {
        var stage = TapStage()
        let below = try stage.message(
            .request, "q-2", from: "plan#1", to: "cost", topic: "r/q/q-2")
        let messages = [
            below, try stage.span("q-2", of: "cost#1"), try stage.span("q", of: "plan#1"),
            try stage.span("else", of: "cost#1"),
        ]
        var ofRequest = TapFilter(requests: ["q"], types: [.span])
        #expect(messages.map { ofRequest.takes($0) } == [false, true, true, false])
        var ofAgent = TapFilter(agents: ["cost"], types: [.span])
        #expect(messages.map { ofAgent.takes($0) } == [false, true, false, true])
        var ofInstance = TapFilter(agents: ["plan#1"], types: [.span])
        #expect(messages.map { ofInstance.takes($0) } == [false, false, true, false])
    }

    @Test("a request brings the calls made below it, and nobody else's")
    func requests() throws {
        var stage = TapStage()
        var filter = TapFilter(requests: ["q"])
        let below = { (envelope: inout Envelope) in
            envelope.messageID = "below"
            envelope.depth = 1
            envelope.dispatch = 7
        }
        #expect(filter.takes(try stage.call("q")))
        #expect(!filter.takes(try stage.call("other")))
        #expect(filter.takes(try stage.task("q", dispatch: 7)))
        #expect(!filter.takes(try stage.task("other", dispatch: 8)))
        #expect(
            filter.takes(
                try stage.message(.request, "below", from: "echo#1", to: "cost", change: below)))
        #expect(filter.takes(try stage.task("below", to: "cost#1", dispatch: 9)))
        #expect(filter.takes(try stage.result("below", from: "cost#1")))
        #expect(
            !filter.takes(
                try stage.message(.request, "else", from: "echo#1", to: "cost") {
                    $0.dispatch = 8
                }))
        #expect(filter.takes(try stage.message(.progress, "late", topic: "r/q/late")))
        #expect(!filter.takes(try stage.message(.progress, "q2", topic: "r/q2")))
    }

    @Test("the dispatch of another orchestrator is another dispatch")
    func dispatches() throws {
        var (one, two) = (TapStage("o1"), TapStage("o2"))
        var filter = TapFilter(requests: ["q"])
        #expect(filter.takes(try one.task("q", dispatch: 7)))
        #expect(!filter.takes(try two.message(.request, "x", from: "a#1") { $0.dispatch = 7 }))
    }

    @Test("a session is known by its header, and by its topic")
    func sessions() throws {
        var stage = TapStage()
        var filter = TapFilter(sessions: ["s"])
        #expect(
            filter.takes(
                try stage.message(.request, "q", from: "c", to: "echo") {
                    $0.headers["session"] = "s"
                }))
        #expect(filter.takes(try stage.task("q")))
        #expect(!filter.takes(try stage.task("other")))
        #expect(filter.takes(try stage.message(.result, "late", topic: "s/s")))
        #expect(!filter.takes(try stage.message(.result, "later", topic: "s/sx")))
    }

    @Test("all kinds must be met")
    func kinds() throws {
        var stage = TapStage()
        var filter = TapFilter(
            agents: ["echo"], types: [.fail, .task], failuresOnly: true, direction: .arriving)
        #expect(!filter.takes(try stage.task("q")))
        #expect(filter.takes(try stage.failure(.fail, "q")))
        #expect(!filter.takes(try stage.failure(.fail, "q", from: "cost#1")))
        #expect(!filter.takes(try stage.failure(.nack, "q")))
        #expect(!filter.takes(try stage.failure(.fail, "q", out: true)))
    }

    @Test("a family forgets the eldest, never its roots")
    func family() throws {
        var family = RequestFamily(["root"])
        for number in 0..<30_000 { family.add("q\(number)") }
        #expect(family.contains("root") && family.contains("q29999"))
        #expect(!family.contains("q0"))
    }

    @Test("types are known however they are written, and a misspelt one is corrected")
    func types() async {
        #expect(MessageType(written: "effect-begin") == .effectBegin)
        #expect(MessageType(written: "Task") == .task)
        #expect(MessageType(written: "") == nil)
        let result = await Harness().run("tap", "--type", "TASK,RESUTL")
        #expect(result.exit == .usage)
        #expect(result.errors.contains("did you mean RESULT"))
    }
}
