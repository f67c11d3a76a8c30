import Document
import Reactor
import Telemetry

/// One picture of a cluster: who is there, what each has in hand, and how much of what happened in
/// a second since the picture before. Pure.
///
/// Rates are differences of counters. Of an orchestrator or a worker that began anew in between,
/// all it has counted is new.
struct TopFrame: Sendable {
    var cluster: String
    /// The time between the two looks; nothing of the first one, which has no rates.
    var interval: Duration?
    var orchestrators: [OrchestratorRow]
    var agents: [LoadRow]
    var instances: [LoadRow]

    init(
        _ cluster: String, _ samples: [OrchestratorSample], before: [OrchestratorSample] = [],
        earlier: TopFrame? = nil
    ) {
        self.cluster = cluster
        var agents = LoadTable()
        var instances = LoadTable()
        var rows: [OrchestratorRow] = []
        var longest: Duration?
        for sample in samples {
            let last = before.first { $0.name == sample.name && $0.answers }
            let since = last.map { Since($0, sample) }
            if let since, sample.answers { longest = max(longest ?? .zero, since.duration) }
            let known = earlier?.orchestrators.first { $0.name == sample.name }
            rows.append(OrchestratorRow(sample, since, earlier: known))
            agents.add(sample.agents, "agent", since, before: last?.agents)
            instances.add(sample.instances, "instance", since, before: last?.instances)
        }
        interval = longest
        orchestrators = rows
        self.agents = agents.rows
        self.instances = instances.rows
    }

    func value(at time: String) -> Value {
        [
            "time": .string(time), "cluster": .string(cluster),
            "interval_ms": interval.map { Value($0.milliseconds) } ?? .null,
            "orchestrators": .array(orchestrators.map(\.value)),
            "agents": .array(agents.map { $0.value(named: "agent") }),
            "instances": .array(instances.map { $0.value(named: "instance") }),
        ]
    }
}

/// From one look at an orchestrator to the next: what became of its counters.
struct Since {
    let duration: Duration
    private let before: OrchestratorSample
    /// It is the same process as before.
    private let goesOn: Bool

    init(_ before: OrchestratorSample, _ after: OrchestratorSample) {
        self.before = before
        duration = after.at - before.at
        goesOn = before.stats["epoch"] == after.stats["epoch"]
    }

    /// How many in a second; nothing where no time has passed.
    func rate(of counter: String, _ now: Value?, _ last: Value?) -> Double? {
        guard let count = now?[counter]?.integer else { return nil }
        return rate(count, goesOn ? last?[counter]?.integer : 0)
    }

    func rate(of counter: String, in stats: Value) -> Double? {
        rate(of: counter, stats["requests"], before.stats["requests"])
    }

    private func rate(_ count: Int, _ last: Int?) -> Double? {
        let seconds = duration.seconds
        guard seconds > 0 else { return nil }
        let last = last ?? 0
        return Double(count >= last ? count &- last : count) / seconds
    }
}

extension Duration {
    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
