import Document
import Language

/// An evaluation as people read it: the figures, a table of the agents, and each failure with why.
struct EvaluationReport {
    private let evaluation: Evaluation

    init(_ evaluation: Evaluation) { self.evaluation = evaluation }

    func print(to output: Output) throws {
        try output.lines(figures)
        try output.line()
        try output.table(agents)
        if !evaluation.confusions.isEmpty {
            try output.line()
            try output.table(confusions)
        }
        try output.line()
        try output.table(calibration)
        for outcome in evaluation.outcomes where outcome.hasFailed {
            try output.line()
            try output.lines(lines(outcome))
        }
    }

    private var figures: [Text] {
        let right = evaluation.outcomes.count(where: \.isRight)
        let parameters = evaluation.parameterCounts
        let labelled = evaluation.labelledCounts
        return [
            "\("agents exactly as expected:", .bold) \(part(right, evaluation.outcomes.count))",
            "\("parameters exactly as expected:", .bold) \(part(parameters.exact, parameters.all))",
            "\("where there were any:", .bold) \(part(labelled.exact, labelled.all))",
        ]
    }

    private func part(_ count: Int, _ all: Int) -> String {
        "\(count) of \(all)\(all == 0 ? "" : ", \(percent(Double(count) / Double(all)))")"
    }

    private func percent(_ part: Double) -> String {
        let tenths = Int((part * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }

    private var agents: Table {
        var table = Table([
            "agent", .number("precision"), .number("recall"), .number("right"),
            .number("too many"), .number("too few"),
        ])
        for (agent, tally) in evaluation.tallies {
            table.add([
                Text(agent, .bold), Text(percent(tally.precision)), Text(percent(tally.recall)),
                "\(tally.both)", "\(tally.chosenOnly)", "\(tally.meantOnly)",
            ])
        }
        return table
    }

    private var confusions: Table {
        var table = Table(["meant", "chosen instead", .number("times")])
        for confusion in evaluation.confusions.prefix(20) {
            table.add([Text(confusion.meant), Text(confusion.chosen), "\(confusion.count)"])
        }
        return table
    }

    private var calibration: Table {
        var table = Table([.number("confidence"), .number("questions"), .number("right")])
        for bin in evaluation.bins where bin.count > 0 {
            let right = Double(bin.right) / Double(bin.count)
            table.add([
                Text(percent(bin.confidence / Double(bin.count))), "\(bin.count)",
                Text(percent(right)),
            ])
        }
        return table
    }

    private func lines(_ outcome: Evaluation.Outcome) -> [Text] {
        let question = outcome.question
        var lines: [Text] = ["\("\(question.line):", .dim) \(question.query, .bold)"]
        if !outcome.isRight {
            let meant =
                question.agents.isEmpty ? "nobody" : question.agents.joined(separator: ", ")
            lines.append("  \("expected", .green) \(meant)")
            let decided = outcome.decision.lines
            lines += decided.prefix(1).map { "  \("came", .red) \($0)" }
            lines += decided.dropFirst().prefix(4).map { Text("  \($0)", .dim) }
        }
        for parameters in outcome.parameters where !parameters.isExact {
            let expected = JSON.text(.object(parameters.expected))
            let found = JSON.text(.object(parameters.found))
            lines.append(
                "  \(parameters.agent): \("expected", .green) \(expected) \("came", .red) \(found)")
        }
        return lines
    }
}
