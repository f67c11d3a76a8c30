/// Where expressions differ from jq 1.6 on purpose, and why. A comparison leaves out what this
/// table knows, and nothing else.
enum ExpressionDifferences {
    struct Difference: Sendable {
        let reason: String
        let expression: @Sendable (String) -> Bool
    }

    static func reason(_ test: ExpressionCases.Case) -> String? {
        table.first { $0.expression(test.expression) }?.reason
    }

    private static func has(_ parts: String...) -> @Sendable (String) -> Bool {
        { text in parts.allSatisfy { text.contains($0) } }
    }

    static let table: [Difference] = [
        Difference(
            reason: "an index with a fraction is rounded down, as since jq 1.7",
            expression: has(".a.b[1.7]")),
        Difference(
            reason: "limit(0; f) gives nothing; this jq gives one output",
            expression: has("limit(0;")),
        Difference(
            reason: "last(empty) gives nothing, as since jq 1.7; before it gave null",
            expression: has("last(empty)")),
        Difference(
            reason: "0 / 0 is a division by zero like any other, as since jq 1.7",
            expression: has("0 / 0")),
        Difference(
            reason: "an error that is null is an error, as since jq 1.7",
            expression: has(".z | error")),
        Difference(
            reason: "from_entries also knows k and v, as since jq 1.7",
            expression: has("\"k\": \"b\", \"v\": 2")),
        Difference(
            reason: "times end with the year 9999",
            expression: has("1e12 | todate")),
    ]
}
