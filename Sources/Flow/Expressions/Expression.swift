package import Document
package import Telemetry

/// A compiled runtime expression: the part of jq that workflows need. It is compiled once and
/// evaluated as often as one likes; an evaluation takes what its budget holds and no more, whatever
/// the text and the input are.
package struct Expression: Sendable {
    package let text: String
    private let program: Program

    /// Compiles a text that may name these variables, each without its `$`.
    package init(_ text: String, variables: Set<String> = Expression.arguments) throws(Fault) {
        self.text = text
        program = try Compiler.compile(
            try ExpressionParser.parse(text), ExpressionLexer(text), variables: variables)
    }

    /// What the language itself hands to expressions.
    package static let arguments: Set<String> = [
        "context", "input", "output", "secrets", "authorization", "task", "workflow", "runtime",
    ]

    /// The variables of the caller that the expression names.
    package var variables: [String] { program.globals }

    /// The first output for an input; nothing where there is none.
    package func first(_ input: Value, in scope: Scope) throws(Fault) -> Value? {
        var first: Value?
        try evaluate(input, scope) { (output) throws(Failure) in
            first = output
            return false
        }
        return first
    }

    /// Every output for an input.
    package func all(_ input: Value, in scope: Scope) throws(Fault) -> [Value] {
        var all: [Value] = []
        try evaluate(input, scope) { (output) throws(Failure) in
            all.append(output)
            return true
        }
        return all
    }

    private func evaluate(
        _ input: Value, _ scope: Scope, _ take: (Value) throws(Failure) -> Bool
    ) throws(Fault) {
        let machine = Machine(program, scope)
        do {
            let item = Item(input, depth: Item.deepestInput)
            _ = try machine.outputs(program.code, item, nil) { (output) throws(Failure) in
                try machine.fuel.charge(Fuel.element)
                return try take(try output.finished(machine.fuel))
            }
        } catch {
            throw error.fault(in: text)
        }
    }

    /// What an evaluation sees beside its input, and how much it may use.
    package struct Scope: Sendable {
        /// What is named and not here is null.
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
        /// Nodes evaluated, elements visited, and a step for each 64 bytes made.
        package var steps = 1_000_000
        /// All that is made, also what is dropped again.
        package var bytes = 64 << 20
        /// The native stack.
        package var stack = 256 << 10

        package init() {}
    }
}

extension Item {
    /// The value as it leaves an evaluation: no deeper than documents are, and with numbers that
    /// JSON can write.
    fileprivate func finished(_ fuel: Fuel) throws(Failure) -> Value {
        // What was handed in is as deep and as large as it may be.
        if value.isContainer, depth != Item.deepestInput || fuel.hasMade,
            try Item.measure(value, fuel) > Item.deepestInput
        {
            throw .limit("an output is nested deeper than \(Item.deepestInput) levels")
        }
        return fuel.hasUnwritable ? Item.writable(value) : value
    }

    private static func writable(_ value: Value) -> Value {
        switch value {
        case .number(let number):
            number.isNaN
                ? .null
                : .number(max(-.greatestFiniteMagnitude, min(.greatestFiniteMagnitude, number)))
        case .array(let array): .array(array.map(writable))
        case .object(let object):
            .object(ObjectValue(object.lazy.map { ($0.key, writable($0.value)) }))
        default: value
        }
    }
}
