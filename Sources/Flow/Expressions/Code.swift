import Document

/// A node of a compiled expression: every name is resolved, constants are folded, and it is known
/// which nodes give at most one output, so that those are evaluated without callbacks.
final class Code: Sendable {
    let operation: Operation
    /// Whether it gives at most one output.
    let isNarrow: Bool

    init(_ operation: Operation, narrow: Bool) {
        self.operation = operation
        isNarrow = narrow
    }

    enum Operation: Sendable {
        case identity
        case literal(Value)
        /// A variable so many scopes up.
        case variable(Int)
        /// A variable that the caller brings, by its place in the program's list.
        case global(Int)
        /// A parameter that is an expression, so many scopes up.
        case parameter(Int)
        /// A function of the program, the scopes up to where it was defined, and arguments.
        case call(Int, Int, [Argument])
        case field(Code, String, isOptional: Bool)
        case index(Code, Code, isOptional: Bool)
        case slice(Code, Code, Code, isOptional: Bool)
        case iterate(Code, isOptional: Bool)
        case array(Code?)
        case object([Member])
        case string(Format, [Piece])
        case negate(Code)
        case binary(Operator, Code, Code)
        case and(Code, Code)
        case or(Code, Code)
        case alternative(Code, Code)
        case pipe(Code, Code)
        case comma(Code, Code)
        case condition(Code, Code, Code)
        case attempt(Code, Code?)
        case reduce(Code, Pattern, Code, Code)
        case foreach(Code, Pattern, Code, Code, Code)
        case bind(Code, Pattern, Code)
        case set(Code, Code)
        case update(Code, Code)
        case operate(Operator?, Code, Code)
        case plain(Plain, [Code])
        case form(Form, [Code])
    }

    enum Argument: Sendable {
        /// Evaluated where it is used.
        case closure(Code)
        /// Evaluated once for each output, before the call.
        case value(Code)
    }

    struct Member: Sendable {
        let key: Code
        let value: Code
    }

    enum Piece: Sendable {
        case text(String)
        case expression(Code)
    }

    /// What a pattern binds, in an order that the compiler knows as scopes.
    indirect enum Pattern: Sendable {
        case variable
        case array([Pattern])
        case object([(isVariable: Bool, key: Code, pattern: Pattern?)])
    }
}

/// A compiled function.
struct Function: Sendable {
    let body: Code
}
