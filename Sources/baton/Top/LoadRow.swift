import Document

/// An agent or an instance in a picture of `baton top`, as all orchestrators together see it.
struct LoadRow: Sendable {
    let name: String
    var worker = ""
    /// The worst that anybody says.
    var state = ""
    var breaker = ""
    var score: Double?
    /// How many serve it; of agents alone.
    var instances = 0
    var capacity = 0
    var inFlight = 0
    var waiting = 0
    var silent: Int?
    var rate: Double?
    var errors: Double?
    /// In milliseconds: quantiles of the latest answers, and the average of all.
    var half: Double?
    var slow: Double?
    var average: Double?
    /// How many answers the times above are of.
    private var answered = 0

    init(name: String) { self.name = name }

    /// Takes in what one orchestrator says of it.
    mutating func add(_ row: Value, rate: Double?, errors: Double?) {
        worker = worker.isEmpty ? row.shown("worker") : worker
        let word = row["state"] == nil ? row.shown("health") : row.shown("state")
        state = Self.worse(state, word, ["healthy", "ready", "busy", "degraded", "draining"])
        breaker = Self.worse(breaker, row.shown("breaker"), ["closed", "half_open"])
        score = [score, row["score"]?.number].compactMap(\.self).min()
        instances = max(instances, row["instances"]?.integer ?? 0)
        capacity = max(capacity, row["capacity"]?.integer ?? 0)
        inFlight &+= row["in_flight"]?.integer ?? 0
        waiting &+= row["waiting"]?.integer ?? 0
        silent = [silent, row["silent_ms"]?.integer].compactMap(\.self).min()
        self.rate = Self.sum(self.rate, rate)
        self.errors = Self.sum(self.errors, errors)
        addLatency(row)
    }

    /// Of quantiles no sum can be made: whoever has seen most answers is believed.
    private mutating func addLatency(_ row: Value) {
        let count = row["requests"]?.integer ?? 0
        guard count > answered else { return }
        answered = count
        half = row["latency"]?["p50_ms"]?.number
        slow = row["latency"]?["p99_ms"]?.number
        average = row["latency"]?["average_ms"]?.number
    }

    /// Of two words the one that comes later; one that does not stand there is the worst.
    private static func worse(_ left: String, _ right: String, _ order: [String]) -> String {
        guard !left.isEmpty, !right.isEmpty else { return left.isEmpty ? right : left }
        let places = [left, right].map { order.firstIndex(of: $0) ?? order.count }
        return places[0] >= places[1] ? left : right
    }

    private static func sum(_ left: Double?, _ right: Double?) -> Double? {
        guard let left, let right else { return left ?? right }
        return left + right
    }

    func value(named key: String) -> Value {
        var object: ObjectValue = [
            key: .string(name), key == "agent" ? "health" : "state": .string(state),
            "breaker": .string(breaker), "rate_per_s": .rounded(rate),
            "errors_per_s": .rounded(errors), "p50_ms": .rounded(half), "p99_ms": .rounded(slow),
            "average_ms": .rounded(average), "in_flight": Value(inFlight),
        ]
        if key == "agent" {
            object["instances"] = Value(instances)
            object["waiting"] = Value(waiting)
        } else {
            object["worker"] = .string(worker)
            object["score"] = .rounded(score)
            object["capacity"] = Value(capacity)
            object["silent_ms"] = silent.map { Value($0) } ?? .null
        }
        return .object(object)
    }
}

/// Rows of several orchestrators about the same thing, joined by their names.
struct LoadTable {
    private var order: [String] = []
    private var known: [String: LoadRow] = [:]

    var rows: [LoadRow] { order.compactMap { known[$0] } }

    mutating func add(_ rows: [Value], _ key: String, _ since: Since?, before: [Value]?) {
        var last: [String: Value] = [:]
        for row in before ?? [] { last[row.shown(key)] = row }
        for row in rows {
            guard let name = row[key]?.string else { continue }
            if known[name] == nil { order.append(name) }
            known[name, default: LoadRow(name: name)].add(
                row, rate: since?.rate(of: "requests", row, last[name]),
                errors: since?.rate(of: "errors", row, last[name]))
        }
    }
}
