import Document
import Glibc

/// Functions of numbers.
extension Machine {
    func number(
        _ plain: Plain, _ input: Value, _ arguments: [Value]
    ) throws(Failure) -> Value {
        if arguments.count == 2 {
            let (a, b) = (try double(arguments[0]), try double(arguments[1]))
            return Numbers.value(Self.function(plain, a, b))
        }
        if plain == .absolute, input.kind != .number {
            throw Failure("\(Described.typed(input)) has no absolute value")
        }
        let number = try double(input)
        switch plain {
        case .isInfinite: return .bool(number.isInfinite)
        case .isNaN: return .bool(number.isNaN)
        case .isNormal: return .bool(number.isNormal)
        case .absolute, .fabs:
            guard let whole = Numbers.whole(input) else { return Numbers.value(abs(number)) }
            return whole < 0 ? Numbers.negated(input) ?? input : input
        case .floor, .ceil, .round, .truncate:
            if Numbers.whole(input) != nil { return input }
            return Numbers.value(number.rounded(Self.rounding(plain)))
        default: return Numbers.value(Self.function(plain, number))
        }
    }

    private func double(_ value: Value) throws(Failure) -> Double {
        guard let number = value.number else {
            throw Failure("\(Described.typed(value)) number required")
        }
        return number
    }

    private static func rounding(_ plain: Plain) -> FloatingPointRoundingRule {
        switch plain {
        case .floor: .down
        case .ceil: .up
        case .truncate: .towardZero
        default: .toNearestOrAwayFromZero
        }
    }

    private static func function(_ plain: Plain, _ number: Double) -> Double {
        switch plain {
        case .squareRoot: number.squareRoot()
        case .cubeRoot: cbrt(number)
        case .log: log(number)
        case .log2: log2(number)
        case .log10: log10(number)
        case .exp: exp(number)
        case .exp2: exp2(number)
        case .exp10: pow(10, number)
        case .sin: sin(number)
        case .cos: cos(number)
        case .tan: tan(number)
        case .asin: asin(number)
        case .acos: acos(number)
        case .atan: atan(number)
        case .logb: logb(number)
        case .significand:
            number == 0 || !number.isFinite ? number : scalbn(number, -Int32(logb(number)))
        default: .nan
        }
    }

    private static func function(_ plain: Plain, _ a: Double, _ b: Double) -> Double {
        switch plain {
        case .power: pow(a, b)
        case .atan2: atan2(a, b)
        case .fmin: fmin(a, b)
        case .fmax: fmax(a, b)
        case .fmod: fmod(a, b)
        case .hypot: hypot(a, b)
        default: .nan
        }
    }
}
