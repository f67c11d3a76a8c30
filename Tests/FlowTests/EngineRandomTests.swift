import Document
import Flow
import TestKit
import Testing

/// Runs that are told whatever may come, in any order: none traps, each ends once, and having it
/// again from its journal gives the same.
@Suite struct EngineRandomTests {
    private static let body = """
        timeout: { after: PT10M }
        do:
          - both:
              fork:
                branches:
                  - one:
                      try:
                        - ask: { call: a, timeout: { after: PT9S } }
                        - many:
                            call: fan-out
                            with: { agents: [ x, y, { name: z, timeout: PT3S } ], concurrency: 2 }
                      catch:
                        retry: { delay: PT1S, limit: { attempt: { count: 2, duration: PT20S } } }
                        do: [ { mend: { wait: PT2S } } ]
                  - two:
                      listen:
                        to:
                          any: [ { with: { type: t } } ]
                          until: { one: { with: { type: u } } }
                      foreach:
                        do: [ { each: { call: b } }, { pause: { wait: PT1S } } ]
                  - three:
                      fork:
                        compete: true
                        branches:
                          - fast: { call: c }
                          - slow: { do: [ { first: { wait: PT4S } }, { next: { call: d } } ] }
          - loop:
              for: { each: n, in: [ { a: 1 }, { a: 2 }, { a: 3 } ] }
              do:
                - tell: { emit: { event: { with: { type: told } } } }
                - sub: { run: { workflow: { namespace: o, name: w, version: 1.0.0 } } }
          - last: { call: ask-human, with: { due: PT5S, default: 1 } }
        """

    @Test(
        "whatever comes, a run ends once and can be had again",
        arguments: Seeds.share(0, of: 1, count: 200))
    func anything(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let plan = try EngineStage.plan(Self.body)
        let identity = EngineStage.identity(seed)
        var limits = RunLimits()
        limits.slice = 2
        var run = FlowRun(plan, input: ["n": 1], identity: identity, limits: limits)
        var world = RandomWorld()
        world.tell(.started, &run)
        for _ in 0..<600 where run.outcome == nil {
            let isBusy = run.isBusy && random.next() % 4 != 0
            world.tell(isBusy ? .proceed : world.next(&random), &run)
        }
        while run.isBusy { world.tell(.proceed, &run) }
        #expect(world.ends == (run.outcome == nil ? 0 : 1))
        if run.outcome != nil { #expect(world.open.isEmpty, "still open: \(world.open)") }
        #expect(Set(world.open) == Set(world.open.filter { run.isOpen($0) }))
        let resumed = FlowRun.resume(
            plan, input: ["n": 1], identity: identity, journal: world.journal)
        #expect(resumed.run.outcome == run.outcome)
        #expect(resumed.leftOver.isEmpty)
        #expect(resumed.run.running == run.running)
        let asked = Set(resumed.actions.compactMap(\.key))
        #expect(asked == Set(world.open))
    }
}

/// A world without any order.
private struct RandomWorld {
    var open: [StepKey] = []
    var timers: Set<StepKey> = []
    var journal = Journal()
    var ends = 0
    private var now = Moment(milliseconds: 0)

    mutating func tell(_ event: RunEvent, _ run: inout FlowRun) {
        now = now + .milliseconds(100)
        if run.accepts(event), event != .proceed { journal.append(event, at: now, before: run) }
        if let key = event.key, run.accepts(event), !run.isSuspended {
            open.removeAll { $0 == key }
        }
        note(run.step(event, now: now))
        // What was told while the run was suspended is answered too, if not yet taken up.
        open.removeAll { !run.isOpen($0) }
    }

    private mutating func note(_ actions: [RunAction]) {
        for action in actions {
            switch action {
            case .call(let call): open.append(call.key)
            case .emit(let key, _), .listen(let key, _), .runWorkflow(let key, _, _, _):
                open.append(key)
            case .setTimer(let key, _):
                open.append(key)
                timers.insert(key)
            case .cancel(let key), .clearTimer(let key), .unlisten(let key):
                open.removeAll { $0 == key }
            case .finished: ends += 1
            case .lifecycle, .more: break
            }
        }
    }

    func next(_ random: inout SplitMix64) -> RunEvent {
        switch random.next() % 100 {
        case 0..<60:
            guard !open.isEmpty else { return .event(["type": "u"]) }
            let key = open[Int(random.next() % UInt64(open.count))]
            if timers.contains(key) { return .timer(key) }
            let fails = random.next() % 4 == 0
            return fails ? .failed(key, FlowError(.communication, "down")) : .answered(key, 1)
        case 60..<80: return .event(["type": "t", "data": 1])
        case 80..<84: return .event(["type": "u"])
        case 84..<88: return .suspended
        case 88..<95: return .resumed
        case 95: return .cancelled
        case 96: return .started
        case 98, 99: return .proceed
        case 97: return .timer(StepKey("/do/0/both"))
        default: return .answered(StepKey("/do/9"), .null)
        }
    }
}
