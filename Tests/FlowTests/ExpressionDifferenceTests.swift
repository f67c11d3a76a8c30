import Document
import Flow
import TestKit
import Testing

/// Holds the evaluator against the jq program: the same outputs in the same order, and errors where
/// jq has them. What differs on purpose stands in `ExpressionDifferences` and nowhere else.
@Suite(
    "expressions against jq", .serialized,
    .enabled(if: ExpressionOracle.path != nil, Comment(rawValue: ExpressionOracle.missing)))
struct ExpressionDifferenceTests {
    private func compare(_ cases: [ExpressionCases.Case], by size: Int) throws -> [String] {
        var differences: [String] = []
        for start in stride(from: 0, to: cases.count, by: size) {
            let batch = Array(cases[start..<min(start + size, cases.count)])
            let verdicts = try ExpressionOracle.verdicts(batch)
            for (test, verdict) in zip(batch, verdicts) {
                let own = ExpressionOracle.own(test)
                if own.agrees(with: verdict) { continue }
                differences.append(
                    "\(test.expression)  <  \(test.input)\n   jq:  \(verdict)\n   own: \(own)")
            }
        }
        return differences
    }

    @Test("what was written by hand gives what jq gives")
    func byHand() throws {
        let cases = ExpressionCases.all
        #expect(cases.count >= 500)
        let compared = cases.filter { ExpressionDifferences.reason($0) == nil }
        for difference in try compare(compared, by: 100) { Issue.record("\(difference)") }
    }

    /// A thousand unless asked for more: `BATON_SEEDS=500` compares five thousand, and so on.
    @Test("what is made at random gives what jq gives")
    func made() throws {
        let seeds = Seeds.share(0, of: 1, count: 40)
        let cases = seeds.flatMap { Self.cases(seed: $0) }
        #expect(cases.count == seeds.count * Self.casesOfSeed)
        let differences = try compare(cases, by: 250)
        for difference in differences.prefix(20) { Issue.record("\(difference)") }
        #expect(differences.isEmpty, "\(differences.count) of \(cases.count) differ")
    }

    private static let casesOfSeed = 25

    private static func cases(seed: UInt64) -> [ExpressionCases.Case] {
        var generator = ExpressionGenerator(seed: seed)
        var cases: [ExpressionCases.Case] = []
        while cases.count < casesOfSeed {
            let text = "(. as $d | \(generator.next()))"
            let test = ExpressionCases.Case(expression: text, input: ExpressionGenerator.input)
            if ExpressionDifferences.reason(test) == nil { cases.append(test) }
        }
        return cases
    }
}
