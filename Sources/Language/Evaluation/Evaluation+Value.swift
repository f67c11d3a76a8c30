package import Document

/// An evaluation as a value for programs.
extension Evaluation {
    package var value: Value {
        let parameters = parameterCounts
        let labelled = labelledCounts
        return [
            "questions": Value(outcomes.count),
            "right": Value(outcomes.count(where: \.isRight)), "accuracy": rounded(accuracy),
            "parameters": ["exact": Value(parameters.exact), "all": Value(parameters.all)],
            "labelled_parameters": ["exact": Value(labelled.exact), "all": Value(labelled.all)],
            "agents": .object(ObjectValue(tallies.map { ($0.agent, value($0.tally)) })),
            "confusions": .array(
                confusions.map { confusion in
                    [
                        "meant": .string(confusion.meant), "chosen": .string(confusion.chosen),
                        "count": Value(confusion.count),
                    ]
                }),
            "calibration": .array(bins.filter { $0.count > 0 }.map(value)),
            "failures": .array(outcomes.filter(\.hasFailed).map(\.value)),
        ]
    }

    private func value(_ tally: Tally) -> Value {
        [
            "precision": rounded(tally.precision), "recall": rounded(tally.recall),
            "right": Value(tally.both), "too_many": Value(tally.chosenOnly),
            "too_few": Value(tally.meantOnly),
        ]
    }

    private func value(_ bin: Bin) -> Value {
        [
            "from": .number(bin.from), "to": .number(bin.from + 0.1), "count": Value(bin.count),
            "confidence": rounded(bin.confidence / Double(bin.count)),
            "right": rounded(Double(bin.right) / Double(bin.count)),
        ]
    }

    private func rounded(_ number: Double) -> Value {
        .number((number * 10_000).rounded() / 10_000)
    }
}

extension Evaluation.Outcome {
    /// Whether the agents or the parameters are not what was expected.
    package var hasFailed: Bool { !isRight || parameters.contains { !$0.isExact } }

    var value: Value {
        let wrong = parameters.filter { !$0.isExact }.map { outcome -> Value in
            [
                "agent": .string(outcome.agent), "expected": .object(outcome.expected),
                "found": .object(outcome.found),
            ]
        }
        return [
            "line": Value(question.line), "query": .string(question.query),
            "expected": .array(question.agents.map(Value.string)), "decision": decision.value,
            "parameters": .array(wrong),
        ]
    }
}
