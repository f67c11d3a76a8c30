import Document
import Telemetry

/// What one orchestrator says of itself, or that it says nothing. Pure.
struct OrchestratorReport: Sendable {
    private static let figures = [
        "in_hand", "waiting", "accepted", "answered", "refused", "expired", "cancelled",
    ]

    let name: String
    let answers: Bool
    let roundTrip: Duration
    let isDraining: Bool
    let workers: Int
    let clients: Int
    /// In the order of `figures`.
    private let counts: [Int]

    /// - Parameter answer: to `Survey.reports`; nil: its process has ended.
    init(name: String, _ answer: Survey.Answer?) {
        let (stats, state) = (answer?[0], answer?[1])
        self.name = state?["orchestrator"]?.string ?? name
        answers = state != nil
        roundTrip = answer?.roundTrip ?? .zero
        isDraining = state?["draining"]?.bool ?? false
        workers = state?["workers"]?.integer ?? 0
        // We are one of them.
        clients = max(0, (state?["clients"]?.integer ?? 0) - 1)
        counts = Self.figures.map { stats?["requests"]?[$0]?.integer ?? 0 }
    }

    static func all(_ answers: [Survey.Answer], of address: ClusterAddress) -> [OrchestratorReport]
    {
        guard case .folder(_, let file) = address else {
            return answers.map { OrchestratorReport(name: $0.orchestrator, $0) }
        }
        return file.orchestrators.map { orchestrator in
            OrchestratorReport(
                name: orchestrator.name, answers.first { $0.orchestrator == orchestrator.name })
        }
    }

    static func totals(_ reports: [OrchestratorReport]) -> Value {
        var object: ObjectValue = [:]
        for (figure, sum) in zip(figures, sums(reports)) { object[figure] = .init(sum) }
        return .object(object)
    }

    private static func sums(_ reports: [OrchestratorReport]) -> [Int] {
        figures.indices.map { index in reports.reduce(0) { $0 &+ $1.counts[index] } }
    }

    var value: Value {
        var object: ObjectValue = ["name": .string(name), "answers": .bool(answers)]
        guard answers else { return .object(object) }
        object["round_trip_us"] = .init(Int(clamping: DurationText.microseconds(roundTrip)))
        object["draining"] = .bool(isDraining)
        object["workers"] = .init(workers)
        object["clients"] = .init(clients)
        for (figure, count) in zip(Self.figures, counts) { object[figure] = .init(count) }
        return .object(object)
    }

    static func table(_ reports: [OrchestratorReport]) -> Table {
        var table = Table(
            ["orchestrator", "answers", .number("workers"), .number("clients")]
                + figures.map { .number($0.split(separator: "_").joined(separator: " ")) })
        for report in reports { table.add(report.cells) }
        if reports.count > 1 {
            table.add(
                [Text("total", .dim), "", "", ""] + sums(reports).map { Text("\($0)", .dim) })
        }
        return table
    }

    private var cells: [Text] {
        guard answers else { return [Text(name, .bold), Text("silent", .red)] }
        let time = "in \(DurationText.exact(roundTrip))"
        let state = isDraining ? Text("draining", .yellow) : Text(time, .green)
        return [Text(name, .bold), state, "\(workers)", "\(clients)"]
            + counts.map { Text("\($0)") }
    }
}
