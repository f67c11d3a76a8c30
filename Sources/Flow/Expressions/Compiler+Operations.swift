import Document
import Telemetry

/// Operators, constructions and bindings.
extension Compiler {
    mutating func operation(_ syntax: Syntax) throws(Fault) -> Code {
        switch syntax {
        case .negate(let inner): return try unary(inner)
        case .pipe(let a, let b): return try both(a, b) { .pipe($0, $1) }
        case .comma(let a, let b):
            return Code(.comma(try compile(a), try compile(b)), narrow: false)
        case .alternative(let a, let b): return try both(a, b) { .alternative($0, $1) }
        case .and(let a, let b): return try both(a, b) { .and($0, $1) }
        case .or(let a, let b): return try both(a, b) { .or($0, $1) }
        case .binary(let operation, let a, let b):
            return folded(try both(a, b) { .binary(operation, $0, $1) })
        case .condition(let condition, let then, let otherwise):
            let codes = [try compile(condition), try compile(then), try compile(otherwise)]
            return Code(
                .condition(codes[0], codes[1], codes[2]), narrow: codes.allSatisfy(\.isNarrow))
        case .attempt(let body, let rescue):
            let body = try compile(body)
            let rescue: Code? = try rescue.map { s throws(Fault) in try compile(s) }
            return Code(
                .attempt(body, rescue), narrow: body.isNarrow && rescue?.isNarrow != false)
        case .assign(let assignment, let path, let value):
            return try assign(assignment, path, value)
        default: throw lexer.fault("this cannot be compiled", at: 0)
        }
    }

    private mutating func both(
        _ left: Syntax, _ right: Syntax, _ join: (Code, Code) -> Code.Operation
    ) throws(Fault) -> Code {
        let (left, right) = (try compile(left), try compile(right))
        return Code(join(left, right), narrow: left.isNarrow && right.isNarrow)
    }

    private mutating func unary(_ inner: Syntax) throws(Fault) -> Code {
        let code = try compile(inner)
        if case .literal(let value) = code.operation, let number = Numbers.negated(value) {
            return Code(.literal(number), narrow: true)
        }
        return Code(.negate(code), narrow: code.isNarrow)
    }

    /// An operation on two literals is done at once, unless it fails: then it fails when it is run.
    private func folded(_ code: Code) -> Code {
        guard case .binary(let operation, let left, let right) = code.operation,
            case .literal(let a) = left.operation, case .literal(let b) = right.operation,
            a.kind != .string, b.kind != .string,
            let value = try? Arithmetic.apply(operation, a, b, Fuel(Expression.Budget()))
        else { return code }
        return Code(.literal(value), narrow: true)
    }

    private mutating func assign(
        _ assignment: Syntax.Assignment, _ path: Syntax, _ value: Syntax
    ) throws(Fault) -> Code {
        let (path, value) = (try compile(path), try compile(value))
        switch assignment {
        case .set: return Code(.set(path, value), narrow: value.isNarrow)
        case .update: return Code(.update(path, value), narrow: true)
        case .operate(let operation):
            return Code(.operate(operation, path, value), narrow: value.isNarrow)
        case .alternative: return Code(.operate(nil, path, value), narrow: value.isNarrow)
        }
    }

    mutating func construction(_ syntax: Syntax) throws(Fault) -> Code {
        switch syntax {
        case .object(let members):
            var compiled: [Code.Member] = []
            for member in members {
                compiled.append(
                    Code.Member(key: try compile(member.key), value: try compile(member.value)))
            }
            let narrow = compiled.allSatisfy { $0.key.isNarrow && $0.value.isNarrow }
            return Code(.object(compiled), narrow: narrow)
        case .string(let format, let pieces):
            let format = try format.map { n throws(Fault) in try self.format(n) } ?? .text
            var compiled: [Code.Piece] = []
            var narrow = true
            for piece in pieces {
                switch piece {
                case .text(let text): compiled.append(.text(text))
                case .expression(let inner):
                    let code = try compile(inner)
                    narrow = narrow && code.isNarrow
                    compiled.append(.expression(code))
                }
            }
            return Code(.string(format, compiled), narrow: narrow)
        case .format(let name):
            let pieces = [Code.Piece.expression(Code(.identity, narrow: true))]
            return Code(.string(try format(name), pieces), narrow: true)
        default: return try operation(syntax)
        }
    }

    mutating func binding(_ syntax: Syntax) throws(Fault) -> Code {
        let count = scopes.count
        defer { scopes.removeSubrange(count...) }
        switch syntax {
        case .bind(let source, let pattern, let body):
            let source = try compile(source)
            let bound = try bind(pattern)
            let body = try compile(body)
            let isSimple: Bool = if case .variable = bound { true } else { false }
            return Code(
                .bind(source, bound, body), narrow: source.isNarrow && body.isNarrow && isSimple)
        case .reduce(let source, let pattern, let start, let update):
            let (source, start) = (try compile(source), try compile(start))
            let bound = try bind(pattern)
            let update = try compile(update)
            return Code(.reduce(source, bound, start, update), narrow: start.isNarrow)
        case .foreach(let source, let pattern, let start, let update, let extract):
            let (source, start) = (try compile(source), try compile(start))
            let bound = try bind(pattern)
            let (update, extract) = (try compile(update), try compile(extract))
            return Code(.foreach(source, bound, start, update, extract), narrow: false)
        default: return try operation(syntax)
        }
    }

    /// The pattern with its keys compiled; each variable opens a scope in the order it is bound.
    private mutating func bind(_ pattern: Syntax.Pattern) throws(Fault) -> Code.Pattern {
        switch pattern {
        case .variable(let name):
            scopes.append(.variable(name))
            return .variable
        case .array(let elements):
            var compiled: [Code.Pattern] = []
            for element in elements { compiled.append(try bind(element)) }
            return .array(compiled)
        case .object(let members):
            var compiled: [(isVariable: Bool, key: Code, pattern: Code.Pattern?)] = []
            for member in members {
                let key = try compile(member.key)
                if let variable = member.variable { scopes.append(.variable(variable)) }
                let inner = try member.pattern.map { p throws(Fault) in try bind(p) }
                compiled.append((member.variable != nil, key, inner))
            }
            return .object(compiled)
        }
    }
}
