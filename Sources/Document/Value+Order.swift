/// Which of two numbers is the greater one, without rounding either.
extension Value {
    enum Order { case less, equal, greater }

    /// Compares two numbers exactly, also an integer above 2^53 with a double; nil for what is no
    /// number.
    static func ordered(_ left: Value, _ right: Value) -> Order? {
        switch (left.exact, right.exact) {
        case (.integer(let a)?, .integer(let b)?): order(a, b)
        case (.double(let a)?, .double(let b)?): order(a, b)
        case (.integer(let a)?, .double(let b)?): ordered(a, b)
        case (.double(let a)?, .integer(let b)?):
            switch ordered(b, a) {
            case .less: .greater
            case .greater: .less
            case .equal: .equal
            }
        default: nil
        }
    }

    private enum Exact {
        case integer(Int128)
        case double(Double)
    }

    private var exact: Exact? {
        switch self {
        case .integer(let integer): .integer(Int128(integer))
        case .unsigned(let unsigned): .integer(Int128(unsigned))
        case .number(let number) where !number.isNaN: .double(number)
        default: nil
        }
    }

    /// The whole part of a double is compared as an integer, then its fraction decides.
    private static func ordered(_ integer: Int128, _ double: Double) -> Order {
        guard let whole = Int128(exactly: double.rounded(.down)) else {
            return double < 0 ? .greater : .less
        }
        if integer != whole { return order(integer, whole) }
        return double > double.rounded(.down) ? .less : .equal
    }

    private static func order<T: Comparable>(_ left: T, _ right: T) -> Order {
        left < right ? .less : left > right ? .greater : .equal
    }
}
