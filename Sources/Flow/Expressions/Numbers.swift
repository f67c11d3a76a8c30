import Document
import Glibc

/// Arithmetic on numbers: exact while whole numbers fit 64 bits, double beyond.
enum Numbers {
    private static let exactDoubles = 9_007_199_254_740_992.0

    /// A double as a value: a whole one that is exact becomes an integer.
    @inline(__always)
    static func value(_ double: Double) -> Value {
        guard abs(double) <= exactDoubles, double.rounded(.towardZero) == double,
            double != 0 || double.sign == .plus
        else { return .number(double) }
        return .integer(Int64(double))
    }

    /// A double as the language writes it.
    static func text(_ double: Double) -> String {
        if double.isNaN { return "null" }
        let finite = min(max(double, -.greatestFiniteMagnitude), .greatestFiniteMagnitude)
        if abs(finite) < 1e17, finite.rounded(.towardZero) == finite {
            return finite == 0 ? (finite.sign == .minus ? "-0" : "0") : Int64(finite).description
        }
        return finite.description
    }

    /// An integer that a value is, also one above `Int64.max`; nothing for doubles.
    static func whole(_ value: Value) -> Int128? {
        switch value {
        case .integer(let integer): Int128(integer)
        case .unsigned(let unsigned): Int128(unsigned)
        default: nil
        }
    }

    private static func exact(_ whole: Int128) -> Value? {
        if let integer = Int64(exactly: whole) { return .integer(integer) }
        return UInt64(exactly: whole).map(Value.unsigned)
    }

    /// The sum, difference or product of two numbers; nothing where one is no number.
    static func combine(
        _ left: Value, _ right: Value, _ integers: (Int128, Int128) -> (Int128, Bool),
        _ doubles: (Double, Double) -> Double
    ) -> Value? {
        if let a = whole(left), let b = whole(right) {
            let (result, overflow) = integers(a, b)
            if !overflow, let value = exact(result) { return value }
        }
        guard let a = left.number, let b = right.number else { return nil }
        return value(doubles(a, b))
    }

    static func quotient(_ left: Value, _ right: Value) -> Value? {
        if let a = whole(left), let b = whole(right), b != 0 {
            let (quotient, rest) = a.quotientAndRemainder(dividingBy: b)
            if rest == 0, let value = exact(quotient) { return value }
        }
        guard let a = left.number, let b = right.number else { return nil }
        return value(a / b)
    }

    /// The rest of a division of whole numbers, with the sign of the left; fractions are cut off.
    static func remainder(_ left: Value, _ right: Value) -> Value? {
        guard let a = truncated(left), let b = truncated(right), b != 0 else { return nil }
        return exact(a % (b < 0 ? -b : b))
    }

    /// The whole part, within 64 bits.
    static func truncated(_ value: Value) -> Int128? {
        if let whole = whole(value) { return whole }
        guard let number = value.number, !number.isNaN else { return nil }
        let bound = 9_223_372_036_854_775_807.0
        return number >= bound
            ? Int128(Int64.max) : number <= -bound ? Int128(Int64.min) : Int128(number)
    }

    static func negated(_ value: Value) -> Value? {
        switch value {
        // -0 is a number of its own.
        case .integer(0): return .number(-0.0)
        case .integer, .unsigned: return combine(0, value, { ($0 - $1, false) }, { $0 - $1 })
        case .number(let number): return Numbers.value(-number)
        default: return nil
        }
    }

    /// The number that a text is, as people write it: a sign, digits, a fraction, an exponent.
    static func parse(_ text: String) -> Value? {
        if let integer = Int64(text) { return .integer(integer) }
        if let unsigned = UInt64(text) { return .unsigned(unsigned) }
        let isPlain =
            text.utf8.count <= 1024
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: "e"), UInt8(ascii: "E"):
                    true
                default: false
                }
            }
        guard isPlain, let number = Double(text) else { return nil }
        return value(max(-.greatestFiniteMagnitude, min(.greatestFiniteMagnitude, number)))
    }

    /// An index: the whole part towards minus infinity, clamped to what positions can be.
    static func position(_ value: Value) -> Int? {
        guard let number = value.number, !number.isNaN else { return nil }
        return Int(max(-1e15, min(1e15, number.rounded(.down))))
    }
}
