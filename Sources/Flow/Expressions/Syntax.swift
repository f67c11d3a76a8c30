import Document

/// An expression as it was written: a tree in which names are still names.
indirect enum Syntax {
    case identity
    case recurse
    case literal(Value)
    case string(format: Name?, pieces: [Piece])
    case format(Name)
    case variable(Name)
    case call(Name, [Syntax])
    case index(Syntax, key: Syntax, isOptional: Bool)
    case slice(Syntax, from: Syntax?, to: Syntax?, isOptional: Bool)
    case iterate(Syntax, isOptional: Bool)
    case array(Syntax?)
    case object([(key: Syntax, value: Syntax)])
    case negate(Syntax)
    case pipe(Syntax, Syntax)
    case comma(Syntax, Syntax)
    case alternative(Syntax, Syntax)
    case and(Syntax, Syntax)
    case or(Syntax, Syntax)
    case binary(Operator, Syntax, Syntax)
    case assign(Assignment, Syntax, Syntax)
    case condition(Syntax, then: Syntax, otherwise: Syntax)
    case attempt(Syntax, rescue: Syntax?)
    case reduce(Syntax, Pattern, start: Syntax, update: Syntax)
    case foreach(Syntax, Pattern, start: Syntax, update: Syntax, extract: Syntax)
    case bind(Syntax, Pattern, Syntax)
    case define(Definition, Syntax)

    /// A name and where it stands.
    struct Name {
        let text: String
        let place: Int
    }

    enum Piece {
        case text(String)
        case expression(Syntax)
    }

    /// `def name(parameters): body;`; a parameter with a dollar is also a variable.
    struct Definition {
        let name: String
        let parameters: [(name: String, isVariable: Bool)]
        let body: Syntax
    }

    /// What `as` takes apart.
    indirect enum Pattern {
        case variable(String)
        case array([Pattern])
        case object([(variable: String?, key: Syntax, pattern: Pattern?)])

        /// The variables it binds, in the order they are bound.
        var variables: [String] {
            switch self {
            case .variable(let name): [name]
            case .array(let elements): elements.flatMap(\.variables)
            case .object(let members):
                members.flatMap { ($0.variable.map { [$0] } ?? []) + ($0.pattern?.variables ?? []) }
            }
        }
    }

    enum Assignment {
        case set
        case update
        case operate(Operator)
        case alternative
    }
}

/// An operator on two values.
enum Operator: Sendable {
    case add, subtract, multiply, divide, modulo
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
}
