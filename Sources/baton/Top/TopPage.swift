import Document
import Reactor

/// A picture of a cluster as lines: a head, who orchestrates, the agents, the instances. Pure.
///
/// Where the lines are to fit a window, rows that do not are counted.
struct TopPage {
    let frame: TopFrame
    var order = TopOrder.rate
    var time = ""
    var isPaused = false

    /// All of it, for whoever reads it without a window.
    func lines() -> [Text] {
        [title] + section(orchestrators) + section(agents) + section(instances)
    }

    /// As much as fits, with a line at the foot that says what keys do.
    func lines(fitting size: WindowSize) -> [Text] {
        let head = [title] + section(orchestrators, width: size.columns)
        let foot: Text = "\("q quit · s sort · p \(isPaused ? "go on" : "pause")", .dim)"
        let room = max(0, size.rows - head.count - 1)
        let rooms = Self.share(room, frame.agents.count, frame.instances.count)
        var lines = head
        lines += section(agents, width: size.columns, room: rooms.agents)
        lines += section(instances, width: size.columns, room: rooms.instances)
        lines = Array(lines.prefix(max(0, size.rows - 1)))
        lines += Array(repeating: "", count: max(0, size.rows - 1 - lines.count))
        return (lines + [foot]).map { $0.cut(to: size.columns) }
    }

    /// How many lines each of two tables gets: what it needs, if both can have that; else the
    /// agents at most half. A table needs two lines more than it has rows.
    static func share(_ room: Int, _ agents: Int, _ instances: Int) -> (agents: Int, instances: Int)
    {
        let needs = (agents: agents + 2, instances: instances + 2)
        guard needs.agents + needs.instances > room else { return needs }
        let first = min(needs.agents, max(room / 2, room - needs.instances))
        return (first, room - first)
    }

    // MARK: - Parts

    /// What a narrow window does without, the first of these first.
    private static let dispensable = [
        "worker", "clients", "memory", "silent", "cpu", "score", "hedged/s", "workers", "retried/s",
        "health", "p50", "waiting", "refused/s", "errors/s", "breaker", "load", "in flight",
        "answered/s", "p99", "instances", "state",
    ]

    private var title: Text {
        var words = [
            "\(frame.instances.count) instances of \(frame.agents.count) agent"
                + (frame.agents.count == 1 ? "" : "s")
        ]
        if !time.isEmpty { words.append(time) }
        if let interval = frame.interval { words.append("over \(Self.span(interval))") }
        words.append("by \(order.rawValue)")
        let title: Text = "\(frame.cluster, .bold)  \(words.joined(separator: " · "), .dim)"
        return isPaused ? title + "  " + Text("paused", .yellow) : title
    }

    private func section(_ table: Table, width: Int? = nil, room: Int = .max) -> [Text] {
        guard room >= 2 else { return [] }
        var lines = table.lines(width: width)
        let fits = room - 1
        if lines.count > fits {
            // The last line that fits says how many do not.
            let left = lines.count - max(1, fits - 1)
            lines = Array(lines.prefix(max(0, fits - 1)))
            lines.append("\("\(left) more", .dim)")
        }
        return [""] + lines
    }

    private var orchestrators: Table {
        var table = Table(
            ["orchestrator", .number("in hand"), .number("waiting")]
                + OrchestratorRow.counters.map { .number("\($0)/s") }
                + [.number("cpu"), .number("memory"), .number("workers")],
            dispensable: Self.dispensable)
        for row in frame.orchestrators { table.add(Self.cells(row)) }
        return table
    }

    private static func cells(_ row: OrchestratorRow) -> [Text] {
        guard row.answers else { return [Text(row.name, .bold), Text("gone", .red)] }
        let rates = zip(OrchestratorRow.counters, row.rates).map { counter, rate in
            let isBad = counter == "failed" || counter == "refused"
            return Text(Self.rate(rate), isBad && (rate ?? 0) > 0 ? .red : nil)
        }
        return [
            row.isDraining ? "\(row.name, .bold) \("drains", .yellow)" : Text(row.name, .bold),
            "\(row.inHand)", Text("\(row.waiting)", row.waiting > 0 ? .yellow : nil),
        ] + rates + [
            Text(row.processor.map { "\(Int(($0 * 100).rounded()))%" } ?? ""),
            Text(row.memory.map { "\($0 >> 20)M" } ?? ""), "\(row.workers)",
        ]
    }

    private var agents: Table {
        var table = Table(
            [
                "agent", .number("instances"), .number("rate/s"), .number("errors/s"),
                .number("p50"),
                .number("p99"), .number("in flight"), .number("waiting"), "breaker", "health",
            ], dispensable: Self.dispensable)
        for row in order.sorted(frame.agents) {
            table.add(
                [
                    Text(row.name, .bold),
                    Text("\(row.instances)", row.instances == 0 ? .red : nil),
                ] + Self.work(row) + [
                    "\(row.inFlight)", Text("\(row.waiting)", row.waiting > 0 ? .yellow : nil),
                    Self.breaker(row.breaker), Self.state(row.state),
                ])
        }
        return table
    }

    private var instances: Table {
        var table = Table(
            [
                "instance", .number("rate/s"), .number("errors/s"), .number("p50"), .number("p99"),
                .number("load"), .number("score"), "breaker", "state", .number("silent"), "worker",
            ], dispensable: Self.dispensable)
        for row in order.sorted(frame.instances) {
            table.add(
                [Text(row.name, .bold)] + Self.work(row) + [
                    Text(
                        "\(row.inFlight)/\(row.capacity)",
                        row.inFlight >= row.capacity ? .yellow : nil),
                    Text(row.score.map { Count.hundredths($0) } ?? ""),
                    Self.breaker(row.breaker), Self.state(row.state),
                    Text(row.silent.map { Self.span(.milliseconds($0)) } ?? ""), Text(row.worker),
                ])
        }
        return table
    }

    private static func work(_ row: LoadRow) -> [Text] {
        [
            Text(rate(row.rate)), Text(rate(row.errors), (row.errors ?? 0) > 0 ? .red : nil),
            Text(latency(row.half ?? row.average, isExact: row.half != nil)),
            Text(latency(row.slow, isExact: true)),
        ]
    }

    // MARK: - Cells

    /// Few to a tenth, many as they are counted.
    static func rate(_ rate: Double?) -> String {
        guard let rate, rate.isFinite, rate >= 0, rate < 1e15 else { return "–" }
        if rate == 0 { return "0" }
        return rate < 100 ? "\((rate * 10).rounded() / 10)" : "\(Int(rate.rounded()))"
    }

    /// Where there are too few answers for a quantile, an average is marked as one.
    static func latency(_ milliseconds: Double?, isExact: Bool) -> String {
        guard let milliseconds, milliseconds.isFinite, milliseconds >= 0, milliseconds < 1e12
        else { return "" }
        let time = Waterfall.time(Int64(milliseconds * 1_000_000))
        return isExact ? time : "~\(time)"
    }

    private static func span(_ duration: Duration) -> String {
        duration < .seconds(60)
            ? Waterfall.time(Int64((duration.seconds * 1e9).rounded()))
            : DurationText.spoken(duration)
    }

    private static func breaker(_ word: String) -> Text {
        Text(word, word == "open" ? .red : word == "half_open" ? .yellow : .dim)
    }

    private static func state(_ word: String) -> Text {
        switch word {
        case "ready", "healthy": Text(word, .green)
        case "absent", "unhealthy": Text(word, .red)
        default: Text(word, .yellow)
        }
    }
}
