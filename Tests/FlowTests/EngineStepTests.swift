import Document
import Testing

@testable import Flow

/// The engine as a machine: which event gives which actions, also the ones that cannot be.
@Suite struct EngineStepTests {
    @Test("a call leaves with its key and comes back under it")
    func call() throws {
        var stage = try EngineStage("do: [ { ask: { call: cost, with: { n: 1 } } } ]")
        let key = StepKey("/do/0/ask")
        let request = CallRequest(
            key: key, agent: AgentReference(name: "cost", version: nil, isPinned: false),
            payload: ["n": 1])
        #expect(stage.tell(.started) == [.call(request)])
        #expect(stage.tell(.answered(key, 5)) == [.finished(.completed(5))])
        #expect(stage.run.outcome == .completed(5))
    }

    @Test("what cannot be changes nothing")
    func impossible() throws {
        var stage = try EngineStage("do: [ { ask: { call: cost } } ]")
        let key = StepKey("/do/0/ask")
        let early: [RunEvent] = [
            .answered(key, 1), .timer(key), .event([:]), .resumed, .suspended, .proceed,
        ]
        for event in early {
            #expect(!stage.run.accepts(event))
            #expect(stage.tell(event).isEmpty)
        }
        _ = stage.tell(.started)
        let strange: [RunEvent] = [
            .started, .timer(key), .answered(StepKey("/do/9/other"), 1), .event([:]), .proceed,
            .failed(StepKey(""), FlowError(.runtime, "no")), .resumed,
        ]
        for event in strange { #expect(stage.tell(event).isEmpty, "\(event)") }
        #expect(stage.tell(.answered(key, 1)) == [.finished(.completed(1))])
        let late: [RunEvent] = [.answered(key, 2), .cancelled, .started, .suspended]
        for event in late { #expect(stage.tell(event).isEmpty, "\(event)") }
        #expect(stage.run.outcome == .completed(1))
    }

    @Test("a timeout sets a timer beside the call, and whichever is first clears the other")
    func timeout() throws {
        let body = "do: [ { ask: { call: cost, timeout: { after: PT5S } } } ]"
        var stage = try EngineStage(body)
        let start = stage.now
        let (key, timer) = (StepKey("/do/0/ask"), StepKey("/do/0/ask!timeout"))
        let actions = stage.tell(.started)
        #expect(EngineStage.timers(actions) == [timer.text: start + .seconds(5)])
        #expect(EngineStage.calls(actions) == [key.text])
        var other = stage
        let answered = stage.tell(.answered(key, 1), after: .seconds(1))
        #expect(answered == [.clearTimer(timer), .finished(.completed(1))])
        let fired = other.tell(.timer(timer), after: .seconds(5))
        #expect(fired.first == .cancel(key))
        guard case .finished(.faulted(let error))? = fired.last else {
            Issue.record("it did not fault: \(fired)")
            return
        }
        #expect(error.status == 408 && error.instance == "/do/0/ask")
    }

    @Test("a workflow that ends takes back everything it asked for")
    func ending() throws {
        var stage = try EngineStage(
            """
            timeout: { after: PT1H }
            do:
              - both:
                  fork:
                    branches:
                      - one: { call: cost }
                      - two: { wait: PT1M }
                      - three: { listen: { to: { any: [] } } }
            """)
        _ = stage.tell(.started)
        let actions = stage.tell(.cancelled)
        let branches = "/do/0/both/fork/branches"
        let expected: Set<RunAction> = [
            .cancel(StepKey("\(branches)/0/one")), .clearTimer(StepKey("\(branches)/1/two")),
            .unlisten(StepKey("\(branches)/2/three")), .clearTimer(StepKey("!timeout")),
            .finished(.cancelled),
        ]
        #expect(Set(actions) == expected && actions.last == .finished(.cancelled))
    }

    @Test("keys tell iterations, attempts, laps, functions and parts of a fan-out apart")
    func keys() throws {
        var stage = try EngineStage(
            """
            use: { functions: { ask: { call: cost } } }
            do:
              - loop:
                  for: { each: n, in: [ { a: 1 }, { a: 2 } ] }
                  do:
                    - attempt:
                        try: [ { inner: { call: cost } } ]
                        catch: { retry: { limit: { attempt: { count: 1 } } } }
              - named: { call: ask }
              - many: { call: fan-out, with: { agents: [ a, b ], input: {} } }
            """)
        var keys = EngineStage.calls(stage.tell(.started))
        let inner = "/do/0/loop/do/0/attempt/try/0/inner"
        let failed = stage.tell(
            .failed(StepKey("\(inner)#0.0"), FlowError(.communication, "down")))
        let retry = StepKey("/do/0/loop/do/0/attempt#0!retry")
        #expect(EngineStage.timers(failed)[retry.text] == stage.now)
        keys += EngineStage.calls(stage.tell(.timer(retry)))
        keys += EngineStage.calls(stage.tell(.answered(StepKey("\(inner)#0.1"), 1)))
        keys += EngineStage.calls(stage.tell(.answered(StepKey("\(inner)#1.0"), 1)))
        let named = "/do/1/named>/use/functions/ask"
        keys += EngineStage.calls(stage.tell(.answered(StepKey(named), 1)))
        #expect(
            keys == [
                "\(inner)#0.0", "\(inner)#0.1", "\(inner)#1.0", named, "/do/2/many[0]",
                "/do/2/many[1]",
            ])
    }

    @Test("a jump back makes new keys")
    func laps() throws {
        var stage = try EngineStage(
            """
            do:
              - ask: { call: cost }
              - again: { switch: [ { back: { when: . < 3, then: ask } } ] }
            """, input: 0)
        var keys = EngineStage.calls(stage.tell(.started))
        for (round, key) in ["", "#~0:1", "#~0:2"].enumerated() {
            let answer = RunEvent.answered(StepKey("/do/0/ask" + key), Value(round + 1))
            keys += EngineStage.calls(stage.tell(answer))
        }
        #expect(keys == ["/do/0/ask", "/do/0/ask#~0:1", "/do/0/ask#~0:2"])
        #expect(stage.run.outcome == .completed(3))
    }

    @Test("events are published once, under an id that is the same each time")
    func emit() throws {
        let body = "do: [ { tell: { emit: { event: { with: { type: a } } } } } ]"
        var one = try EngineStage(body)
        var two = try EngineStage(body)
        var other = try EngineStage(body, seed: 2)
        let first = one.tell(.started)
        #expect(first == two.tell(.started))
        #expect(first != other.tell(.started))
        guard case .emit(let key, let event)? = first.first else {
            Issue.record("nothing is emitted")
            return
        }
        #expect(one.tell(.answered(key, .null)) == [.finished(.completed(event))])
    }

    @Test("jitter is between its bounds, and the same for the same seed")
    func jitter() throws {
        let body = """
            do:
              - attempt:
                  try: [ { ask: { call: cost } } ]
                  catch:
                    retry:
                      delay: PT1S
                      jitter: { from: PT1S, to: PT3S }
                      limit: { attempt: { count: 3 } }
            """
        var pauses: Set<Duration> = []
        for seed in [1, 1, 2, 3] as [UInt64] {
            var stage = try EngineStage(body, seed: seed)
            _ = stage.tell(.started)
            let key = StepKey("/do/0/attempt/try/0/ask#0")
            let timers = EngineStage.timers(
                stage.tell(.failed(key, FlowError(.communication, "down"))))
            let pause = try #require(timers["/do/0/attempt!retry"]) - stage.now
            #expect(pause >= .seconds(2) && pause <= .seconds(4))
            pauses.insert(pause)
        }
        #expect(pauses.count == 3)
    }
}
