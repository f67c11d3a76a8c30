import Document
import Reactor
import Testing

@testable import baton

/// What `baton top` makes of two looks at a cluster.
@Suite struct TopTests {
    private static func sample(
        _ name: String, at second: Int64, accepted: Int = 0, epoch: String = "1",
        agents: [Value] = [], instances: [Value] = [], used: Int = 0
    ) -> OrchestratorSample {
        var sample = OrchestratorSample(
            name: name, at: Instant(nanoseconds: second * 1_000_000_000))
        sample.answers = true
        sample.stats = [
            "epoch": .string(epoch),
            "requests": ["accepted": Value(accepted), "in_hand": 3, "waiting": 1, "failed": 0],
            "resources": [
                "resident_bytes": Value(20 << 20), "processor_ms": Value(used),
                "at_ms": Value(Int(second) * 1000),
            ],
        ]
        sample.state = [
            "orchestrator": .string(name), "cluster": "test", "workers": 2, "clients": 4,
        ]
        sample.agents = agents
        sample.instances = instances
        return sample
    }

    private static func agent(
        _ name: String, _ requests: Int, errors: Int = 0, p99: Double? = nil, waiting: Int = 0,
        breaker: String = "closed"
    ) -> Value {
        [
            "agent": .string(name), "requests": Value(requests), "errors": Value(errors),
            "instances": 2, "in_flight": 1, "waiting": Value(waiting), "health": "healthy",
            "breaker": .string(breaker),
            "latency": [
                "p50_ms": p99.map { .number($0 / 2) } ?? .null,
                "p99_ms": p99.map { .number($0) } ?? .null, "average_ms": 7.5,
            ],
        ]
    }

    private static func instance(_ name: String, _ requests: Int, state: String = "ready") -> Value
    {
        [
            "instance": .string(name), "worker": "w.1", "state": .string(state),
            "breaker": "closed", "score": 0.98, "capacity": 4, "in_flight": 1,
            "requests": Value(requests), "errors": 0, "silent_ms": 340,
        ]
    }

    @Test("rates are what was counted between two looks, over the time between them")
    func rates() {
        let before = [
            Self.sample("o1", at: 10, accepted: 100, agents: [Self.agent("cost", 40)], used: 500),
            Self.sample("o2", at: 10, accepted: 5, agents: [Self.agent("cost", 10)]),
        ]
        let after = [
            Self.sample(
                "o1", at: 12, accepted: 300,
                agents: [Self.agent("cost", 60, errors: 4), Self.agent("new", 6)], used: 1500),
            Self.sample("o2", at: 12, accepted: 5, agents: [Self.agent("cost", 20)]),
        ]
        let first = TopFrame("test", before)
        #expect(first.interval == nil && first.agents[0].rate == nil)
        #expect(first.orchestrators[0].rates[0] == nil)
        let frame = TopFrame("test", after, before: before, earlier: first)
        #expect(frame.interval == .seconds(2))
        #expect(frame.orchestrators.map { $0.rates[0] } == [100, 0])
        #expect(frame.orchestrators[0].processor == 0.5 && frame.orchestrators[0].clients == 3)
        #expect(frame.agents.map(\.name) == ["cost", "new"])
        #expect(frame.agents.map(\.rate) == [15, 3] && frame.agents[0].errors == 2)
        #expect(frame.agents[0].inFlight == 2 && frame.agents[0].instances == 2)
    }

    @Test("what began anew counts from nothing, and time that stands still gives no rate")
    func anew() {
        let before = [Self.sample("o1", at: 10, accepted: 100, agents: [Self.agent("cost", 40)])]
        let again = Self.sample(
            "o1", at: 11, accepted: 130, epoch: "2", agents: [Self.agent("cost", 50)])
        let frame = TopFrame("test", [again], before: before)
        #expect(frame.orchestrators[0].rates[0] == 130 && frame.agents[0].rate == 50)
        let fewer = Self.sample("o1", at: 11, accepted: 100, agents: [Self.agent("cost", 3)])
        #expect(TopFrame("test", [fewer], before: before).agents[0].rate == 3)
        #expect(TopFrame("test", before, before: before).agents[0].rate == nil)
    }

    @Test("an orchestrator that ended is shown as gone, and what it counted is not missed")
    func gone() {
        let before = [
            Self.sample("o1", at: 10, accepted: 100), Self.sample("o2", at: 10, accepted: 100),
        ]
        let dead = OrchestratorSample(name: "o2", at: Instant(nanoseconds: 11_000_000_000))
        let frame = TopFrame(
            "test", [Self.sample("o1", at: 11, accepted: 101), dead], before: before)
        let lines = TopPage(frame: frame).lines().map(\.plain)
        #expect(lines.contains { $0.hasPrefix("o2") && $0.contains("gone") })
        #expect(frame.value(at: "")["orchestrators"]?[1] == ["name": "o2", "answers": false])
        let back = TopFrame("test", [Self.sample("o2", at: 12)], before: [dead], earlier: frame)
        #expect(back.orchestrators[0].rates[0] == nil)
    }

    @Test("of several orchestrators the worst word, the sum and the best known times count")
    func merged() {
        let samples = [
            Self.sample(
                "o1", at: 1, agents: [Self.agent("cost", 10, p99: 4, waiting: 1)],
                instances: [Self.instance("cost#1", 1)]),
            Self.sample(
                "o2", at: 1, agents: [Self.agent("cost", 90, p99: 8, waiting: 2, breaker: "open")],
                instances: [Self.instance("cost#1", 2, state: "absent")]),
        ]
        let frame = TopFrame("test", samples)
        #expect(frame.agents[0].breaker == "open" && frame.agents[0].waiting == 3)
        #expect(frame.agents[0].slow == 8 && frame.instances[0].state == "absent")
        #expect(frame.instances[0].capacity == 4 && frame.instances[0].inFlight == 2)
    }

    @Test("rows are sorted by what stands out, equal ones by their names and numbers")
    func order() {
        let before = [Self.sample("o1", at: 0)]
        let rows = [
            Self.agent("a#10", 5), Self.agent("a#2", 5), Self.agent("b", 90, errors: 1, p99: 1),
            Self.agent("c", 10, errors: 9, p99: 70, waiting: 8),
        ]
        let frame = TopFrame("test", [Self.sample("o1", at: 1, agents: rows)], before: before)
        func names(_ order: TopOrder) -> [String] { order.sorted(frame.agents).map(\.name) }
        #expect(names(.rate) == ["b", "c", "a#2", "a#10"])
        #expect(names(.errors) == ["c", "b", "a#2", "a#10"])
        #expect(names(.latency) == ["c", "a#2", "a#10", "b"])
        #expect(names(.load).first == "c" && names(.name) == ["a#2", "a#10", "b", "c"])
        #expect(TopOrder.rate.next == .errors && TopOrder.name.next == .rate)
    }

    @Test("a page fills its window exactly, and counts the rows that do not fit")
    func page() {
        let agents = (0..<40).map { Self.agent("agent-\($0)", $0) }
        let instances = (0..<60).map { Self.instance("agent#\($0)", $0) }
        let sample = Self.sample("o1", at: 1, agents: agents, instances: instances)
        let page = TopPage(frame: TopFrame("test", [sample]))
        for rows in [1, 2, 3, 5, 7, 11, 24, 60, 140] {
            for columns in [1, 20, 80, 200] {
                let lines = page.lines(fitting: WindowSize(rows: rows, columns: columns))
                #expect(lines.count == rows && lines.allSatisfy { $0.width <= columns })
            }
        }
        let lines = page.lines(fitting: WindowSize(rows: 30, columns: 120)).map(\.plain)
        #expect(lines.last?.hasPrefix("q quit") == true)
        let hidden = lines.compactMap {
            $0.hasSuffix(" more") ? Int($0.split(separator: " ")[0]) : nil
        }
        let shown = lines.count { $0.hasPrefix("agent-") || $0.hasPrefix("agent#") }
        #expect(hidden.count == 2 && hidden.reduce(0, +) + shown == 100)
        let all = page.lines(fitting: WindowSize(rows: 200, columns: 120)).map(\.plain)
        #expect(
            all.count { $0.hasPrefix("agent") } == 100 && !all.contains { $0.hasSuffix(" more") })
    }

    @Test("two tables share a window by what they need")
    func shares() {
        #expect(TopPage.share(20, 3, 4) == (5, 6))
        #expect(TopPage.share(20, 50, 3) == (15, 5))
        #expect(TopPage.share(20, 3, 50) == (5, 15))
        #expect(TopPage.share(20, 50, 50) == (10, 10))
        #expect(TopPage.share(0, 5, 5) == (0, 0))
    }

    @Test("numbers are short, and those that are none are no trap")
    func numbers() {
        #expect(TopPage.rate(nil) == "–" && TopPage.rate(0) == "0" && TopPage.rate(1.25) == "1.3")
        #expect(TopPage.rate(1234.5) == "1235" && TopPage.rate(.infinity) == "–")
        #expect(TopPage.latency(1.5, isExact: true) == "1.5ms")
        #expect(TopPage.latency(1.5, isExact: false) == "~1.5ms")
        #expect(
            TopPage.latency(.nan, isExact: true) == "" && TopPage.latency(-1, isExact: true) == "")
    }

    @Test("without a cluster both commands say so, and the window is left alone")
    func nowhere() async {
        var harness = Harness()
        harness.terminal = Terminal(isTerminal: true, columns: 80, variables: [:], choice: .never)
        for words in [["top"], ["top", "--once"], ["trace", "order-17", "--follow"]] {
            let result = await harness.run(words)
            #expect(result.exit == .unavailable && result.output.isEmpty)
        }
        #expect(await harness.run("top", "--sort", "size").exit == .usage)
        #expect(await harness.run("top", "--count", "0").exit == .usage)
        let quick = await harness.run("top", "--interval", "99ms")
        #expect(quick.exit == .usage && quick.errors.contains("at least 100ms"))
        #expect(await harness.run("trace").exit == .usage)
        #expect(await harness.run("trace", "Not A Name").exit == .usage)
    }
}
