package import Document
package import Telemetry

/// A compiled runtime expression: the part of jq that workflows need.
package struct Expression: Sendable {
    package let text: String

    /// Compiles a text that may name these variables, each without its `$`.
    package init(_ text: String, variables: Set<String> = Expression.arguments) throws(Fault) {
        self.text = text
    }

    /// What the language itself hands to expressions.
    package static let arguments: Set<String> = [
        "context", "input", "output", "secrets", "authorization", "task", "workflow", "runtime",
    ]

    /// The first output for an input; nothing where there is none.
    package func first(_ input: Value, in scope: Scope) throws(Fault) -> Value? { nil }

    /// Every output for an input.
    package func all(_ input: Value, in scope: Scope) throws(Fault) -> [Value] { [] }

    /// What an evaluation sees beside its input, and how much it may use.
    package struct Scope: Sendable {
        package var variables: [String: Value]
        /// Seconds since 1970: `now` never comes from the machine's clock.
        package var now: Double
        package var budget: Budget

        package init(variables: [String: Value] = [:], now: Double = 0, budget: Budget = Budget()) {
            self.variables = variables
            self.now = now
            self.budget = budget
        }
    }

    /// What one evaluation may use up before it ends with a fault.
    package struct Budget: Sendable {
        package var steps = 1_000_000
        package var bytes = 64 << 20

        package init() {}
    }
}
