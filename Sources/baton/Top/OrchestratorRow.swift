import Document
import Reactor

/// One orchestrator in a picture of `baton top`.
struct OrchestratorRow: Sendable {
    /// What happens in a second, by the names of the counters.
    static let counters = [
        "accepted", "answered", "retried", "hedged", "refused", "failed",
    ]

    let name: String
    let answers: Bool
    let isDraining: Bool
    let inHand: Int
    let waiting: Int
    let workers: Int
    let clients: Int
    /// In the order of `counters`.
    let rates: [Double?]
    /// What share of one processor it takes, and its memory in bytes.
    let processor: Double?
    let memory: Int?
    /// What it had used when the surroundings were last looked at.
    private let used: (time: Int, at: Int)?

    init(_ sample: OrchestratorSample, _ since: Since?, earlier: OrchestratorRow?) {
        name = sample.state["orchestrator"]?.string ?? sample.name
        answers = sample.answers
        isDraining = sample.state["draining"]?.bool ?? false
        let requests = sample.stats["requests"]
        inHand = requests?["in_hand"]?.integer ?? 0
        waiting = requests?["waiting"]?.integer ?? 0
        workers = sample.state["workers"]?.integer ?? 0
        // We are one of them.
        clients = max(0, (sample.state["clients"]?.integer ?? 0) - 1)
        rates = Self.counters.map { counter in
            sample.answers ? since?.rate(of: counter, in: sample.stats) : nil
        }
        let resources = sample.stats["resources"]
        memory = resources?["resident_bytes"]?.integer
        let now = resources.flatMap { Self.used($0) }
        processor = Self.share(now, earlier)
        used = now
    }

    private static func used(_ resources: Value) -> (time: Int, at: Int)? {
        guard let time = resources["processor_ms"]?.integer, let at = resources["at_ms"]?.integer
        else { return nil }
        return (time, at)
    }

    /// The kernel is asked every few seconds only: in between the last share stands.
    private static func share(
        _ now: (time: Int, at: Int)?, _ earlier: OrchestratorRow?
    ) -> Double? {
        guard let now, let last = earlier?.used else { return nil }
        guard now.at > last.at, now.time >= last.time else { return earlier?.processor }
        return Double(now.time &- last.time) / Double(now.at &- last.at)
    }

    var value: Value {
        var object: ObjectValue = ["name": .string(name), "answers": .bool(answers)]
        guard answers else { return .object(object) }
        object["draining"] = .bool(isDraining)
        object["workers"] = Value(workers)
        object["clients"] = Value(clients)
        object["in_hand"] = Value(inHand)
        object["waiting"] = Value(waiting)
        for (counter, rate) in zip(Self.counters, rates) {
            object["\(counter)_per_s"] = .rounded(rate)
        }
        object["processor"] = .rounded(processor)
        object["resident_bytes"] = memory.map { Value($0) } ?? .null
        return .object(object)
    }
}

extension Value {
    /// A number to a thousandth, or null.
    static func rounded(_ number: Double?) -> Value {
        number.map { .number(($0 * 1000).rounded() / 1000) } ?? .null
    }
}
