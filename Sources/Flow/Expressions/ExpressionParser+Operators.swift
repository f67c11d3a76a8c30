/// The operators between two terms, and how tightly each of them binds.
extension ExpressionParser {
    struct Infix {
        let level: Int
        let join: (Syntax, Syntax) -> Syntax
    }

    var infix: Infix? {
        switch token {
        case .sign(.alternative): Infix(level: 0) { .alternative($0, $1) }
        case .name("or"): Infix(level: 2) { .or($0, $1) }
        case .name("and"): Infix(level: 3) { .and($0, $1) }
        case .sign(let sign): Self.assignment(sign) ?? Self.operation(sign)
        default: nil
        }
    }

    private static func assignment(_ sign: Sign) -> Infix? {
        let assignment: Syntax.Assignment
        switch sign {
        case .assign: assignment = .set
        case .update: assignment = .update
        case .addTo: assignment = .operate(.add)
        case .subtractFrom: assignment = .operate(.subtract)
        case .multiplyBy: assignment = .operate(.multiply)
        case .divideBy: assignment = .operate(.divide)
        case .moduloBy: assignment = .operate(.modulo)
        case .alternativeTo: assignment = .alternative
        default: return nil
        }
        return Infix(level: 1) { .assign(assignment, $0, $1) }
    }

    private static func operation(_ sign: Sign) -> Infix? {
        let (level, operation): (Int, Operator)
        switch sign {
        case .equal: (level, operation) = (4, .equal)
        case .notEqual: (level, operation) = (4, .notEqual)
        case .less: (level, operation) = (4, .less)
        case .lessOrEqual: (level, operation) = (4, .lessOrEqual)
        case .greater: (level, operation) = (4, .greater)
        case .greaterOrEqual: (level, operation) = (4, .greaterOrEqual)
        case .plus: (level, operation) = (5, .add)
        case .minus: (level, operation) = (5, .subtract)
        case .times: (level, operation) = (6, .multiply)
        case .divide: (level, operation) = (6, .divide)
        case .modulo: (level, operation) = (6, .modulo)
        default: return nil
        }
        return Infix(level: level) { .binary(operation, $0, $1) }
    }
}

extension Syntax {
    /// Links of a pipe, or of a list, nested to the right.
    static func folded(_ links: [Syntax], by sign: ExpressionToken.Sign) -> Syntax {
        guard var all = links.last else { return .identity }
        for link in links.dropLast().reversed() {
            all = sign == .comma ? .comma(link, all) : .pipe(link, all)
        }
        return all
    }
}
